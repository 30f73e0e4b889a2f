/** Answers that people said are wrong and that nobody has offered a better one for. */

import type { Feedback } from '../../domain/feedback/feedback.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import { address, html, modelPath } from '../markup.ts'
import type { Page } from '../page.ts'
import { empty, modelText, pager, userText } from '../parts/basics.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'

export interface WrongAnswers {
  readonly model: CommunityModel
  readonly waiting: readonly Feedback[]
  /** Versions by the id of their release. */
  readonly versions: ReadonlyMap<number, string>
  /** To go on beyond; null at the end. */
  readonly next: number | null
}

export function wrongAnswersPage({ t, locale }: Visit, { model, waiting, versions, next }: WrongAnswers): Page {
  const path = modelPath(model, '/wrong-answers')
  return {
    title: t('community.wrongTitle'),
    width: 'text',
    community: { model, section: 'proposals' },
    json: `/api${modelPath(model, '/feedback')}`,
    main: html`<p class="lead">${t('community.wrongWhat')}</p>
      ${
        waiting.length === 0
          ? empty(t('community.wrongNone'), html`<a class="button primary" href="${modelPath(model, '/talk')}">${t('common.tabTalk')}</a>`)
          : html`<ul class="rows">
              ${waiting.map(({ turns, releaseId, correction, createdAt }) => {
                const version = releaseId === null ? undefined : versions.get(releaseId)
                const question = turns.findLast(({ role }) => role === 'user')?.content ?? ''
                return html`<li>
                  <p class="who">${t('community.wrongAsked')} · ${ago(locale, createdAt)}</p>
                  ${userText(question)}
                  <p class="who">${version === undefined ? t('community.wrongBaseAnswered') : t('community.wrongAnswered', { version })}</p>
                  ${modelText(turns.at(-1)?.content ?? '')}
                  ${
                    correction !== null &&
                    html`<p class="who">${t('community.wrongBetter')}</p>
                      ${userText(correction)}`
                  }
                  <p class="actions">
                    <a class="button" href="${address(modelPath(model, '/talk'), { question: question.slice(0, 1_500) })}"
                      >${t('community.wrongAgain')}</a
                    >
                  </p>
                </li>`
              })}
            </ul>`
      }
      ${pager(t, { older: next === null ? null : address(path, { after: next }) })}`,
  }
}
