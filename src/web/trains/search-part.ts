/** The search for what broke a gate: what was tried, what was measured, who is left out, and the letters to them. */

import { confirmationOf } from '../../domain/release-train/evidence.ts'
import type { Passenger, ReleaseTrain, Trial } from '../../domain/release-train/release-train.ts'
import { html, joined, type Content, type Html } from '../markup.ts'
import { badge, person, table } from '../parts/basics.ts'
import { duration } from '../parts/time.ts'
import { changeText, differencePlots, intervalText, verdictBadge } from '../releases/score-parts.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'

export function searchEvidence(visit: Visit, train: ReleaseTrain): Html {
  const { t } = visit
  const { trials, leftOut, letters } = train
  if (trials.length === 0) return html``
  return html`<section aria-labelledby="search">
    <h2 id="search">${t('trains.search')}</h2>
    <p>${t('trains.searchWhat')}</p>
    ${
      leftOut.length > 0 &&
      html`<h3>${t('trains.found')}</h3>
        ${leftOut.map((id) => culprit(visit, train, id))}`
    }
    <details ${leftOut.length === 0 && html` open`}>
      <summary>${t('trains.tried', { n: trials.length })}</summary>
      ${table(
        t('trains.triedCaption'),
        [t('trains.with'), t('trains.outcome'), t('releases.change'), t('runs.took')],
        trials.map((trial) => trialRow(visit, train.passengers, trial)),
        [3],
      )}
    </details>
    ${
      letters.length > 0 &&
      html`<h3>${t('trains.letters')}</h3>
        <p class="soft">${t('trains.lettersWhat')}</p>
        ${letters.map(
          ({ contribution, author, text }) =>
            html`<details>
              <summary>${t('trains.letterTo', { name: author, id: String(contribution) })}</summary>
              <div class="user-text">${text.split('\n').map((line) => html`${told(t, line)} `)}</div>
            </details>`,
        )}`
    }
  </section>`
}

/** What confirms an accusation: the same training with and without it. */
function culprit(visit: Visit, train: ReleaseTrain, id: number): Html {
  const { t } = visit
  const passenger = train.passengers.find((one) => one.id === id)
  const trial = confirmationOf(train, id)
  const others = trial?.contributions.filter((one) => one !== id) ?? []
  return html`<div class="card">
    <p>
      <a href="/contributions/${id}" dir="auto"
        ><strong>${passenger?.message.split('\n')[0] ?? t('trains.reversal', { id: String(id) })}</strong></a
      >
      · ${person(t, passenger?.author ?? null)} ${badge(t('trains.isLeftOut'), 'bad')}
    </p>
    <p>${trial ? t('trains.confirmed', { n: others.length, others: others.join(', ') }) : t('trains.notAlone')}</p>
    ${trial && trial.comparisons.length > 0 && differencePlots(visit, trial.comparisons, t('trains.withoutIt'))}
  </div>`
}

function trialRow(visit: Visit, passengers: readonly Passenger[], { contributions, verdict, comparisons, seconds, draw }: Trial): Html {
  const { t, locale } = visit
  const who: Content =
    contributions.length === 0
      ? t('trains.control')
      : joined(
          contributions.map(
            (id) =>
              html`<a href="/contributions/${id}" title="${passengers.find((one) => one.id === id)?.message.split('\n')[0] ?? ''}"
                >${id}</a
              >`,
          ),
          ', ',
        )
  const said =
    verdict === null ? badge(t('trains.isControl')) : badge(t(`trains.verdict_${verdict}`), verdict === 'breaks' ? 'bad' : 'good')
  return html`<tr>
    <td>${who}</td>
    <td>${said} ${draw === 1 && html`<span class="soft">${t('trains.confirming')}</span>`}</td>
    <td>
      ${comparisons.map(
        (one) =>
          html`<div>
            <bdi>${one.suite.name}</bdi>: ${changeText(visit, one.metric, one.difference)}
            <span class="soft">${intervalText(visit, one)}</span>
            ${verdictBadge(t, one.verdict)}
          </div>`,
      )}
    </td>
    <td class="number">${duration(locale, seconds)}</td>
  </tr>`
}
