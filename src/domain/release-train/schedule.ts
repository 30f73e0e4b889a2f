/** The rhythm of a community: when a train leaves, and whether it may publish by itself. */

import { AppError } from '../../errors.ts'

export const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const
export type Weekday = (typeof weekdays)[number]

export type Rhythm =
  /** As that day begins, UTC. */
  | { readonly kind: 'weekly'; readonly day: Weekday }
  /** Once so many examples were accepted since the last release or departure. */
  | { readonly kind: 'after'; readonly examples: number }
  | { readonly kind: 'by-hand' }

export interface Schedule {
  readonly rhythm: Rhythm
  /** May a train publish what passed its gate with everybody aboard? Otherwise, and whenever somebody is left out, a maintainer decides. */
  readonly publish: boolean
  /** Builds that the search for what broke a gate may take. */
  readonly builds: number
}

/** Settings as somebody made them; the newest count. */
export interface ScheduleChange extends Schedule {
  readonly id: number
  readonly modelId: number
  /** null: the local operator. */
  readonly setBy: number | null
  /** Their name. */
  readonly by: string
  readonly createdAt: Date
}

/** Of a community that has said nothing: nothing happens by itself. 24 builds find two culprits among 64 contributions. */
export const defaultSchedule: Schedule = { rhythm: { kind: 'by-hand' }, publish: false, builds: 24 }

export const scheduleLimits = { examples: 1_000_000, builds: 200 } as const

/** Checks settings as they come from outside. */
export function parseSchedule(input: Schedule): Schedule {
  const { rhythm, publish, builds } = input
  if (rhythm.kind === 'weekly' && !weekdays.includes(rhythm.day))
    throw new AppError('invalid', `There is no day ${JSON.stringify(rhythm.day)}; choose one of ${weekdays.join(', ')}.`)
  if (rhythm.kind === 'after') requireCount('A train leaves after', rhythm.examples, 1, scheduleLimits.examples, 'accepted examples')
  requireCount('The search for a cause takes', builds, 0, scheduleLimits.builds, 'builds; 0 searches for none')
  return { rhythm, publish, builds }
}

function requireCount(what: string, value: number, least: number, most: number, of: string): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new AppError('invalid', `${what} ${value}; give a whole number from ${least} to ${most} of ${of}.`)
}

/** What is known of a community when the question is whether a train is due. */
export interface Moment {
  readonly now: Date
  /** When the settings were made. */
  readonly since: Date
  /** The last train's departure; null before the first. */
  readonly lastDeparture: Date | null
  /** Examples accepted since the last release or departure, whichever is later. */
  readonly examples: number
}

/** Whether a train leaves now, and why, in words; null where it does not. One that a server slept through leaves when it wakes. */
export function departureReason(rhythm: Rhythm, { now, since, lastDeparture, examples }: Moment): string | null {
  if (examples === 0) return null
  switch (rhythm.kind) {
    case 'by-hand':
      return null
    case 'after':
      return examples >= rhythm.examples ? `${examples} examples were accepted (it leaves after ${rhythm.examples})` : null
    case 'weekly': {
      const last = Math.max(since.getTime(), lastDeparture?.getTime() ?? 0)
      return newestStart(rhythm.day, now).getTime() > last ? `it is ${nameOf(rhythm.day)}'s train` : null
    }
    default:
      return rhythm satisfies never
  }
}

/** The newest midnight, UTC, with which that day of the week began. */
function newestStart(day: Weekday, now: Date): Date {
  const back = (now.getUTCDay() - weekdays.indexOf(day) + 7) % 7
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() - back))
}

export function describeSchedule({ rhythm, publish, builds }: Schedule): string {
  const when =
    rhythm.kind === 'weekly'
      ? `A train leaves every ${nameOf(rhythm.day)} (UTC)`
      : rhythm.kind === 'after'
        ? `A train leaves after ${rhythm.examples} accepted examples`
        : 'A train leaves when somebody starts it'
  const then = publish ? 'publishes what passes its gate with everybody aboard' : 'proposes what passes its gate to the maintainers'
  const search = builds === 0 ? 'it does not search for what broke a gate' : `it may take ${builds} builds to find what broke a gate`
  return `${when} and ${then}; ${search}.`
}

const nameOf = (day: Weekday) => `${day[0]!.toUpperCase()}${day.slice(1)}`
