/** What several people suggest for one question, side by side: with what was answered and what is taught now. */

import type { SuggestedQuestion } from '../../domain/feedback/suggestions.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import { html, modelPath, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { empty, modelText, person, userText } from '../parts/basics.ts'
import { difference } from '../parts/difference.ts'
import type { Visit } from '../visit.ts'

export function suggestionsPage(visit: Visit, model: CommunityModel, questions: readonly SuggestedQuestion[]): Page {
  const { t } = visit
  return {
    title: t('chat.suggestionsTitle'),
    community: { model, section: 'proposals' },
    json: `/api${modelPath(model, '/suggestions')}`,
    main: html`<p class="soft">${t('chat.suggestionsIntro')}</p>
      ${
        questions.length === 0
          ? empty(t('chat.noSuggestions'), html`<a class="button primary" href="${modelPath(model, '/talk')}">${t('common.tabTalk')}</a>`)
          : questions.map((question) => questionPart(visit, model, question))
      }`,
  }
}

function questionPart(visit: Visit, model: CommunityModel, question: SuggestedQuestion): Html {
  const { t } = visit
  const asked = question.question.at(-1)?.content ?? ''
  return html`<section class="question">
    <h2 dir="auto">${asked}</h2>
    <div class="halves">
      <div>
        ${question.answers.map(
          ({ text, release }) =>
            html`<p class="who">${release === null ? t('chat.baseAnswered') : t('chat.releaseAnswered', { version: release })}</p>
              ${modelText(text)}`,
        )}
        ${question.taught.map(
          ({ answer, digest }) =>
            html`<p class="who"><a href="${modelPath(model, `/examples/${digest.replace('sha256:', '')}`)}">${t('chat.taughtNow')}</a></p>
              ${userText(answer)}`,
        )}
      </div>
      <div>${suggestionCards(visit, question)}</div>
    </div>
  </section>`
}

/** Each beside what was answered or, where nobody kept that, as it is. */
export function suggestionCards({ t }: Visit, { suggestions, answers, taught }: SuggestedQuestion): Html {
  const before = answers[0]?.text ?? taught[0]?.answer ?? null
  return html`<ul class="suggestions">
    ${suggestions.map(
      ({ contribution, author, answer, message }) =>
        html`<li class="card">
          ${before === null ? userText(answer) : difference(before, answer)}
          <p class="meta">${person(t, author)}: <bdi>${message}</bdi></p>
          <p><a href="/contributions/${contribution}">${t('chat.contribution', { id: String(contribution) })}</a></p>
        </li>`,
    )}
  </ul>`
}
