import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseLanguage } from './check-language.ts'
import { checkProvenance } from './check-provenance.ts'
import { checkText } from './check-text.ts'
import { nearDuplicatesWithin, duplicatesWithin } from './check-duplicates.ts'
import { revealingTexts } from './check-overlap.ts'
import { contentDigest, exampleDigest, type Example } from './example.ts'
import { prepareExample } from './examine-offer.ts'
import { changeOfRow } from './map-columns.ts'
import { isProblem, parseContent } from './parse-example.ts'
import type { PreparedChange } from './prepared-change.ts'

const provenance = { origin: 'human', generator: null, source: 'by hand', licence: 'CC0-1.0', language: 'mr' } as const
const adds = (...contents: Example['content'][]): PreparedChange[] =>
  contents.map((content, i) => ({ kind: 'add', row: i + 1, ...prepareExample(content, provenance) }))
const verdict = (text: string) => checkText(text).findings.map(({ severity }) => severity)

test('text in the scripts of India, Africa and Asia passes untouched, joiners, marks and emoji included', () => {
  const texts = [
    'क्‍ष आणि र्‍य मराठीत लिहितात', // ZWJ, Devanagari
    'ශ්‍රී ලංකාව', // ZWJ, Sinhala
    'അവന്‍ വന്നു', // ZWJ, Malayalam chillu
    'می‌خواهم بروم', // ZWNJ, Persian
    'ᱥᱟᱱᱛᱟᱲᱤ ᱥᱮᱞᱮᱫ', // Ol Chiki
    'ꯃꯤꯇꯩꯂꯣꯟ', // Meetei Mayek
    'یہ \u200fاردو\u200f ہے',
    'ភាសា\u200bខ្មែរ', // ZWSP, Khmer
    '👩‍👩‍👧 ❤️‍🔥 🏴󠁧󠁢󠁳󠁣󠁴󠁿',
    'Line one\nLine\ttwo',
    '5\u202fkg, 3\u00a0km',
  ]
  for (const text of texts)
    assert.deepEqual(
      checkText(text),
      { text: text.normalize('NFC'), findings: text === text.normalize('NFC') ? [] : checkText(text).findings },
      text,
    )
  for (const text of texts) assert.ok(!verdict(text).includes('error'), text)
})

test('what a reader would not see is an error or a warning', () => {
  const errors = [
    'a\0b',
    'a\u202eb',
    'a\u2066b',
    'hidden\u{e0068}\u{e0069}',
    'bad \ufffd',
    'x\ufeffy',
    '\ud800',
    'a\u{fdd0}',
    'v\u{e0101}\u{e0102}\u{e0103}',
  ]
  for (const text of errors) assert.ok(verdict(text).includes('error'), JSON.stringify(text))
  for (const text of ['zero\u200bwidth', 'join\u200der', 'soft\u00adhyphen', 'mark\u200e here', '\ue000'])
    assert.deepEqual(verdict(text), ['warning'], JSON.stringify(text))
})

test('line ends and normal form are mended and said', () => {
  const { text, findings } = checkText('क\u093c\r\nJose\u0301')
  assert.equal(text, 'क़\nJosé'.normalize('NFC'))
  assert.deepEqual(
    findings.map(({ severity }) => severity),
    ['warning', 'warning'],
  )
})

test('checked text is in normal form, and checking it again changes nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0x10ffff })), (points) => {
      const input = String.fromCodePoint(...points)
      const { text } = checkText(input)
      assert.equal(text, text.normalize('NFC'))
      assert.equal(checkText(text).text, text)
    }),
  )
})

test('language tags are made canonical; names and typos are refused with a suggestion', () => {
  assert.deepEqual(parseLanguage('mr'), { tag: 'mr' })
  assert.deepEqual(parseLanguage('hin'), { tag: 'hi' })
  assert.deepEqual(parseLanguage('KOK-deva-in'), { tag: 'kok-Deva-IN' })
  assert.deepEqual(parseLanguage('adh'), { tag: 'adh' })
  const refused = (input: string) => (parseLanguage(input) as { problem: string }).problem
  assert.match(refused('Marathi'), /did you mean mr\?/)
  assert.match(refused('हिन्दी'), /did you mean hi\?/)
  assert.match(refused('english'), /did you mean en\?/)
  for (const bad of ['', 'und', 'mul', 'xx', 'mr_IN', 'a b']) assert.ok('problem' in parseLanguage(bad), bad)
})

test('provenance names origin, source, licence and language; a generated example names its generator', () => {
  const check = (change: object, allow: readonly string[] | null = null) => checkProvenance({ ...provenance, ...change }, { allow })
  assert.deepEqual(check({}), { provenance, findings: [] })
  const errors = (change: object, allow?: readonly string[]) =>
    check(change, allow ?? null)
      .findings.filter(({ severity }) => severity === 'error')
      .map(({ check }) => check)
  assert.deepEqual(errors({ origin: 'found' }), ['provenance'])
  assert.deepEqual(errors({ origin: undefined }), ['provenance'])
  assert.deepEqual(errors({ origin: 'generated' }), ['provenance'])
  assert.deepEqual(errors({ origin: 'generated', generator: 'CLDR 48' }), [])
  assert.deepEqual(errors({ source: ' ' }), ['provenance'])
  assert.deepEqual(errors({ licence: 'NOASSERTION' }), ['licence'])
  assert.deepEqual(errors({ licence: 'CC-BY' }), ['licence'])
  assert.deepEqual(errors({ licence: 'CC-BY-NC-4.0' }, ['CC-BY-4.0']), ['licence'])
  assert.deepEqual(errors({ licence: 'CC-BY-NC-4.0 OR CC-BY-4.0' }, ['CC-BY-4.0']), [])
  assert.deepEqual(errors({ licence: 'CC-BY-4.0 AND MIT' }, ['CC-BY-4.0']), ['licence'])
  assert.deepEqual(
    check({ licence: 'CC-BY-ND-4.0' }).findings.map(({ severity }) => severity),
    ['warning'],
  )
})

test('the four shapes are read strictly, and anything else is refused in words', () => {
  const good = [
    {
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'u' },
        { role: 'assistant', content: 'a' },
      ],
    },
    { prompt: 'p', completion: 'c' },
    { text: 't' },
    { prompt: 'p', chosen: 'a', rejected: 'b' },
  ]
  for (const content of good) assert.deepEqual(parseContent({ ...content, id: 7 }), content)
  const bad: unknown[] = [
    null,
    'text',
    {},
    { text: '' },
    { text: 5 },
    { prompt: 'p' },
    { prompt: 'p', completion: ' ' },
    { prompt: 'p', chosen: 'a', rejected: 'a' },
    { messages: [] },
    { messages: [{ role: 'user', content: 'u' }] },
    { messages: [{ role: 'assistant', content: 'a' }] },
    {
      messages: [
        { role: 'user', content: 'u' },
        { role: 'user', content: 'v' },
        { role: 'assistant', content: 'a' },
      ],
    },
    {
      messages: [
        { role: 'user', content: 'u' },
        { role: 'tool', content: 'a' },
      ],
    },
    { text: 'x'.repeat(200_001) },
  ]
  for (const content of bad) assert.ok(isProblem(parseContent(content)), JSON.stringify(content)?.slice(0, 80))
})

test('the columns people really use become examples', () => {
  const contentOf = (row: object) => {
    const change = changeOfRow(1, row)
    return change.kind === 'add' ? change.content : change
  }
  assert.deepEqual(contentOf({ Question: 'q', Answer: 'a' }), { prompt: 'q', completion: 'a' })
  assert.deepEqual(contentOf({ instruction: 'translate', input: 'x', output: 'y' }), { prompt: 'translate\n\nx', completion: 'y' })
  assert.deepEqual(contentOf({ instruction: 'say', input: '', output: 'y' }), { prompt: 'say', completion: 'y' })
  assert.deepEqual(
    contentOf({
      conversations: [
        { from: 'human', value: 'h' },
        { from: 'gpt', value: 'g' },
      ],
    }),
    {
      messages: [
        { role: 'user', content: 'h' },
        { role: 'assistant', content: 'g' },
      ],
    },
  )
  assert.deepEqual(contentOf({ messages: '[{"role":"user","content":"u"}]' }), { messages: [{ role: 'user', content: 'u' }] })
  assert.deepEqual(changeOfRow(3, { text: 't', license: 'MIT', lang: 'mr' }), {
    kind: 'add',
    content: { text: 't' },
    provenance: { licence: 'MIT', language: 'mr' },
    row: 3,
  })
  assert.deepEqual(changeOfRow(4, { removes: 'sha256:x' }), { kind: 'remove', target: 'sha256:x', row: 4 })
  assert.equal(changeOfRow(5, { colour: 'red' }).kind, 'unreadable')
  assert.equal(changeOfRow(6, [1]).kind, 'unreadable')
})

test('an example is its canonical JSON: key order is nothing, every field counts', () => {
  const example: Example = { content: { prompt: 'p', completion: 'c' }, provenance }
  const turned = {
    provenance: Object.fromEntries(Object.entries(provenance).reverse()),
    content: { completion: 'c', prompt: 'p' },
  } as unknown as Example
  assert.equal(exampleDigest(example), exampleDigest(turned))
  // Computed with Python: hashlib.sha256 over the RFC 8785 text.
  assert.equal(contentDigest({ text: 'मराठी' }), 'sha256:83ade672adad730fd4e59bc2d91a3b5058ebb5db93d1b79351719623d9d19dbe')
  for (const change of [{ licence: 'MIT' }, { language: 'hi' }, { source: 'a book' }, { origin: 'adapted' as const }])
    assert.notEqual(exampleDigest({ ...example, provenance: { ...provenance, ...change } }), exampleDigest(example))
})

test('a repeated row is an error, a nearly repeated one a warning, and a row with another number neither', () => {
  const story =
    'एका गावात एक म्हातारी राहत होती. तिच्या घरामागे आंब्याचे मोठे झाड होते. रोज सकाळी ती झाडाला पाणी घालत असे आणि त्याच्या सावलीत बसून गाणी गात असे.'
  const changes = adds(
    { text: story },
    { text: story },
    { text: story.replace('मोठे', 'जुने') },
    { text: `${story} 1947` },
    { text: `${story} 1950` },
  )
  assert.deepEqual(
    duplicatesWithin(changes).map(({ row, severity }) => [row, severity]),
    [[2, 'error']],
  )
  assert.deepEqual(
    nearDuplicatesWithin(changes).map(({ row, severity }) => [row, severity]),
    [[3, 'warning']],
  )
})

test('a question stands revealed in every shape that holds it', () => {
  assert.ok(revealingTexts({ prompt: 'उद्या?', completion: 'शनिवार' }).includes('उद्या?'))
  const chat = revealingTexts({
    messages: [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'a?' },
      { role: 'assistant', content: 'b' },
      { role: 'user', content: 'c?' },
      { role: 'assistant', content: 'd' },
    ],
  })
  for (const text of ['a?', 'c?', 'a?\nb\nc?']) assert.ok(chat.includes(text), text)
  assert.ok(!chat.includes('b'))
})
