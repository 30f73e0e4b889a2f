import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseLocale, readCatalogue, translator } from '../messages.ts'
import { patternsOf, type Pattern, type Slot } from './patterns.ts'
import { hole, programTexts } from './program-sentences.ts'
import { Patterns, recognise } from './recognise.ts'
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
