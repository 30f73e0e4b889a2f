/** What a visitor can do for a community now: the few things that wait for somebody, each with its way there. */

import type { CommunityModel } from '../../domain/models/community-model.ts'
import { hasRole } from '../../domain/people/actor.ts'
import type { BriefRelease } from '../../domain/releases/release-queries.ts'
import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import { count } from '../parts/figures.ts'
import { firstLine } from '../proposals/words.ts'
import { scheduleLine } from '../trains/train-line.ts'
import type { Visit } from '../visit.ts'
import { many, type Next } from './read-next.ts'

export function nextPart(visit: Visit, model: CommunityModel, release: BriefRelease | null, next: Next): Html {
  const { t, locale, actor } = visit
  const { sentBack, toReview, train, aboard, schedule, lacksTarget, ceiling, wrong } = next
  const maintains = actor !== null && hasRole(actor, 'maintainer', model.id)
  const to = (path: string) => (inside: Content) => html`<a href="${path}">${inside}</a>`
  const at = (path: string) => to(modelPath(model, path))
  const shown = (n: number, more = n >= many) => `${count(locale, n)}${more ? '+' : ''}`
  const steps: Content[] = [
    sentBack && t.rich('community.nextSentBack', { message: firstLine(sentBack.message), link: to(`/contributions/${sentBack.id}`) }),
    toReview > 0 &&
      t.rich('community.nextReview', {
        n: toReview,
        shown: shown(toReview),
        link: to(address(modelPath(model, '/proposals'), { list: 'mine' })),
      }),
    train &&
      t.rich(train.state === 'proposed' ? 'community.nextPublish' : 'community.nextTrainRuns', {
        number: String(train.number),
        link: to(`/trains/${train.id}`),
      }),
    maintains && lacksTarget && t.rich('community.nextSuite', { link: at('/add-suite') }),
    wrong.count > 0 && t.rich('community.nextWrong', { n: wrong.count, shown: shown(wrong.count, wrong.more), link: at('/wrong-answers') }),
    aboard > 0 &&
      !train &&
      html`${t.rich('community.nextAboard', { n: aboard, shown: shown(aboard), link: at('/trains') })}
      ${scheduleLine({ t, locale }, schedule).split(/(?<=[.।۔])\s/u, 1)[0]} ${maintains && t('community.nextDepart')}`,
    actor !== null &&
      release !== null &&
      ceiling !== null &&
      t.rich('community.nextCeiling', { version: release.version, link: at(`/suites/${encodeURIComponent(ceiling)}`) }),
    release !== null && t.rich('community.nextAsk', { link: at('/talk') }),
  ]
  const real = steps.filter((step) => step !== false && step !== null)
  if (real.length === 0) return html``
  return html`<section aria-labelledby="next">
    <h2 id="next">${t('community.next')}</h2>
    <ul class="rows">
      ${real.map((step) => html`<li><p>${step}</p></li>`)}
    </ul>
  </section>`
}
