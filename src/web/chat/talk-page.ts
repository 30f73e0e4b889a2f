/** Talking to a model: the conversation, the field for the next question, and whom it goes to. */

import type { AppError } from '../../errors.ts'
import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { modelText, userText } from '../parts/basics.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { answerPart, exchangeTemplate } from './answer-part.ts'
import { partnerName, talkLimits, talkPath, type Talk } from './talk.ts'

export function talkPage(visit: Visit, talk: Talk, refused: AppError | null = null): Page {
  const { t } = visit
  const { model } = talk
  const name = `${model.owner}/${model.name}`
  return {
    title: t('chat.title', { name }),
    heading: t('chat.heading'),
    community: { model, section: 'talk' },
    json: '/v1/models',
    modules: ['chat'],
    refused,
    main: html`<div class="talk">
      ${talk.partners.versions.length === 0 && noRelease(visit, talk)} ${partnersOf(visit, talk)} ${conversation(visit, talk)}
      ${ask(visit, talk)}
      <p class="visually-hidden" role="status" id="talk-status"></p>
      ${visit.actor === null && signInNote(visit)} ${earlier(visit, talk)} ${exchangeTemplate(visit, talk)}
    </div>`,
  }
}

function noRelease({ t }: Visit, { model, partners }: Talk): Html {
  return html`<div class="note warn">
    <p>${t('chat.noRelease', { base: partners.base })}</p>
    <p class="actions">
      <a href="${modelPath(model, '/proposals')}">${t('chat.seeProposals')}</a>
      <a href="${modelPath(model, '/runs')}">${t('chat.seeRuns')}</a>
    </p>
  </div>`
}

/** The controls belong to the form of the question, which stands below the conversation. */
function partnersOf({ t }: Visit, { model, partners, asked }: Talk): Html {
  const own = `${model.owner}/${model.name}`
  const option = (value: string, text: string, chosen: string): Html =>
    html`<option value="${value}" data-name="${partnerName(t, value)}" ${value === chosen && html` selected`}>${text}</option>`
  const options = (chosen: string): Content => [
    partners.versions.length > 0 &&
      html`<optgroup label="${own}">
        ${partners.versions.map((version, i) => option(`${own}@${version}`, i === 0 ? t('chat.newest', { version }) : version, chosen))}
      </optgroup>`,
    html`<optgroup label="${t('chat.theBase')}">${option(partners.base, partners.base, chosen)}</optgroup>`,
    partners.others.length > 0 &&
      html`<optgroup label="${t('chat.otherCommunities')}">
        ${partners.others.map((other) => option(`${other.model}@${other.version}`, `${other.model} ${other.version}`, chosen))}
      </optgroup>`,
  ]
  return html`<div class="partners">
    <div class="field">
      <label for="model">${t('chat.whoAnswers')}</label>
      <select id="model" name="model" form="talk">
        ${options(asked.model)}
      </select>
    </div>
    <div class="field">
      <label for="beside">${t('chat.beside')}</label>
      <select id="beside" name="beside" form="talk">
        ${option('', t('chat.nobodyBeside'), asked.beside)} ${options(asked.beside)}
      </select>
    </div>
    <label class="choice" for="likeliest">
      <input type="checkbox" id="likeliest" name="likeliest" value="on" form="talk" ${asked.likeliest && html` checked`} />
      <span>${t('chat.likeliest')}</span>
    </label>
  </div>`
}

function conversation(visit: Visit, talk: Talk): Html {
  const { t } = visit
  const { turns, answer, other } = talk
  const exchanges = exchangesOf(talk)
  const newest = turns.at(-1)
  return html`<h2 class="visually-hidden">${t('chat.conversation')}</h2>
    <ol class="conversation" id="conversation">
      ${exchanges.map(
        ({ question, reply }) =>
          html`<li class="exchange">
            <p class="who">${t('chat.youAsked')}</p>
            ${userText(question)}
            <div class="replies">
              <section class="answer" aria-label="${t('chat.earlierAnswer')}">${modelText(reply)}</section>
            </div>
          </li>`,
      )}
      ${
        newest &&
        answer &&
        html`<li class="exchange" id="newest">
          <p class="who">${t('chat.youAsked')}</p>
          ${userText(newest.content)}
          <div class="replies ${other ? 'halves' : 'one'}">
            ${answerPart(visit, talk, answer, 'first', { turns, newest: true })}
            ${other && answerPart(visit, talk, other, 'second', { turns, newest: true })}
          </div>
        </li>`
      }
    </ol>
    ${exchanges.length === 0 && !answer && beginning(visit, talk)}`
}

/** Earlier questions with their answers; the newest question stands by itself. */
function exchangesOf({ turns }: Talk): readonly { readonly question: string; readonly reply: string }[] {
  return turns
    .slice(0, -1)
    .flatMap((turn, i) => (turn.role === 'user' ? [{ question: turn.content, reply: turns[i + 1]?.content ?? '' }] : []))
}

function beginning({ t, locale }: Visit, { model, toTry, asked }: Talk): Html {
  return html`<div class="beginning" id="beginning">
    <p class="soft">${t('chat.begin')}</p>
    ${
      toTry.length > 0 &&
      html`<ul class="to-try" aria-label="${t('chat.toTry')}" data-locale="${locale.tag}">
        ${toTry.map(
          (question) =>
            html`<li>
              <a class="button" dir="auto" href="${talkPath(model, { question, model: asked.model, beside: asked.beside })}">${question}</a>
            </li>`,
        )}
      </ul>`
    }
  </div>`
}

function ask({ t, actor, url }: Visit, talk: Talk): Html {
  const { model, turns, answer, question } = talk
  const begun = turns.length > 0
  return html`<form
    method="post"
    action="${talkPath(model)}#newest"
    id="talk"
    class="ask"
    data-origin="${url.origin}"
    data-store="${actor === null ? 'no' : 'yes'}"
    data-tokens="${talkLimits.tokens}"
    data-answering="${t('chat.answering')}"
    data-answered="${t('chat.answered')}"
    data-failed="${t('chat.failed')}"
    data-rated-up="${t('chat.ratedUp')}"
    data-rated-down="${t('chat.ratedDown')}"
  >
    <input type="hidden" name="answer" value="${answer?.id ?? ''}" />
    <input type="hidden" name="history" value="${historyOf(talk)}" />
    <div class="field">
      <label for="question">${begun ? t('chat.nextQuestion') : t('chat.yourQuestion')}</label>
      <textarea
        id="question"
        name="question"
        rows="3"
        required
        maxlength="${talkLimits.question}"
        dir="auto"
        aria-describedby="question-hint"
      >
${question}</textarea>
      <p class="hint" id="question-hint">${actor === null ? t('chat.hintNobody') : t('chat.hintKept')}</p>
    </div>
    <div class="actions">
      <button class="primary" id="ask">${t('chat.ask')}</button>
      <button type="button" id="stop" hidden>${t('chat.stop')}</button>
      <a
        class="button quiet"
        id="start-over"
        ${!begun && html`hidden`}
        href="${talkPath(model, { model: talk.asked.model, beside: talk.asked.beside })}"
        >${t('chat.startOver')}</a
      >
      <span class="spinner soft" id="answering" hidden>${t('chat.answering')}</span>
    </div>
  </form>`
}

/** What is kept for nobody travels with the form. */
function historyOf({ turns, answer }: Talk): string {
  if (answer === null || answer.id !== null) return ''
  return JSON.stringify([...turns, { role: 'assistant', content: answer.text }])
}

function signInNote({ t, url }: Visit): Html {
  return html`<p class="note">
    ${t.rich('chat.signInToFix', {
      link: (inside) => html`<a href="${address('/sign-in', { back: `${url.pathname}${url.search}` })}">${inside}</a>`,
    })}
  </p>`
}

function earlier({ t, locale }: Visit, { model, earlier: answers }: Talk): Html | false {
  if (answers.length === 0) return false
  return html`<details class="earlier">
    <summary>${t('chat.earlier')}</summary>
    <ul class="rows">
      ${answers.map(
        (answer) =>
          html`<li>
            <p class="row-title">
              <a href="${talkPath(model, { answer: answer.id, model: answer.model })}"
                ><bdi>${excerpt(answer.turns.at(-1)?.content ?? '')}</bdi></a
              >
            </p>
            <p class="meta"><bdi>${partnerName(t, answer.model)}</bdi> · ${ago(locale, answer.createdAt)}</p>
          </li>`,
      )}
    </ul>
  </details>`
}

export function excerpt(text: string, most = 120): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > most ? `${line.slice(0, most).toWellFormed()}…` : line
}
