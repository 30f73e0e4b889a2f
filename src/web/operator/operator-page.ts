/** The operator's page: health, sizes, the queue, limits, and how to take a backup. */

import { jobStates, type Overview } from '../../domain/instance.ts'
import type { AppError } from '../../errors.ts'
import type { Job } from '../../storage/jobs.ts'
import { address, html, type Html } from '../markup.ts'
import type { Locale } from '../messages.ts'
import type { Page } from '../page.ts'
import { badge, copyable, empty, pager, table, type Tone } from '../parts/basics.ts'
import { ago, duration } from '../parts/time.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'

export interface OperatorData {
  readonly overview: Overview
  readonly jobs: readonly Job[]
  readonly state: Job['state'] | null
  readonly refused: AppError | null
}

/** On a page. */
const jobsShown = 30
/** Below this much free disk the page warns. */
const fewBytes = 2 * 1024 ** 3

export function operatorPage(visit: Visit, { overview, jobs, state, refused }: OperatorData): Page {
  const { t, locale } = visit
  const { database, blobs, disk, jobs: queue } = overview
  const number = (value: number) => value.toLocaleString(locale.tag)
  const facts: readonly (readonly [string, string, Html | false])[] = [
    [t('operator.version'), `${overview.version} · Node ${overview.node}`, false],
    [t('operator.up'), duration(locale, overview.up), false],
    [t('operator.memory'), size(locale, overview.memory), false],
    [t('operator.database'), `${t(`operator.database_${database.kind}`)} · ${size(locale, database.bytes)}`, false],
    [t('operator.blobs'), `${number(blobs.count)} · ${size(locale, blobs.bytes)}`, false],
    [
      t('operator.disk'),
      t('operator.diskFree', { free: size(locale, disk.free), total: size(locale, disk.total) }),
      disk.free < fewBytes && badge(t('operator.diskLow'), 'bad'),
    ],
    [t('operator.people'), number(overview.people), false],
    [t('operator.communities'), number(overview.communities), false],
    [t('operator.loaded'), number(overview.loaded), false],
  ]
  return {
    title: t('operator.title'),
    json: '/api/operator',
    refused,
    main: html`<dl class="facts">
        ${facts.map(
          ([name, value, warning]) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${value} ${warning}</dd>
            </div>`,
        )}
      </dl>
      <h2 id="queue">${t('operator.queue')}</h2>
      <p>${t('operator.queueCounts', { waiting: queue.waiting, running: queue.running, failed: queue.failed })}</p>
      <nav class="lists" aria-label="${t('operator.states')}">
        <ul class="inline">
          <li><a href="/operator#queue" ${state === null && html` aria-current="page"`}>${t('operator.state_all')}</a></li>
          ${jobStates.map((it) => html`<li><a href="${address('/operator', { state: it })}#queue" ${it === state && html` aria-current="page"`}>${t(`operator.state_${it}`)}</a></li>`)}
        </ul>
      </nav>
      ${jobs.length === 0 ? empty(t('operator.noJobs')) : jobTable(visit, jobs)}
      ${pager(t, { older: jobs.length < jobsShown ? null : `${address('/operator', { state, after: jobs.at(-1)?.id })}#queue` })}
      <h2>${t('operator.backup')}</h2>
      <p>${t('operator.backupText')}</p>
      ${copyable(t, 'backup-command', 'commonweights backup commonweights.tar\ncommonweights restore commonweights.tar --home ./restored')}
      <h2>${t('operator.limits')}</h2>
      <p>${t('operator.limitsText')}</p>
      ${table(
        t('operator.limits'),
        [t('operator.limit'), t('operator.most'), t('operator.within')],
        overview.limits.map(
          ({ name, most, minutes }) =>
            html`<tr>
              <td><code>${name}</code></td>
              <td class="number">${number(most)}</td>
              <td>${minutes === null ? '' : duration(locale, minutes * 60)}</td>
            </tr>`,
        ),
        [1],
      )}`,
  }
}

const tones: Readonly<Record<Job['state'], Tone>> = { waiting: 'plain', running: 'accent', done: 'good', failed: 'bad', cancelled: 'warn' }

function jobTable({ t, locale }: Visit, jobs: readonly Job[]): Html {
  const act = (id: number, verb: 'retry' | 'cancel') =>
    html`<form method="post" action="/operator/jobs/${id}/${verb}"><button class="quiet">${t(`operator.${verb}`)}</button></form>`
  return table(
    t('operator.queue'),
    [t('operator.job'), t('operator.state'), t('operator.since'), t('operator.error'), t('operator.do')],
    jobs.map(
      ({ id, kind, state, attempt, createdAt, error }) =>
        html`<tr>
          <td><code>${kind}</code> ${id}</td>
          <td>${badge(t(`operator.state_${state}`), tones[state])} ${attempt > 1 && t('operator.attempt', { n: attempt })}</td>
          <td>${ago(locale, createdAt)}</td>
          <td>${told(t, error?.split('\n')[0] ?? '')}</td>
          <td>
            ${(state === 'failed' || state === 'cancelled') && act(id, 'retry')}
            ${(state === 'waiting' || state === 'running') && act(id, 'cancel')}
          </td>
        </tr>`,
    ),
  )
}

/** "1.2 GB" in the page's language. */
export function size({ tag }: Locale, bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  return new Intl.NumberFormat(tag, { style: 'unit', unit: units[step] as string, unitDisplay: 'short', maximumFractionDigits: 1 }).format(
    bytes / 1000 ** step,
  )
}
