/** One receipt: what a release has of somebody's work, what that changed as far as it was measured, and what it has not, and why. */

import type { AppError } from '../../errors.ts'
import type { Measurement } from '../../domain/receipts/measurement-queries.ts'
import type { IncludedWork, NotIncludedReason, NotIncludedWork, Receipt, ReviewedWork } from '../../domain/receipts/receipt.ts'
import { address, html, modelPath, type Html } from '../markup.ts'
import type { MessageKey } from '../messages.ts'
import type { Page } from '../page.ts'
import { badge, pager, person, shortDigest, userText, type Tone } from '../parts/basics.ts'
import { count, percent } from '../parts/figures.ts'
import { day } from '../parts/time.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { effectPart } from './effect-part.ts'

export interface ShownReceipt {
  readonly receipt: Receipt
  /** It is about whoever looks. */
  readonly isVisitor: boolean
  /** Asked for in this release, of anybody's work. */
  readonly measurements: readonly Measurement[]
  readonly mayMeasure: boolean
  /** So many works in it stand on pages before this one. */
  readonly after: number
}

/** Works on a page: somebody who has given for years has thousands in every release. */
const worksShown = 100
/** Of the shorter lists. */
const rowsShown = 100

export function receiptPage(visit: Visit, shown: ShownReceipt, refused: AppError | null = null): Page {
  const { t } = visit
  const { receipt, isVisitor, after } = shown
  const { person: name, release, included, notIncluded, reviewed } = receipt.body
  const where = isolated(`${release.model} ${release.version}`)
  const [owner, modelName] = release.model.split('/') as [string, string]
  return {
    title: isVisitor ? t('receipts.titleYours', { where }) : t('receipts.titleOf', { name: isolated(name), where }),
    community: { model: { owner, name: modelName }, section: 'releases' },
    json: `/api/receipts/${receipt.digest}`,
    feed: `/feeds/people/${encodeURIComponent(name)}.atom`,
    refused,
    main: html`${receipt.supersededBy && superseded(visit, receipt.supersededBy)} ${lead(visit, shown)} ${figures(visit, receipt)}
    ${
      included.length > 0 &&
      html`<h2>${t('receipts.included')}</h2>
        ${newestFirst(included)
          .slice(after, after + worksShown)
          .map((work) => includedPart(visit, shown, work))}
        ${pager(t, { older: after + worksShown < included.length ? address(`/receipts/${receipt.digest}`, { after: after + worksShown }) : null })}`
    }
    ${
      notIncluded.length > 0 &&
      html`<h2>${t('receipts.notIncluded')}</h2>
        <ul class="rows">
          ${notIncluded.slice(0, rowsShown).map((work) => notIncludedRow(visit, work))}
        </ul>
        ${more(visit, notIncluded.length)}`
    }
    ${
      reviewed.length > 0 &&
      html`<h2>${t('receipts.reviewed')}</h2>
        <ul class="rows">
          ${reviewed.slice(0, rowsShown).map((work) => reviewedRow(visit, work))}
        </ul>
        ${more(visit, reviewed.length)}`
    }
    ${checking(visit, receipt)}`,
  }
}

/** What is new in the release is what somebody looks for; the order of the receipt otherwise. */
function newestFirst(included: readonly IncludedWork[]): readonly IncludedWork[] {
  return included.toSorted((a, b) => Number(b.isNew) - Number(a.isNew))
}

function more({ t }: Visit, all: number): Html | false {
  return all > rowsShown && html`<p class="soft">${t('receipts.moreInJson', { n: all - rowsShown })}</p>`
}

/** A name in plain text, kept apart from the direction of what stands around it (Unicode's FSI and PDI). */
function isolated(name: string): string {
  return `\u2068${name}\u2069`
}

function superseded({ t }: Visit, digest: string): Html {
  return html`<p class="note warn">
    ${t.rich('receipts.superseded', { link: (inside) => html`<a href="/receipts/${digest}">${inside}</a>` })}
  </p>`
}

function lead({ t, locale }: Visit, { receipt, isVisitor }: ShownReceipt): Html {
  const { person: name, release } = receipt.body
  return html`<p>
    ${!isVisitor && html`${person(t, name)} · `}<a href="${modelPath(release.model, `/releases/${encodeURIComponent(release.version)}`)}"
      ><bdi>${release.model} ${release.version}</bdi></a
    >
    · ${t('receipts.released')} ${day(locale, new Date(release.publishedAt))}
  </p>`
}

function figures({ t, locale }: Visit, { body }: Receipt): Html {
  const standing = body.included.reduce((sum, { examples }) => sum + examples.standing, 0)
  const { count: all } = body.release.dataset
  return html`<dl class="figures">
    <div>
      <dt>${t('receipts.examplesInIt')}</dt>
      <dd>${count(locale, standing)}</dd>
      ${all > 0 && html`<dd class="small soft">${t('receipts.ofAll', { all, share: percent(locale, standing / all) })}</dd>`}
    </div>
    <div>
      <dt>${t('receipts.contributionsInIt')}</dt>
      <dd>${count(locale, body.included.length)}</dd>
      <dd class="small soft">${t('receipts.newOnes', { n: body.included.filter(({ isNew }) => isNew).length })}</dd>
    </div>
    <div>
      <dt>${t('receipts.reviewsInIt')}</dt>
      <dd>${count(locale, body.reviewed.length)}</dd>
    </div>
    <div>
      <dt>${t('receipts.notInIt')}</dt>
      <dd>${count(locale, body.notIncluded.length)}</dd>
    </div>
  </dl>`
}

function includedPart(visit: Visit, shown: ShownReceipt, work: IncludedWork): Html {
  const { t } = visit
  const { contribution, message, isNew, examples, gone, effects } = work
  return html`<section class="card work" id="c${contribution}">
    <h3>
      <a href="/contributions/${contribution}"><bdi>${message}</bdi></a> ${isNew && badge(t('receipts.new'), 'accent')}
    </h3>
    <p>
      ${examples.brought > 0 && html`<strong>${standingWords(visit, work)}</strong>`}
      ${examples.takenOut > 0 && html` ${t('receipts.takenOut', { n: examples.takenOut })}`}
      ${examples.brought === 0 && examples.takenOut === 0 && html`${t('receipts.noExample')}`}
    </p>
    ${gone !== null && html`<p>${told(t, gone)}</p>`}
    ${effects.length > 0 ? effects.map((effect) => effectPart(visit, effect)) : notMeasured(visit, shown, work)}
  </section>`
}

function standingWords({ t }: Visit, { examples: { brought, standing } }: IncludedWork): string {
  return standing === brought ? t('receipts.allStand', { n: brought }) : t('receipts.someStand', { standing, brought })
}

/** Nothing is said that was not measured; whoever may ask for it can. */
function notMeasured(visit: Visit, { receipt, measurements, mayMeasure }: ShownReceipt, { contribution, examples }: IncludedWork): Html {
  const { t } = visit
  if (examples.brought === 0 && examples.takenOut === 0) return html`<p class="soft">${t('receipts.holdsSinceAccepted')}</p>`
  const own = measurements.filter((one) => one.contributionId === contribution)
  const running = own.some(({ state }) => state === 'queued' || state === 'running')
  const failed = own.find(({ state }) => state === 'failed')
  return html`<div class="note plain">
    <p>${running ? t('receipts.beingMeasured') : t('receipts.notMeasured')}</p>
    ${
      failed &&
      !running &&
      html`<details class="small">
        <summary>${t('receipts.lastFailed')}</summary>
        <p>${told(t, failed.error ?? '')}</p>
      </details>`
    }
    ${
      mayMeasure &&
      !running &&
      examples.standing > 0 &&
      html`<form method="post" action="/receipts/${receipt.digest}/measure">
        <input type="hidden" name="contribution" value="${contribution}" />
        <p class="small soft">${t('receipts.measureHint')}</p>
        <button>${t('receipts.measure')}</button>
      </form>`
    }
  </div>`
}

const reasons: Record<NotIncludedReason, readonly [MessageKey, Tone]> = {
  waiting: ['receipts.whyWaiting', 'plain'],
  'changes-requested': ['receipts.whyChanges', 'warn'],
  rejected: ['receipts.whyRejected', 'bad'],
  withdrawn: ['receipts.whyWithdrawn', 'plain'],
  'accepted-later': ['receipts.whyLater', 'accent'],
  replaced: ['receipts.whyReplaced', 'plain'],
  'taken-back': ['receipts.whyTakenBack', 'bad'],
  'left-out': ['receipts.whyLeftOut', 'bad'],
}

function notIncludedRow({ t }: Visit, { contribution, message, reason, sentence, by, words }: NotIncludedWork): Html {
  const [words1, tone] = reasons[reason]
  return html`<li>
    <p class="row-title">
      <a href="/contributions/${contribution}"><bdi>${message}</bdi></a> ${badge(t(words1), tone)}
    </p>
    <p>${told(t, sentence)}</p>
    ${words !== null && html`${by !== null && html`<p class="who">${t('receipts.inTheirWords', { name: by })}</p>`} ${userText(words)}`}
  </li>`
}

function reviewedRow({ t }: Visit, { contribution, author, message, examples, decisions, summary }: ReviewedWork): Html {
  return html`<li>
    <p class="row-title">
      <a href="/contributions/${contribution}"><bdi>${message}</bdi></a>
    </p>
    <p class="meta">
      ${person(t, author)} · ${t('common.examples', { n: examples })} ·
      ${decisions.map((decision) => html`${badge(t(decisionWords[decision]), decision === 'accept' ? 'good' : 'warn')} `)}
    </p>
    <p>${told(t, summary)}</p>
  </li>`
}

const decisionWords = {
  accept: 'receipts.youAccepted',
  reject: 'receipts.youRejected',
  'request-changes': 'receipts.youAskedForChanges',
} as const satisfies Record<ReviewedWork['decisions'][number], MessageKey>

/** Whoever has the body can check it without us. */
function checking({ t, locale }: Visit, { digest, body, createdAt, supersedes }: Receipt): Html {
  const { dataset, artefacts } = body.release
  return html`<details class="checking">
    <summary>${t('receipts.checking')}</summary>
    <p>${t('receipts.digestIs')}</p>
    <p><code>${digest}</code></p>
    <dl class="facts">
      <dt>${t('receipts.written')}</dt>
      <dd>${day(locale, createdAt)}</dd>
      ${
        supersedes !== null &&
        html`<dt>${t('receipts.before')}</dt>
          <dd><a href="/receipts/${supersedes}">${shortDigest(supersedes)}</a></dd>`
      }
      <dt>${t('receipts.dataset')}</dt>
      <dd>${dataset.number !== null && html`${t('receipts.revision', { number: dataset.number })} · `}<code>${dataset.digest}</code></dd>
      ${artefacts.map(
        ({ path, digest: artefact }) =>
          html`<dt><code>${path}</code></dt>
            <dd><code>${artefact}</code></dd>`,
      )}
    </dl>
  </details>`
}
