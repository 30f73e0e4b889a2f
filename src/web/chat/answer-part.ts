/** An answer as the talk page shows it: who said it, what, and what can be done about it. The same markup is the template that the browser module fills. */

import type { FeedbackTurn } from '../../domain/feedback/feedback.ts'
import { curlFor } from '../browser/curl.ts'
import { address, html, type Html } from '../markup.ts'
import { badge, modelText } from '../parts/basics.ts'
import type { Visit } from '../visit.ts'
import { partnerName, talkPath, type ShownAnswer, type Talk } from './talk.ts'

/** @param slot says apart the parts of several answers on one page */
export function answerPart(
  visit: Visit,
  talk: Talk,
  answer: ShownAnswer,
  slot: 'first' | 'second',
  said: { readonly turns: readonly FeedbackTurn[]; readonly newest: boolean },
): Html {
  const { t, url } = visit
  const curl = curlFor({ origin: url.origin, model: answer.model, turns: said.turns, temperature: talk.asked.likeliest ? 0 : null })
  return html`<section class="answer" aria-label="${t('chat.answerOf', { name: partnerName(t, answer.model) })}">
    <p class="who"><bdi>${partnerName(t, answer.model)}</bdi> ${answer.reason === 'length' && badge(t('chat.cutOff'), 'warn')}</p>
    ${answer.text === '' ? html`<p class="soft">${t('chat.saidNothing')}</p>` : modelText(answer.text)}
    ${said.newest && actionsOf(visit, talk, answer, slot)}
    <details class="as-command">
      <summary>${t('chat.asCommand')}</summary>
      <pre id="curl-${slot}" tabindex="0">${curl}</pre>
      <button type="button" class="quiet" hidden data-copy="curl-${slot}" data-done="${t('common.copied')}">${t('common.copy')}</button>
    </details>
  </section>`
}

function actionsOf({ t, actor }: Visit, talk: Talk, { id, model, rating }: ShownAnswer, slot: 'first' | 'second'): Html | false {
  if (actor === null || id === null) return false
  const { owner, name } = talk.model
  const at = `/answers/${encodeURIComponent(id)}`
  const forModel = model.includes('/') ? null : `${owner}/${name}`
  return html`<div class="actions">
    <form method="post" action="${at}/rating" class="rating">
      <input type="hidden" name="for" value="${forModel ?? ''}" />
      <input type="hidden" name="back" value="${talkPath(talk.model, backTo(talk))}" />
      <button name="rating" value="up" aria-pressed="${rating === 'up' ? 'true' : 'false'}">${t('chat.good')}</button>
      <button name="rating" value="down" aria-pressed="${rating === 'down' ? 'true' : 'false'}">${t('chat.bad')}</button>
    </form>
    <a class="button fix" href="${address(`${at}/fix`, { for: forModel })}">${t('chat.fix')}</a>
    ${
      slot === 'second' &&
      html`<a class="button quiet go-on" href="${talkPath(talk.model, { answer: id, model, beside: talk.asked.model })}"
        >${t('chat.goOnWith')}</a
      >`
    }
  </div>`
}

function backTo({ asked, answer, other }: Talk) {
  return {
    answer: answer?.id ?? null,
    other: other?.id ?? null,
    model: asked.model,
    beside: asked.beside,
    varied: asked.likeliest ? null : '1',
  }
}

/** What the browser module clones for a question asked without leaving the page. It fills in texts and addresses. */
export function exchangeTemplate({ t, actor }: Visit, talk: Talk): Html {
  const { owner, name } = talk.model
  return html`<template id="exchange-template"
      ><li class="exchange">
        <p class="who">${t('chat.youAsked')}</p>
        <div class="user-text question-text" dir="auto"></div>
        <div class="replies"></div></li
    ></template>
    <template id="answer-template"
      ><section class="answer">
        <p class="who">
          <bdi></bdi> <span class="badge warn cut-off" hidden>${t('chat.cutOff')}</span>
          <span class="badge stopped" hidden>${t('chat.stopped')}</span>
        </p>
        <div class="model-text" dir="auto" aria-busy="true"></div>
        <p class="soft nothing" hidden>${t('chat.saidNothing')}</p>
        <p class="refusal" role="alert" hidden></p>
        ${
          actor !== null &&
          html`<div class="actions" hidden>
            <form method="post" action="/answers/ID/rating" class="rating">
              <input type="hidden" name="for" value="" data-for="${owner}/${name}" />
              <button name="rating" value="up" aria-pressed="false">${t('chat.good')}</button>
              <button name="rating" value="down" aria-pressed="false">${t('chat.bad')}</button>
            </form>
            <a class="button fix" href="/answers/ID/fix">${t('chat.fix')}</a>
            <a class="button quiet go-on" href="${talkPath(talk.model)}" hidden>${t('chat.goOnWith')}</a>
          </div>`
        }
        <details class="as-command" hidden>
          <summary>${t('chat.asCommand')}</summary>
          <pre tabindex="0"></pre>
          <button type="button" class="quiet" data-done="${t('common.copied')}">${t('common.copy')}</button>
        </details>
      </section></template
    >`
}
