/** What it said, what it should have said, and under which terms that is given. */

import type { AppError } from '../../errors.ts'
import type { StoredAnswer } from '../../domain/feedback/answer.ts'
import type { FixOfAnswer } from '../../domain/feedback/fixes-of.ts'
import type { SuggestedQuestion } from '../../domain/feedback/suggestions.ts'
import type { UsualTerms } from '../../domain/feedback/usual-terms.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import { draftField, draftOf } from '../draft.ts'
import type { Typed } from '../form.ts'
import { address, html, modelPath, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, field, modelText, person, userText } from '../parts/basics.ts'
import type { Visit } from '../visit.ts'
import { suggestionCards } from './suggestions-page.ts'
import { partnerName } from './talk.ts'
import { languageField, licenceField, originField, signOffFields } from './terms-fields.ts'

export interface Fixing {
  readonly answer: StoredAnswer
  readonly model: CommunityModel
  /** The community that should learn it, where a base gave the answer. */
  readonly named: string
  readonly fixes: readonly FixOfAnswer[]
  readonly suggested: SuggestedQuestion | null
  /** That the community writes in, the most frequent first. */
  readonly languages: readonly string[]
  readonly usual: { readonly [T in keyof UsualTerms]: string }
}

export function fixPage(visit: Visit, fixing: Fixing, typed: Typed, refused: AppError | null): Page {
  const { t } = visit
  const { answer, model, fixes, suggested } = fixing
  return {
    title: t('chat.fixTitle'),
    community: { model, section: 'talk' },
    json: `/v1/chat/completions/${encodeURIComponent(answer.id)}`,
    modules: ['draft', 'fix'],
    refused,
    main: html`<div class="columns">
      <div>${fixes.length > 0 && fixedBefore(visit, fixes)} ${said(visit, fixing)} ${form(visit, fixing, typed)}</div>
      <aside>
        <h2 class="first">${t('chat.whatHappens')}</h2>
        <ol>
          <li>${t('chat.step1')}</li>
          <li>${t('chat.step2')}</li>
          <li>${t('chat.step3')}</li>
          <li>${t('chat.step4')}</li>
        </ol>
        ${
          suggested &&
          suggested.suggestions.length > 0 &&
          html`<h2>${t('chat.othersSuggest')}</h2>
            ${suggestionCards(visit, suggested)}
            <p><a href="${modelPath(model, '/suggestions')}">${t('chat.allSuggestions')}</a></p>`
        }
      </aside>
    </div>`,
  }
}

function fixedBefore({ t }: Visit, fixes: readonly FixOfAnswer[]): Html {
  return html`<div class="note">
    <p>${t('chat.fixedBefore')}</p>
    <ul>
      ${fixes.map(
        ({ contribution, author, correction }) =>
          html`<li>
            <a href="/contributions/${contribution}">${t('chat.contribution', { id: String(contribution) })}</a> · ${person(t, author)}:
            <bdi>${correction}</bdi>
          </li>`,
      )}
    </ul>
  </div>`
}

function said({ t }: Visit, { answer }: Fixing): Html {
  const [question, earlier] = [answer.turns.at(-1), answer.turns.slice(0, -1)]
  const [choice] = answer.choices
  return html`${
      earlier.length > 0 &&
      html`<details>
        <summary>${t('chat.before', { n: earlier.length })}</summary>
        ${earlier.map(({ role, content }) => (role === 'assistant' ? modelText(content) : userText(content)))}
      </details>`
    }
    <p class="who">${t('chat.youAsked')}</p>
    ${userText(question?.content ?? '')}
    <p class="who"><bdi>${partnerName(t, answer.model)}</bdi> ${choice?.reason === 'length' && badge(t('chat.cutOff'), 'warn')}</p>
    ${choice && choice.text !== '' ? modelText(choice.text) : html`<p class="soft">${t('chat.saidNothing')}</p>`}`
}

function form(visit: Visit, fixing: Fixing, typed: Typed): Html {
  const { t } = visit
  const { answer, model, languages, named } = fixing
  const at = `/answers/${encodeURIComponent(answer.id)}/fix`
  const text = answer.choices[0]?.text ?? ''
  return html`<form method="post" action="${at}" class="stack" ${draftOf(`fix ${answer.id}`, t)}>
    ${draftField(`fix ${answer.id}`)}
    <input type="hidden" name="for" value="${typed['for'] ?? named}" />
    ${field({
      name: 'better',
      label: html`<strong>${t('chat.better')}</strong>`,
      hint: html`${t('chat.betterHint')}
      ${
        text !== '' &&
        html`<a id="start-from" href="${address(at, { for: named, start: 'answer' })}" data-text="${text}">${t('chat.startFromAnswer')}</a>`
      }`,
      control: (attributes) =>
        html`<textarea ${attributes} rows="4" required maxlength="20000" dir="auto">${typed['better'] ?? ''}</textarea>`,
    })}
    ${field({
      name: 'message',
      label: html`${t('chat.why')} <span class="soft">(${t('common.optional')})</span>`,
      hint: t('chat.whyHint'),
      control: (attributes) => html`<input ${attributes} value="${typed['message'] ?? ''}" maxlength="2000" dir="auto" />`,
    })}
    ${originField(visit, typed)} ${languageField(visit, languages, typed)} ${licenceField(visit, model, typed)}
    ${signOffFields(visit, typed)}
    <div class="actions"><button class="primary">${t('chat.sendFix')}</button></div>
  </form>`
}
