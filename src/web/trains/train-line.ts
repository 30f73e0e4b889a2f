/** The line about a train that anyone can read, and a community's rhythm, in the visitor's language. */

import { weekdays, type Schedule } from '../../domain/release-train/schedule.ts'
import type { TrainSummary } from '../../domain/release-train/train-summaries.ts'
import type { Tone } from '../parts/basics.ts'
import type { Visit } from '../visit.ts'

type Words = Pick<Visit, 't' | 'locale'>

export const trainTones = {
  running: 'accent',
  proposed: 'warn',
  published: 'good',
  overtaken: 'plain',
  stopped: 'bad',
  failed: 'bad',
  cancelled: 'plain',
} as const satisfies Record<TrainSummary['state'], Tone>

/** "Train 3: evaluating. It left on 21 Nov 2026, 09:12 UTC with 4 contributions by 3 people; 1 is left out." */
export function trainLine({ t, locale }: Words, train: TrainSummary): string {
  const { number, state, stage, contributions, people, leftOut, createdAt, release, trials } = train
  const now =
    state === 'running'
      ? stage === 'search'
        ? t('trains.doing_search', { n: trials })
        : t(`trains.doing_${stage}`)
      : t(`trains.ended_${state}`, { version: release ?? '' })
  const when = clock(locale.tag, createdAt)
  const left = people === null ? t('trains.leftWithMany', { when, n: contributions }) : t('trains.left', { when, n: contributions, people })
  const without = leftOut === 0 ? '' : ` ${t('trains.without', { n: leftOut })}`
  return `${t('trains.number', { number: String(number) })}: ${now} ${left}${without}`
}

export function clock(tag: string, at: Date): string {
  return `${at.toLocaleString(tag, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })} UTC`
}

export function scheduleLine({ t, locale }: Words, { rhythm, publish, builds }: Schedule): string {
  const when =
    rhythm.kind === 'weekly'
      ? t('trains.everyWeek', { day: dayName(locale.tag, weekdays.indexOf(rhythm.day)) })
      : rhythm.kind === 'after'
        ? t('trains.afterExamples', { n: rhythm.examples })
        : t('trains.byHand')
  return [
    when,
    publish ? t('trains.publishes') : t('trains.proposes'),
    builds === 0 ? t('trains.noSearch') : t('trains.searches', { n: builds }),
  ].join(' ')
}

/** @param day 0 is Sunday */
export function dayName(tag: string, day: number): string {
  // 4 January 1970 was a Sunday.
  return new Date(Date.UTC(1970, 0, 4 + day)).toLocaleDateString(tag, { weekday: 'long', timeZone: 'UTC' })
}
