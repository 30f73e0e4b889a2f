import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse, TYPE, type MessageFormatElement } from '@formatjs/icu-messageformat-parser'
import { chooseLocale, english, locales, readCatalogue, translator } from './messages.ts'

const keys = Object.entries(english).flatMap(([area, messages]) => Object.keys(messages).map((key) => `${area}.${key}`))

/** The names in braces and of tags; what they are called must be the same in every language, what stands around them need not. */
function placeholders(elements: readonly MessageFormatElement[]): string[] {
  return elements.flatMap((element): string[] => {
    if (element.type === TYPE.literal || element.type === TYPE.pound) return []
    const inner =
      element.type === TYPE.plural || element.type === TYPE.select
        ? Object.values(element.options).flatMap(({ value }) => placeholders(value))
        : element.type === TYPE.tag
          ? placeholders(element.children)
          : []
    return [element.value, ...inner]
  })
}

const names = (text: string) => [...new Set(placeholders(parse(text)))].sort()

for (const tag of ['hi', 'ur'])
  test(`${tag} says everything English says, with the same placeholders`, () => {
    const [own, original] = [readCatalogue(tag), readCatalogue('en')]
    assert.deepEqual(
      keys.filter((key) => !own.has(key)),
      [],
      'missing',
    )
    assert.deepEqual(
      [...own.keys()].filter((key) => !original.has(key)),
      [],
      'left over',
    )
    for (const key of keys) assert.deepEqual(names(own.get(key) as string), names(original.get(key) as string), key)
    const same = keys.filter((key) => own.get(key) === original.get(key) && /[a-z]{3} [a-z]{3}/i.test(own.get(key) as string))
    assert.deepEqual(same, [], 'not translated')
  })

test('every file of messages belongs to an area that pages can name', () => {
  for (const key of readCatalogue('en').keys()) assert.ok(keys.includes(key), `${key}: add its file to messages.ts`)
})

test('a language is chosen by cookie first, then by what the browser asks for, English otherwise', () => {
  assert.equal(chooseLocale('ur', 'hi').tag, 'ur')
  assert.equal(chooseLocale(null, 'ta-IN, hi-IN;q=0.8, en;q=0.5').tag, 'hi')
  assert.equal(chooseLocale('../../etc', 'xx').tag, 'en')
  assert.deepEqual(
    locales.filter(({ direction }) => direction === 'rtl').map(({ tag }) => tag),
    ['ur'],
  )
})

test('plurals and numbers are those of the language', () => {
  const hindi = translator(chooseLocale('hi'))
  assert.equal(hindi('common.examples', { n: 123456 }), '1,23,456 उदाहरण')
  assert.equal(translator(chooseLocale('en'))('common.examples', { n: 1 }), '1 example')
})
