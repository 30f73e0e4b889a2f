/**
 * Sentences of the program in the reader's language.
 *
 * The domain says and keeps a finished English sentence: the API, feeds, commands and records have it as it is. The pages recognise it by the messages of
 * `messages/en/said-*.json` and say it anew in the language of the visitor. What no message has is shown as it is and marked as English.
 */

import { html, joined, type Content, type Html } from '../markup.ts'
import { readCatalogue, type MessageKey, type Translate } from '../messages.ts'
import { patternsOf } from './patterns.ts'
import { Patterns, recognise, type List, type Reading, type Value } from './recognise.ts'

/** A sentence, or several, for a page. What people wrote in them keeps its own direction. */
export function told(t: Translate, text: string): Content {
  if (t.locale.tag === english) return text
  return inMarkup(t, read(text))
}

/** The same as plain text, for what may hold no markup: titles, labels for screen readers. */
export function toldPlainly(t: Translate, text: string): string {
  if (t.locale.tag === english) return text
  return inPlainText(t, read(text))
}

const english = 'en'

let patterns: Patterns | undefined
const readings = new Map<string, Reading>()
const mostKept = 2_000

/** A page says the same sentences to many visitors. */
function read(text: string): Reading {
  const known = readings.get(text)
  if (known) return known
  patterns ??= new Patterns(
    [...readCatalogue(english)].filter(([key]) => key.startsWith('said-')).flatMap(([key, message]) => patternsOf(key, message)),
  )
  if (readings.size >= mostKept) readings.clear()
  const reading = recognise(patterns, text)
  readings.set(text, reading)
  return reading
}

function inMarkup(t: Translate, reading: Reading): Content {
  const parts = reading.map((part) => {
    // A language that a community has begun may not say everything yet.
    if ('unknown' in part || !t.says(part.key)) return asEnglish('unknown' in part ? part.unknown : part.text)
    const values = mapValues(part.values, (value) => valueInMarkup(t, value))
    return t.rich(part.key as MessageKey, values)
  })
  return joined(parts, ' ')
}

function valueInMarkup(t: Translate, value: Value): Html | number | string {
  if (typeof value === 'number') return value
  if (typeof value === 'string') return html`<bdi>${value}</bdi>`
  if (!('items' in value)) return html`${inMarkup(t, value)}`
  const items = value.items.map((item) => (isUnknown(item) ? html`<bdi>${plainUnknown(item)}</bdi>` : html`${inMarkup(t, item)}`))
  return html`${items.map((item, i) => html`${i > 0 && separator(t, value, i)}${item}`)}`
}

function inPlainText(t: Translate, reading: Reading): string {
  const parts = reading.map((part) => {
    if ('unknown' in part || !t.says(part.key)) return 'unknown' in part ? part.unknown : part.text
    const values = mapValues(part.values, (value) => valueInPlainText(t, value))
    return t(part.key as MessageKey, values)
  })
  return parts.join(' ')
}

/** Isolated by the characters that bdi stands for. */
const isolate = (text: string) => `\u2068${text}\u2069`

function valueInPlainText(t: Translate, value: Value): string | number {
  if (typeof value === 'number') return value
  if (typeof value === 'string') return isolate(value)
  if (!('items' in value)) return inPlainText(t, value)
  return value.items.map((item, i) => `${i > 0 ? separator(t, value, i) : ''}${inPlainText(t, item)}`).join('')
}

/** What a choice of ICU is made by (`…Case`) is never shown. */
function mapValues<T>(values: Readonly<Record<string, Value>>, map: (value: Value) => T): Record<string, T | string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, name.endsWith('Case') ? (value as string) : map(value)]))
}

function separator(t: Translate, { items, join }: List, i: number): string {
  const last = i === items.length - 1
  if (join === 'comma' || !last) return t('common.listComma')
  return join === 'and' ? t('common.listAnd') : t('common.listOr')
}

const isUnknown = (reading: Reading) => reading.every((part) => 'unknown' in part)
const plainUnknown = (reading: Reading) => reading.map((part) => ('unknown' in part ? part.unknown : '')).join(' ')

/** Figures alone are of no language. */
function asEnglish(text: string): Html {
  return /\p{L}/u.test(text) ? html`<span lang="${english}" dir="ltr">${text}</span>` : html`<bdi>${text}</bdi>`
}
