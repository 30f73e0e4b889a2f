import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { AppError, type ErrorDetail } from '../../errors.ts'
import { addSuite } from '../models/add-suite.ts'
import { operator } from '../people/actor.ts'
import { adding, offerOf, openCommunity } from '../testing.ts'
import { contribute, reviseContribution, withdrawContribution } from './contribute.ts'
import { changesOf, contributionRounds, findContribution, listContributions } from './contribution-queries.ts'
import type { Offer, OfferedChange } from './contribution.ts'
import { formatOfFile, readChanges, type FileFormat } from './read-changes.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const rowsOf = (text: string | Uint8Array, format: FileFormat) =>
  Array.fromAsync(readChanges(typeof text === 'string' ? bytes(text) : text, format))

/** The findings of a contribution that is turned away. */
async function turnedAway(offered: Promise<unknown>): Promise<{ message: string; details: readonly ErrorDetail[] }> {
  let refusal: AppError | undefined
  await assert.rejects(offered, (error) => {
    assert.ok(error instanceof AppError, String(error))
    refusal = error
    return error.code === 'invalid'
  })
  return refusal as AppError
}

describe('a contribution', () => {
  test('that passes its checks is open, with its changes and examples as they were offered', async (t) => {
    const app = await openCommunity(t)
    const { contribution, rounds } = await contribute(
      app,
      app.asha,
      app.name,
      offerOf([
        { kind: 'add', content: { prompt: 'उद्या?', completion: 'शनिवार' } },
        { kind: 'add', content: { text: 'Jose\u0301' }, provenance: { licence: 'CC0-1.0', language: 'es', source: 'a letter' } },
      ]),
    )
    assert.deepEqual(
      [contribution.state, contribution.author, contribution.round, contribution.model, contribution.counts],
      ['open', 'asha', 1, 'marathi/saathi', { add: 2, replace: 0, remove: 0, case: 0, clause: 0 }],
    )
    assert.deepEqual(rounds[0]?.checks, [
      { check: 'encoding', severity: 'warning', row: 2, sentence: 'It was normalised to NFC, which looks the same.' },
    ])
    const changes = await changesOf(app.db, contribution.id)
    assert.deepEqual(
      changes.map((change) => 'example' in change && change.example),
      [
        {
          content: { prompt: 'उद्या?', completion: 'शनिवार' },
          provenance: { origin: 'human', generator: null, source: 'written by hand', licence: 'CC-BY-4.0', language: 'mr' },
        },
        {
          content: { text: 'José' },
          provenance: { origin: 'human', generator: null, source: 'a letter', licence: 'CC0-1.0', language: 'es' },
        },
      ],
    )
    assert.deepEqual(
      (await changesOf(app.db, contribution.id, { after: 1 })).map(({ position }) => position),
      [2],
    )
    assert.deepEqual(await listContributions(app.db, { modelId: app.model.id, state: 'open', authorId: app.asha.id }), [contribution])
    assert.deepEqual(await listContributions(app.db, { state: 'accepted' }), [])
  })

  test('with errors is turned away whole, with every one of them by row', async (t) => {
    const app = await openCommunity(t)
    const jsonl = [
      '{"prompt":"a","completion":"b"}',
      'nonsense',
      '{"prompt":"c"}',
      '{"text":"hid\\u202eden"}',
      '{"text":"x","licence":"CC-BY"}',
      '{"text":"y","language":"Marathi"}',
      '{"text":"z","origin":"generated"}',
      '{"prompt":"a","completion":"b"}',
      '{"removes":"sha256:' + '0'.repeat(64) + '"}',
      '{"removes":"what"}',
    ].join('\n')
    const { message, details } = await turnedAway(contribute(app, app.asha, app.name, offerOf(readChanges(bytes(jsonl), 'jsonl'))))
    assert.match(
      message,
      /^The contribution was turned away and nothing of it is stored\. 9 things in 9 of 10 rows have to be mended first\. Row 2: /,
    )
    assert.deepEqual(
      details.map(({ row, check }) => [row, check]),
      [
        ...[
          [2, 'schema'],
          [3, 'schema'],
          [4, 'encoding'],
          [5, 'licence'],
          [6, 'language'],
        ],
        ...[
          [7, 'provenance'],
          [8, 'duplicate'],
          [9, 'target'],
          [10, 'target'],
        ],
      ],
    )
    assert.deepEqual(await listContributions(app.db), [])
    assert.equal((await app.db.selectFrom('examples').selectAll().execute()).length, 0)
  })

  test('that would give an eval suite away is turned away; a near miss is a warning', async (t) => {
    const app = await openCommunity(t)
    const question = 'एका गावात राहणाऱ्या म्हातारीच्या घरामागे कोणते झाड होते आणि ती रोज सकाळी काय करत असे ते सांगा'
    const samples = bytes(
      `${JSON.stringify({ prompt: question, expected: 'आंबा' })}\n${JSON.stringify({ messages: [{ role: 'user', content: 'आज कोणता वार?' }], expected: 'शुक्रवार' })}\n`,
    )
    await addSuite(app, operator, app.name, { name: 'stories', kind: 'exact', samples })
    const offered = (content: unknown) => contribute(app, app.asha, app.name, offerOf(adding(content)))
    for (const content of [
      { prompt: question, completion: 'पिंपळ' },
      { prompt: ` ${question}?`, completion: 'पिंपळ' },
      {
        messages: [
          { role: 'user', content: 'आज कोणता वार?' },
          { role: 'assistant', content: 'सोमवार' },
        ],
      },
      { text: `${question}\nआंबा` },
    ]) {
      const { details } = await turnedAway(offered(content))
      assert.deepEqual(
        details.map(({ check, severity }) => [check, severity]),
        [['overlap', 'error']],
        JSON.stringify(content),
      )
    }
    const { rounds } = await offered({ prompt: question.replace('सांगा', 'लिहा'), completion: 'आंबा' })
    assert.deepEqual(
      rounds[0]?.checks.map(({ check, severity }) => [check, severity]),
      [['overlap', 'warning']],
    )
    assert.deepEqual((await offered({ prompt: 'काहीतरी वेगळे?', completion: 'हो' })).rounds[0]?.checks, [])
  })

  test('keeps to the licence policy of its model', async (t) => {
    const app = await openCommunity(t, { licencePolicy: { allow: ['CC0-1.0', 'CC-BY-4.0'] } })
    const { details } = await turnedAway(contribute(app, app.asha, app.name, offerOf(adding({ text: 'x' }), { licence: 'CC-BY-NC-4.0' })))
    assert.match(details[0]?.sentence ?? '', /Its licence CC-BY-NC-4\.0 is not one this model takes: CC0-1\.0, CC-BY-4\.0/)
  })

  test('needs a message, a sign-off, a change, a model and somebody', async (t) => {
    const app = await openCommunity(t)
    const refused = (other: Partial<Offer>, changes: OfferedChange[] = adding({ text: 'x' })) =>
      turnedAway(contribute(app, app.asha, app.name, offerOf(changes, other)))
    assert.match((await refused({ message: ' ' })).message, /The message is empty/)
    assert.match((await refused({ signOff: '' })).message, /The sign-off is empty/)
    assert.match((await refused({}, [])).message, /changes nothing/)
    assert.match((await refused({ message: 'x'.repeat(2_001) })).message, /at most 2000/)
    await assert.rejects(contribute(app, app.asha, 'marathi/other', offerOf(adding({ text: 'x' }))), { code: 'not-found' })
  })

  test('of more changes than anybody can review is turned away without reading on', async (t) => {
    const app = await openCommunity(t)
    let read = 0
    function* endless(): Iterable<OfferedChange> {
      for (;;) yield { kind: 'unreadable', row: ++read, sentence: 'No.' }
    }
    const { details } = await turnedAway(contribute(app, app.asha, app.name, offerOf(endless())))
    assert.ok(details.some(({ sentence }) => sentence.includes('more than 20,000 changes')))
    assert.match(details.at(-1)?.sentence ?? '', /^And 19,501 more like these\.$/)
    assert.equal(read, 20_001)
  })

  test('is revised in rounds and withdrawn by its author alone', async (t) => {
    const app = await openCommunity(t)
    const { contribution } = await contribute(app, app.asha, app.name, offerOf(adding({ text: 'एक' })))
    await assert.rejects(reviseContribution(app, app.bilal, contribution.id, offerOf(adding({ text: 'दोन' }))), {
      code: 'forbidden',
      message: /is asha's; only asha can revise it/,
    })
    const revised = await reviseContribution(
      app,
      app.asha,
      contribution.id,
      offerOf(adding({ text: 'दोन' }, { text: 'तीन' }), { message: 'As asked' }),
    )
    assert.deepEqual([revised.contribution.round, revised.contribution.state, revised.contribution.counts.add], [2, 'open', 2])
    assert.deepEqual(
      (await contributionRounds(app.db, contribution.id)).map(({ round, message }) => [round, message]),
      [
        [1, 'Dates in Marathi'],
        [2, 'As asked'],
      ],
    )
    assert.equal((await changesOf(app.db, contribution.id, { round: 1 })).length, 1)
    await assert.rejects(withdrawContribution(app, app.bilal, contribution.id), { code: 'forbidden' })
    assert.equal((await withdrawContribution(app, app.asha, contribution.id)).contribution.state, 'withdrawn')
    await assert.rejects(withdrawContribution(app, app.asha, contribution.id), {
      code: 'conflict',
      message: /is withdrawn and can no longer be withdrawn/,
    })
    await assert.rejects(reviseContribution(app, app.asha, contribution.id, offerOf(adding({ text: 'x' }))), { code: 'conflict' })
    assert.ok((await findContribution(app.db, contribution.id)).decidedAt)
    await assert.rejects(findContribution(app.db, 99), { code: 'not-found' })
  })
})

describe('a file', () => {
  test('of CSV is read with quotes, line breaks and a byte order mark', async () => {
    const rows = await rowsOf('\ufeffprompt,completion,licence\r\n"a ""b""\nc",d,CC0-1.0\r\n\r\nउद्या?,शनिवार,\r\n', 'csv')
    assert.deepEqual(rows, [
      { kind: 'add', content: { prompt: 'a "b"\nc', completion: 'd' }, provenance: { licence: 'CC0-1.0' }, row: 1 },
      { kind: 'add', content: { prompt: 'उद्या?', completion: 'शनिवार' }, provenance: {}, row: 2 },
    ])
  })

  test('of CSV with broken rows says each with its line and goes on', async () => {
    const rows = await rowsOf('prompt,completion\na,b\n"f,g\nc\nd,e\n"h"i,j\nk,l\n', 'csv')
    assert.deepEqual(
      rows.map((row) => (row.kind === 'unreadable' ? [row.row, row.sentence] : row.row)),
      [
        1,
        [2, 'Something follows a closing quote; a quote inside a quoted cell must be doubled (""). (line 3)'],
        [3, 'The row has another number of cells than the header. (line 4)'],
        4,
        [5, 'Something follows a closing quote; a quote inside a quoted cell must be doubled (""). (line 6)'],
        6,
      ],
    )
    const broken = await rowsOf('prompt,prompt\na,b\n', 'csv')
    assert.match((broken[0] as { sentence: string }).sentence, /names "prompt" twice.*Nothing from there on/)
  })

  test('with columns that nobody reads is taken with a warning for each, and with none for those that are', async (t) => {
    const app = await openCommunity(t)
    const file = [
      { prompt: 'उद्या?', completion: 'शनिवार', difficulty: 3, id: 'a' },
      { messages: [{ role: 'user', content: 'काल?' }, { role: 'assistant', content: 'गुरुवार' }], text: 'काल', id: 'b' }, // prettier-ignore
      { text: 'परवा', license: 'CC0-1.0', lang: 'mr', digest: 'sha256:0', origin: '' },
    ]
    const offer = offerOf(readChanges(bytes(file.map((row) => JSON.stringify(row)).join('\n')), 'jsonl'))
    const { rounds } = await contribute(app, app.asha, app.name, offer)
    assert.deepEqual(
      rounds[0]?.checks.map(({ severity, row, sentence }) => [severity, row, sentence]),
      [
        ['warning', null, 'The column "difficulty" is not read and not kept (row 1).'],
        ['warning', null, 'The column "id" is not read and not kept (2 rows, row 1 first).'],
        ['warning', null, 'The column "text" is not read and not kept (row 2).'],
      ],
    )
  })

  test('of Parquet is read, and what is no Parquet is refused in words', async () => {
    const file = parquetWriteBuffer({
      columnData: [
        { name: 'question', data: ['उद्या?', 'काल?'], type: 'STRING' },
        { name: 'answer', data: ['शनिवार', 'गुरुवार'], type: 'STRING' },
      ],
    })
    assert.deepEqual(await rowsOf(new Uint8Array(file), 'parquet'), [
      { kind: 'add', content: { prompt: 'उद्या?', completion: 'शनिवार' }, provenance: {}, row: 1 },
      { kind: 'add', content: { prompt: 'काल?', completion: 'गुरुवार' }, provenance: {}, row: 2 },
    ])
    for (const bad of ['', 'PAR1', 'x'.repeat(100), Buffer.from(file).subarray(0, 60)])
      await assert.rejects(rowsOf(bad, 'parquet'), /The Parquet file/)
  })

  test('that ends in the middle of an upload fails; it is not taken for a short one', async () => {
    for (const format of ['jsonl', 'csv', 'parquet'] as const) {
      const cut = async function* () {
        yield bytes(format === 'csv' ? 'text\na\n' : '{"text":"a"}\n')
        throw new Error('the connection was closed')
      }
      await assert.rejects(
        Array.fromAsync(readChanges(Readable.from(cut()) as AsyncIterable<Uint8Array>, format)),
        /connection was closed/,
        format,
      )
    }
  })

  test('says by its name what it is', () => {
    assert.equal(formatOfFile('Rows.JSONL'), 'jsonl')
    assert.equal(formatOfFile('a.ndjson'), 'jsonl')
    assert.throws(() => formatOfFile('a.xlsx'), { code: 'invalid' })
  })
})
