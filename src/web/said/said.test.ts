import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseLocale, readCatalogue, translator } from '../messages.ts'
import { patternsOf, type Pattern, type Slot } from './patterns.ts'
import { hole, programTexts } from './program-sentences.ts'
import { Patterns, recognise, type Reading, type Recognised, type Unknown } from './recognise.ts'
import { told, toldPlainly } from './told.ts'

const messages = [...readCatalogue('en')].filter(([key]) => key.startsWith('said-'))
const all = messages.flatMap(([key, english]) => patternsOf(key, english))
const [hindi, urdu] = [translator(chooseLocale('hi')), translator(chooseLocale('ur'))]
const program = programTexts(['domain', 'http', 'web', 'formats', 'engines', 'storage', 'trainers'])

/** What `told` gives is strings and markup, which is a string too. */
const markup = (content: unknown): string => (Array.isArray(content) ? content.map(markup).join('') : `${content as string}`)

/** What stands in one of its ways, with the same value everywhere. */
const written = ({ pieces }: Pattern, value: (slot: Slot) => string) =>
  pieces.map((piece) => (typeof piece === 'string' ? piece : value(piece))).join('')

test('every sentence is recognised as itself, with its values, and none as another', () => {
  const patterns = new Patterns(all)
  for (const pattern of all) {
    const values = new Map<string, string>()
    const text = written(pattern, ({ name, kind }) => {
      const value = values.get(name) ?? (kind === 'number' ? String(2 + values.size) : `Ā${values.size}`)
      values.set(name, value)
      return value
    })
    const [read, ...more] = recognise(patterns, text)
    assert.ok(read && 'key' in read, `not recognised: ${text}`)
    assert.deepEqual([read.key, more.length], [pattern.key, 0], text)
    for (const [name, value] of values)
      if (typeof read.values[name] !== 'object') assert.equal(String(read.values[name]), value, `${name} of: ${text}`)
  }
})

test('the English of every sentence is what the program says, word for word', () => {
  const texts = new Set(program.map(({ text }) => text))
  const words = [...new Set([...texts].flatMap((text) => text.split(hole)))].filter((part) => part.length > 3)
  const whole = [...texts].join('\u0001')
  const lost = all.filter((pattern) => {
    if (pattern.key.startsWith('said-words.')) return false
    const text = written(pattern, () => hole)
    if (whole.includes(text)) return false
    return !text.split(hole).every((part) => isSaid(part, words))
  })
  assert.deepEqual(
    lost.map((pattern) => `${pattern.key}: ${written(pattern, () => '…')}`),
    [],
    'nobody says these any more: change or remove the message in src/web/messages/*/said-*.json',
  )
})

/** Where people meet refusals who offer, review, talk, ask and sign in. */
const met = ['contributions', 'conversation', 'datasets', 'feedback', 'notifications', 'people', 'previews', 'receipts', 'reviews']

test('every refusal that contributors meet has its message, or is put together of parts that have', () => {
  const patterns = new Patterns(all)
  const without = program
    .filter(({ file, refusal }) => refusal && met.some((stage) => file.startsWith(`domain/${stage}/`)))
    .map(({ text }) => text)
    .filter((text) => recognise(patterns, text.replaceAll(hole, '7')).some(isEnglish))
    .map((text) => text.replaceAll(hole, '…'))
  assert.deepEqual(
    [...new Set(without)].sort(),
    [
      '… What you said is kept as feedback ….',
      '… has … undecided proposal in … (…), as many as a newcomer may have at once. You can offer the next as soon as one of them is decided, or when you withdraw one; meanwhile …. …',
      '… has … undecided proposals in … (…), as many as a newcomer may have at once. You can offer the next as soon as one of them is decided, or when you withdraw one; meanwhile …. …',
      '… names no …; write ….',
      '… …; say which language the correction is in: --language.',
      'Contribution … is … and can no longer be …; offer a new one.',
      "Contribution … is …'s; only … can … it.",
      'Contribution … no longer fits: … of its changes are in the way of what came since. Row …: … Ask … to revise it.',
      'Contribution … no longer fits: … of its changes is in the way of what came since. Row …: … Ask … to revise it.',
      'The contribution was turned away and nothing of it is stored. … to be mended first. ……',
      'The name … …',
      'Too many attempts. Try again in … minutes….',
      'Too many attempts. Try again in … minute….',
    ].sort(),
  )
})

/** Words that no message has, at whatever depth. */
function isEnglish(part: Recognised | Unknown): boolean {
  if ('unknown' in part) return /\p{L}{2}/u.test(part.unknown)
  return Object.values(part.values).some((value) => Array.isArray(value) && (value as Reading).some(isEnglish))
}

/** One text of the program, or a few after one another: sentences are often put together from a fact and a way out. */
function isSaid(text: string, words: readonly string[], joins = 3): boolean {
  if (text.trim().length <= 3 || words.some((word) => word.includes(text))) return true
  if (joins === 0) return false
  return words.some((word) => {
    const at = word.length > 3 ? text.indexOf(word) : -1
    return at >= 0 && isSaid(text.slice(0, at), words, joins - 1) && isSaid(text.slice(at + word.length), words, joins - 1)
  })
}

test('values that people give are shown as they are, kept apart, and never read as markup', () => {
  const shown = markup(told(urdu, 'There is no person called "<b>x</b>".'))
  assert.equal(shown, '<bdi>&quot;&lt;b&gt;x&lt;/b&gt;&quot;</bdi> نام کا کوئی شخص نہیں ہے۔')
  assert.equal(toldPlainly(hindi, 'There is no invitation 7.'), 'निमंत्रण \u20687\u2069 नहीं है।')
})

test('sentence after sentence is told, and what no message has stays English and is marked so', () => {
  assert.equal(markup(told(hindi, 'Ask something first. Frobnicate it.')), 'पहले कुछ पूछें। <span lang="en" dir="ltr">Frobnicate it.</span>')
  assert.equal(markup(told(translator(chooseLocale('en')), 'Ask something <first>.')), 'Ask something <first>.')
})

test('a text made to be slow is not read', () => {
  const [start, long] = [process.cpuUsage(), 'a is empty; '.repeat(400)]
  for (const text of [long, long.repeat(100)]) assert.match(markup(told(hindi, text)), /a is empty/)
  assert.ok(process.cpuUsage(start).user < 5e6)
})
