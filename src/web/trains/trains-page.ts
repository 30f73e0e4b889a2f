/** The trains of a community, when they leave, and how that is changed. */

import { hasRole } from '../../domain/people/actor.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import { scheduleLimits, weekdays, type Schedule, type ScheduleChange } from '../../domain/release-train/schedule.ts'
import type { TrainSummary } from '../../domain/release-train/train-summaries.ts'
import type { AppError } from '../../errors.ts'
import type { Typed } from '../form.ts'
import { address, html, modelPath, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, pager, person } from '../parts/basics.ts'
import { confirmation } from '../parts/confirm.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { dayName, scheduleLine, trainLine, trainTones } from './train-line.ts'

export interface TrainsData {
  readonly model: CommunityModel
  readonly trains: readonly TrainSummary[]
  readonly schedule: Schedule
  readonly history: readonly ScheduleChange[]
  readonly older: number | null
  readonly typed?: Typed
  readonly refused?: AppError | null
}

export function trainsPage(visit: Visit, data: TrainsData): Page {
  const { t, actor } = visit
  const { model, trains, schedule, older, refused = null } = data
  const path = modelPath(model, '/trains')
  const maintains = actor !== null && hasRole(actor, 'maintainer', model.id)
  const underWay = trains.some(({ state }) => state === 'running' || state === 'proposed')
  return {
    title: t('trains.titleOf', { name: `${model.owner}/${model.name}` }),
    heading: t('trains.title'),
    community: { model, section: 'releases' },
    json: `/api${path}`,
    refused,
    main: html`<p class="lead">${t('trains.what')}</p>
      <section aria-labelledby="rhythm">
        <h2 id="rhythm">${t('trains.rhythm')}</h2>
        <p>${scheduleLine(visit, schedule)}</p>
        ${maintains ? scheduleForm(visit, data) : html`<p class="soft">${t('trains.whoSets')}</p>`} ${history(visit, data)}
      </section>
      <section aria-labelledby="departures">
        <h2 id="departures">${t('trains.departures')}</h2>
        ${
          maintains &&
          !underWay &&
          confirmation({ label: t('trains.depart'), sentence: t('trains.departWhat'), action: path, tone: 'primary' })
        }
        ${
          trains.length > 0
            ? html`<ul class="rows">
                ${trains.map(
                  (train) =>
                    html`<li>
                      <p class="row-title">
                        <a href="/trains/${train.id}">${t('trains.number', { number: String(train.number) })}</a>
                        ${badge(t(`trains.state_${train.state}`), trainTones[train.state])}
                      </p>
                      <p class="meta">${trainLine(visit, train)}</p>
                    </li>`,
                )}
              </ul>`
            : empty(t('trains.none'))
        }
        ${pager(t, { older: older === null ? null : address(path, { after: older }) })}
      </section>`,
  }
}

function history({ t, locale }: Visit, { history: changes }: TrainsData): Html {
  if (changes.length === 0) return html``
  return html`<details>
    <summary>${t('trains.history', { n: changes.length })}</summary>
    <ul>
      ${changes.map((change) => html`<li>${ago(locale, change.createdAt)}, ${person(t, change.by)}: ${scheduleLine({ t, locale }, change)}</li>`)}
    </ul>
  </details>`
}

function scheduleForm({ t, locale }: Visit, { model, schedule, typed, refused }: TrainsData): Html {
  const { rhythm, publish, builds } = schedule
  const kind = typed?.['kind'] ?? rhythm.kind
  const day = typed?.['day'] ?? (rhythm.kind === 'weekly' ? rhythm.day : 'monday')
  const examples = typed?.['examples'] ?? (rhythm.kind === 'after' ? String(rhythm.examples) : '100')
  const radio = (value: string, label: string) =>
    html`<input type="radio" id="kind-${value}" name="kind" value="${value}" ${value === kind && html` checked`} /><label
        for="kind-${value}"
        >${label}</label
      >`
  return html`<details class="confirm" ${refused && typed && html` open`}>
    <summary class="button">${t('trains.change')}</summary>
    <form class="stack card" method="post" action="${modelPath(model, '/trains/schedule')}" novalidate>
      <fieldset class="stack">
        <legend>${t('trains.when')}</legend>
        <div class="choice">${radio('by-hand', t('trains.choiceByHand'))}</div>
        <div class="choice wrap">
          ${radio('weekly', t('trains.choiceWeekly'))}
          <select name="day" class="short" aria-label="${t('trains.day')}">
            ${weekdays.map((name, i) => html`<option value="${name}" ${name === day && html` selected`}>${dayName(locale.tag, i)}</option>`)}
          </select>
        </div>
        <div class="choice wrap">
          ${radio('after', t('trains.choiceAfter'))}
          <input
            type="number"
            name="examples"
            min="1"
            max="${scheduleLimits.examples}"
            value="${examples}"
            aria-label="${t('trains.examples')}"
          />
        </div>
      </fieldset>
      <div class="choice">
        <input
          type="checkbox"
          id="publish"
          name="publish"
          value="yes"
          ${(typed ? typed['publish'] === 'yes' : publish) && html` checked`}
        />
        <label for="publish">${t('trains.choicePublish')}</label>
      </div>
      <div class="field">
        <label for="builds">${t('trains.builds')}</label>
        <p class="hint" id="builds-hint">${t('trains.buildsHint')}</p>
        <input
          type="number"
          id="builds"
          name="builds"
          min="0"
          max="${scheduleLimits.builds}"
          value="${typed?.['builds'] ?? builds}"
          aria-describedby="builds-hint"
        />
      </div>
      <p class="actions"><button class="primary">${t('common.save')}</button></p>
    </form>
  </details>`
}
