/** Things that can be said in many languages, and how CLDR says them: dates, durations, quantities. Truth comes from `Intl`, nowhere else. */

import type { Random } from './random.ts'

export const relativeUnits = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const
export type RelativeUnit = (typeof relativeUnits)[number]

export const measureUnits = [
  'kilogram', 'gram', 'kilometer', 'meter', 'centimeter', 'millimeter', 'liter', 'milliliter', 'second', 'minute', 'hour', 'day', 'week', 'month',
  'year', 'celsius', 'mile', 'foot', 'inch', 'ounce', 'pound', 'hectare', 'megabyte', 'kilometer-per-hour',
] as const // prettier-ignore
export type MeasureUnit = (typeof measureUnits)[number]

export type DateShape = 'day' | 'weekday' | 'month-day' | 'month-year' | 'weekday-month-day'
export const dateShapes: readonly DateShape[] = ['day', 'weekday', 'month-day', 'month-year', 'weekday-month-day']

export type Phrase =
  /** A day of the Gregorian calendar; month 1 to 12. */
  | { readonly kind: 'date'; readonly shape: DateShape; readonly year: number; readonly month: number; readonly day: number }
  /** "in 5 days", or "5 days ago" where `count` is negative. */
  | { readonly kind: 'relative'; readonly count: number; readonly unit: RelativeUnit }
  /** "12.5 kilograms". */
  | { readonly kind: 'quantity'; readonly count: number; readonly unit: MeasureUnit }
  /** "2 hours, 30 minutes". */
  | { readonly kind: 'span'; readonly hours: number; readonly minutes: number }
  | { readonly kind: 'number'; readonly value: number }

const formats = new Map<string, unknown>()
function cached<T>(key: string, make: () => T): T {
  let format = formats.get(key) as T | undefined
  if (format === undefined) {
    format = make()
    formats.set(key, format)
  }
  return format
}

const dateOptions: Readonly<Record<DateShape, Intl.DateTimeFormatOptions>> = {
  day: { dateStyle: 'long' },
  weekday: { dateStyle: 'full' },
  'month-day': { month: 'long', day: 'numeric' },
  'month-year': { month: 'long', year: 'numeric' },
  'weekday-month-day': { weekday: 'long', month: 'long', day: 'numeric' },
}

/**
 * A phrase in a language, as CLDR writes it, in the Gregorian calendar.
 * @param system CLDR key of a numbering system; the language's own by default.
 */
export function sayIn(tag: string, phrase: Phrase, system?: string): string {
  const locale = `${tag}-u-ca-gregory${system === undefined ? '' : `-nu-${system}`}`
  return tidy(spoken(locale, phrase))
}

function spoken(locale: string, phrase: Phrase): string {
  switch (phrase.kind) {
    case 'date': {
      const { shape } = phrase
      const format = cached(`${locale} date ${shape}`, () => new Intl.DateTimeFormat(locale, { ...dateOptions[shape], timeZone: 'UTC' }))
      return format.format(Date.UTC(phrase.year, phrase.month - 1, phrase.day))
    }
    case 'relative': {
      const format = cached(`${locale} relative`, () => new Intl.RelativeTimeFormat(locale, { numeric: 'always' }))
      return format.format(phrase.count, phrase.unit)
    }
    case 'quantity': {
      const { unit } = phrase
      const format = cached(`${locale} quantity ${unit}`, () => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }))
      return format.format(phrase.count)
    }
    case 'span':
      return cached(`${locale} span`, () => new Intl.DurationFormat(locale, { style: 'long' })).format({
        hours: phrase.hours,
        minutes: phrase.minutes,
      })
    case 'number':
      return cached(`${locale} number`, () => new Intl.NumberFormat(locale)).format(phrase.value)
    default:
      return phrase satisfies never
  }
}

/** Invisible direction marks and no-break spaces become nothing and a space: people neither see nor type them. */
function tidy(text: string): string {
  return text.replace(/[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g, '').replace(/[\u00a0\u202f\u2009]/g, ' ')
}

const englishMonths = Array.from({ length: 12 }, (_, month) =>
  new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(Date.UTC(2024, month, 1)),
)
const englishWeekday = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' })

/** A phrase in the English of prompts: "5 March 2031", "in 5 days", "12.5 kilograms". */
export function sayInEnglish(phrase: Phrase): string {
  if (phrase.kind !== 'date') return sayIn('en', phrase)
  const month = englishMonths[phrase.month - 1] as string
  const weekday = englishWeekday.format(Date.UTC(phrase.year, phrase.month - 1, phrase.day))
  switch (phrase.shape) {
    case 'day':
      return `${phrase.day} ${month} ${phrase.year}`
    case 'weekday':
      return `${weekday} ${phrase.day} ${month} ${phrase.year}`
    case 'month-day':
      return `${phrase.day} ${month}`
    case 'month-year':
      return `${month} ${phrase.year}`
    case 'weekday-month-day':
      return `${weekday} ${phrase.day} ${month}`
    default:
      return phrase.shape satisfies never
  }
}

/** The question every contribution and suite asks. */
export function question(phrase: Phrase, language: string): string {
  return `Write ${sayInEnglish(phrase)} in ${language}.`
}

export function randomDate(random: Random, shape: DateShape): Phrase {
  const year = random.integer(1900, 2099)
  const month = random.integer(1, 12)
  const day = random.integer(1, new Date(Date.UTC(year, month, 0)).getUTCDate())
  return { kind: 'date', shape, year, month, day }
}

export function randomRelative(random: Random, units: readonly RelativeUnit[] = relativeUnits): Phrase {
  const count = randomCount(random, false)
  return { kind: 'relative', count: random.next() < 0.5 ? count : -count, unit: random.pick(units) }
}

export function randomQuantity(random: Random, units: readonly MeasureUnit[] = measureUnits): Phrase {
  return { kind: 'quantity', count: randomCount(random, true), unit: random.pick(units) }
}

export function randomSpan(random: Random): Phrase {
  return { kind: 'span', hours: random.integer(1, 23), minutes: random.integer(1, 59) }
}

/** Small counts most often, because their plural forms differ; some up to 999, and halves and tenths where `fractions`. */
function randomCount(random: Random, fractions: boolean): number {
  const draw = random.next()
  if (draw < 0.3) return random.integer(1, 12)
  if (draw < 0.65) return random.integer(1, 99)
  if (draw < 0.8 || !fractions) return random.integer(100, 999)
  if (draw < 0.92) return random.integer(1, 999) / 10
  return random.integer(1000, 9999)
}
