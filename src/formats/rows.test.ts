/** Tests of the formats that hold rows: JSONL, CSV, Parquet; and of canonical JSON. */

import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { parquetSchema, type ColumnChunk, type FileMetaData } from 'hyparquet'
import { bytesSource } from './byte-source.ts'
import { canonicalJson } from './canonical.ts'
import { csvRows, readCsv } from './csv.ts'
import { jsonLine, jsonLines, jsonlLimits, readJsonl } from './jsonl.ts'
import { checkPages } from './parquet-pages.ts'
import { readParquet, writeParquet } from './parquet.ts'
import { broken, survives } from './testing/fuzz.ts'
import { sharedFile } from './testing/model-files.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const csv = (text: string | Uint8Array) => Array.fromAsync(readCsv(typeof text === 'string' ? utf8(text) : text))
const jsonl = (text: string | Uint8Array) => Array.fromAsync(readJsonl(typeof text === 'string' ? utf8(text) : text))
const parquet = (bytes: Uint8Array) => Array.fromAsync(readParquet(bytesSource(bytes), 'data.parquet'))

/** The bytes in pieces of so many, each in memory that is overwritten afterwards, as a reader of files may do. */
async function* pieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  const memory = Buffer.alloc(size)
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size)
    memory.set(piece)
    yield memory.subarray(0, piece.length)
  }
}

test('JSONL is read line by line, blank lines and byte order mark aside, whatever the pieces it comes in', async () => {
  const text = utf8('\ufeff{"a":"नदी"}\r\n\n  \n[1,2]\n"last"')
  const expected = [
    { line: 1, value: { a: 'नदी' } },
    { line: 4, value: [1, 2] },
    { line: 5, value: 'last' },
  ]
  for (const size of [1, 2, 3, 7, 100]) assert.deepEqual(await Array.fromAsync(readJsonl(pieces(text, size))), expected)
})

test('any values survive JSONL', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 20 }), async (values, size) => {
      const read = await Array.fromAsync(readJsonl(pieces(utf8(values.map(jsonLine).join('')), size)))
      assert.deepEqual(
        read.map((it) => it.value),
        JSON.parse(JSON.stringify(values)),
      )
    }),
  )
})

test('a bad line of JSONL is named: no JSON, no UTF-8, a repeated key', async () => {
  await assert.rejects(jsonl('{"a":1}\n{"a":\n'), { name: 'FormatError', message: /not valid JSON.*\(line 2\)/ })
  await assert.rejects(jsonl(Buffer.concat([utf8('1\n2\n"'), Buffer.of(0xff), utf8('"\n')])), { message: /not valid UTF-8\. \(line 3\)/ })
  await assert.rejects(jsonl('{"a":1,"b":{"c":1,"c":2}}'), { message: /names "c" twice in one object\. \(line 1\)/ })
})

test('who wants all bad lines of JSONL gets them among the good ones', async () => {
  const lines = await Array.fromAsync(jsonLines(utf8('1\n{\n2\n')))
  assert.deepEqual(
    lines.map((it) => ('problem' in it ? it.line : it.value)),
    [1, 2, 2],
  )
})

test('a line of 2 GB is refused without being held', async () => {
  let given = 0
  async function* endless(): AsyncIterable<Uint8Array> {
    const piece = new Uint8Array(8 * 1024 * 1024).fill(0x61)
    while (given < 2 ** 31) {
      given += piece.length
      yield piece
    }
  }
  const before = process.memoryUsage.rss()
  await assert.rejects(
    Array.fromAsync(readJsonl(endless())),
    new RegExp(`The line has 2147483648 bytes; at most ${jsonlLimits.lineBytes} are read`),
  )
  assert.ok(process.memoryUsage.rss() - before < 256 * 1024 * 1024, 'memory stays far below the line')
})

test('CSV is read under its header: quotes, line breaks in cells, CRLF, byte order mark', async () => {
  assert.deepEqual(await csv('\ufeffprompt,completion\r\n"a ""b"", c","two\nlines"\r\n\r\nनदी,\r\n'), [
    { line: 3, values: { prompt: 'a "b", c', completion: 'two\nlines' } },
    { line: 5, values: { prompt: 'नदी', completion: '' } },
  ])
  assert.deepEqual(await Array.fromAsync(readCsv(utf8('a;b\n1;2'), { delimiter: ';' })), [{ line: 2, values: { a: '1', b: '2' } }])
})

test('broken CSV is refused with its line', async () => {
  const refused: [string | Uint8Array, RegExp][] = [
    ['a,b\n1,"x\n2,3\n', /A quote is opened and never closed\. \(line 2\)/],
    ['a,b\n1,"x"y\n', /Something follows a closing quote.*\(line 2\)/],
    ['a,b\n1,2\n1,x"y\n', /A quote stands inside a cell that is not quoted.*\(line 3\)/],
    ['a,b\n1,2,3\n', /another number of cells than the header\. \(line 2\)/],
    ['a,a\n1,2\n', /names "a" twice\. \(line 1\)/],
    ['a,\n1,2\n', /Column 2 has no name in the header\. \(line 1\)/],
    ['__proto__\n1\n', /cannot be called __proto__/],
    [Buffer.concat([utf8('a,b\n1,2\n3,'), Buffer.of(0xc3, 0x28)]), /not valid UTF-8.*\(line 3\)/],
    [Buffer.concat([utf8('a,b\n1,2\n3,'), Buffer.of(0xe0)]), /not valid UTF-8/],
  ]
  for (const [text, message] of refused) await assert.rejects(csv(text), { name: 'FormatError', message })
})

test('who wants every broken row of CSV gets them among the good ones, and no line is lost', async () => {
  const text = ['a,b', '1,2', '3', '4,"5', '6,7', '8,"9"x', '10,11', '12,"two', 'lines"', '', '13,1"4', '15,16', '17,"18'].join('\r\n')
  for (const size of [1, 2, 3, 7, 1_000]) {
    const rows = await Array.fromAsync(csvRows(pieces(utf8(text), size)))
    assert.deepEqual(
      rows.map((row) => ('problem' in row ? `${row.line}: ${row.problem.slice(0, 24)}` : row.values['a'])),
      [
        '1',
        '3: The row has another numb',
        '4: Something follows a clos',
        '6',
        '6: Something follows a clos',
        '10',
        '12',
        '11: A quote stands inside a ',
        '15',
        '13: A quote is opened and ne',
      ],
      `in pieces of ${size}`,
    )
  }
})

test('any table survives CSV, whatever is in its cells and however it is cut', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'न', '"', ',', '\n', '\r', ' '), maxLength: 6 })
  const tables = fc
    .integer({ min: 2, max: 4 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 6 }))
  await fc.assert(
    fc.asyncProperty(tables, fc.constantFrom('\n', '\r\n', '\r'), fc.integer({ min: 1, max: 9 }), async (rows, newline, size) => {
      const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
      const names = (rows[0] ?? ['', '']).map((_, i) => `c${i}`)
      const text = [names, ...rows].map((row) => row.map(quoted).join(',')).join(newline)
      const read = await Array.fromAsync(readCsv(pieces(utf8(text), size)))
      assert.deepEqual(
        read.map(({ values }) => names.map((name) => values[name])),
        rows,
      )
    }),
  )
})

test('a quote that is never closed does not swallow a large file', async () => {
  let given = 0
  async function* endless(): AsyncIterable<Uint8Array> {
    yield utf8('a,b\n1,"')
    for (; given < 2 ** 28; given += 65_536) yield new Uint8Array(65_536).fill(0x61)
  }
  await assert.rejects(Array.fromAsync(readCsv(endless())), /A row has more than 4194304 characters; look for a quote/)
  assert.ok(given < 2 ** 24, `${given} bytes were read`)
})

const columns = [
  { name: 'text', kind: 'text', values: ['a', null, 'नदी'] },
  {
    name: 'messages',
    kind: 'messages',
    values: [
      [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: '' },
      ],
      null,
      [],
    ],
  },
  { name: 'score', kind: 'number', values: [1.5, null, -3] },
  { name: 'good', kind: 'boolean', values: [true, false, null] },
] as const

test('Parquet written and read again is the same rows, nulls left out', async () => {
  assert.deepEqual(await parquet(writeParquet(columns)), [
    { row: 1, values: { text: 'a', messages: columns[1].values[0], score: 1.5, good: true } },
    { row: 2, values: { good: false } },
    { row: 3, values: { text: 'नदी', messages: [], score: -3 } },
  ])
  assert.deepEqual(await parquet(writeParquet([{ name: 'text', kind: 'text', values: [] }])), [])
})

test('Parquet of several row groups is read in order', async () => {
  const values = Array.from({ length: 2_500 }, (_, i) => `row ${i}`)
  const rows = await parquet(writeParquet([{ name: 'text', kind: 'text', values }]))
  assert.deepEqual(
    rows.map((it) => it.values['text']),
    values,
  )
  assert.deepEqual(rows.at(-1)?.row, 2_500)
})

test('a Parquet page that says one value a thousand million times is refused before it is written out', () => {
  const runs = [6, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0x07, 1]
  // Thrift's compact form of a page header: kind 0, both sizes, and the data page's count, encodings.
  const header = [0x15, 0, 0x15, 2 * runs.length, 0x15, 2 * runs.length, 0x2c, 0x15, 2 * 3, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0]
  const root = parquetSchema({
    schema: [
      { name: 'root', num_children: 1 },
      { name: 'a', type: 'INT32', repetition_type: 'OPTIONAL' },
    ],
  } as unknown as FileMetaData)
  const chunk = { meta_data: { codec: 'UNCOMPRESSED', num_values: 3n, path_in_schema: ['a'] } } as ColumnChunk
  assert.throws(
    () => checkPages(Uint8Array.from([...header, ...runs]), chunk, [root, ...root.children]),
    /a run of 1073741823 values where 3 are left/,
  )
})

test('broken rows end in a sentence, never in another error', async () => {
  const file = writeParquet(columns)
  const ends = await survives(broken(file), parquet, 400)
  assert.ok(ends.refused > 50 && ends.accepted > 0)
  await survives(fc.uint8Array({ maxLength: 100 }), parquet, 200)
  await survives(broken(utf8('a,b\n1,"x ""y"""\n"नदी\n",2\n')), csv, 200)
  await survives(broken(utf8('{"a":"नदी"}\n{"b":[1,{"c":null}]}\n')), jsonl, 400)
})

test('canonical JSON is that of RFC 8785: keys in order, numbers in their shortest form', () => {
  assert.equal(
    canonicalJson({ peach: 1, ö: 'a\u000f/"', '1': [1e30, 4.5, 2e-3, 1e-27, -0, true, null], '\r': {} }),
    '{"\\r":{},"1":[1e+30,4.5,0.002,1e-27,0,true,null],"peach":1,"ö":"a\\u000f/\\""}',
  )
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value)
      assert.equal(canonicalJson(JSON.parse(text)), text)
    }),
  )
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  for (const value of [NaN, { a: Infinity }, '\ud800', { '\udfff': 1 }, cycle, undefined])
    assert.throws(() => canonicalJson(value), { name: 'FormatError', message: /^A value has no canonical JSON/ })
})

const stories = sharedFile('01-language/parallel-stories.jsonl')
test('2,098 real stories are read from JSONL and survive Parquet', { skip: stories.skip }, async () => {
  const rows = await Array.fromAsync(readJsonl(createReadStream(stories.path)))
  assert.equal(rows.length, 2_098)
  const titles = rows.map((it) => (it.value as { title: string }).title)
  const read = await parquet(writeParquet([{ name: 'title', kind: 'text', values: titles }]))
  assert.deepEqual(
    read.map((it) => it.values['title']),
    titles,
  )
})
