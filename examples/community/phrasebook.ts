/** What a community can teach its language: the phrases CLDR has in it, and how many of each kind an example set holds. */

import {
  dateShapes,
  randomDate,
  relativeUnits,
  sayIn,
  type DateShape,
  type MeasureUnit,
  type Phrase,
  type RelativeUnit,
} from '../phrases.ts'
import type { Random } from '../random.ts'

const communityUnits = [
  'kilogram', 'gram', 'kilometer', 'meter', 'centimeter', 'millimeter', 'liter', 'milliliter', 'minute', 'hour', 'day', 'week', 'month', 'year', 'celsius',
] as const satisfies readonly MeasureUnit[] // prettier-ignore

export interface Phrasebook {
  readonly tag: string
  readonly relativeUnits: readonly RelativeUnit[]
  readonly measureUnits: readonly MeasureUnit[]
}

/**
 * The phrases that CLDR says in this language. Where it has no words ("+5 d", "12.5 kg" for Dogri) an answer falls back to Latin letters,
 * which none of the 22 is written in: those are left out, for they are no one's language.
 */
export function phrasebookOf(tag: string): Phrasebook {
  const own = (phrases: readonly Phrase[]) => phrases.every((phrase) => !/\p{Script=Latin}/u.test(sayIn(tag, phrase)))
  const samples = [1, 2, 3, 5, 11, 100]
  return {
    tag,
    relativeUnits: relativeUnits.filter((unit) =>
      own(
        samples.flatMap((count) => [
          { kind: 'relative' as const, count, unit },
          { kind: 'relative' as const, count: -count, unit },
        ]),
      ),
    ),
    measureUnits: communityUnits.filter((unit) => own([...samples, 1.5].map((count) => ({ kind: 'quantity' as const, count, unit })))),
  }
}

export const dateShares: readonly (readonly [DateShape, number])[] = [
  [dateShapes[0] as DateShape, 32],
  [dateShapes[1] as DateShape, 34],
  [dateShapes[2] as DateShape, 11],
  [dateShapes[3] as DateShape, 11],
  [dateShapes[4] as DateShape, 12],
]

/** Dates that name every month and, where they name one, every weekday equally often and in every pairing, so that no word is left to chance. */
export function dates(random: Random, shape: DateShape, count: number): Phrase[] {
  const found: Phrase[] = []
  for (let i = 0; found.length < count;) {
    const phrase = randomDate(random, shape)
    if (phrase.kind !== 'date' || phrase.month !== (i % 12) + 1) continue
    if (shape.startsWith('weekday') && new Date(Date.UTC(phrase.year, phrase.month - 1, phrase.day)).getUTCDay() !== i % 7) continue
    found.push(phrase)
    i++
  }
  return found
}

/** For every unit "in 1 …", "1 … ago", and `each` other counts on both sides. */
export function relatives(random: Random, units: readonly RelativeUnit[], each: number): Phrase[] {
  return units.flatMap((unit) =>
    [1, -1].flatMap((side) =>
      [1, ...counts(random, each, false)].map((count) => ({ kind: 'relative' as const, count: count * side, unit })),
    ),
  )
}

/** For every unit one of it, and `each` other amounts. */
export function quantities(random: Random, units: readonly MeasureUnit[], each: number): Phrase[] {
  return units.flatMap((unit) => [1, ...counts(random, each, true)].map((count) => ({ kind: 'quantity' as const, count, unit })))
}

/** Different counts from 2 to 999, small ones more often; a fifth of them with one decimal where `fractions`. */
function counts(random: Random, howMany: number, fractions: boolean): number[] {
  const found = new Set<number>()
  while (found.size < howMany) {
    const whole = random.next() < 0.7 ? random.integer(2, 99) : random.integer(100, 999)
    found.add(fractions && random.next() < 0.2 ? random.integer(11, 999) / 10 : whole)
  }
  return [...found]
}
