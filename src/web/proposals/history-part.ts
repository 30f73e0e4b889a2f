/** What happened to a proposal: its rounds, what reviewers said of each, and what came of it. */

import { html, modelPath, type Content, type Html } from '../markup.ts'
import { person } from '../parts/basics.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import type { Proposal } from './read-proposal.ts'

interface Event {
  readonly at: Date
  readonly what: Content
  readonly said?: string
}

export function historyPart(visit: Visit, { contribution, rounds, reviews, patrol, revision, reverts }: Proposal): Html {
  const { t, locale } = visit
  const { id, author, model, state, decidedAt } = contribution
  const named = (name: string) => ({ by: () => person(t, name) })
  const events: Event[] = [
    ...rounds.map(({ round, createdAt, message }): Event => ({
      at: createdAt,
      what: html`${t.rich(round === 1 ? 'proposals.proposed' : 'proposals.revised', { ...named(author), round: String(round) })}
      ${round > 1 && html` <a href="/contributions/${id}/rounds/${round}">${t('proposals.whatChanged')}</a>`}`,
      ...(round > 1 && { said: message }),
    })),
    ...reviews.map(({ reviewer, decision, message, createdAt, round }): Event => ({
      at: createdAt,
      what: html`${t.rich(`proposals.did_${decision}`, named(reviewer))}
      ${rounds.length > 1 && html`<span class="soft">${t('proposals.inRound', { round: String(round) })}</span>`}`,
      said: message,
    })),
    ...(state === 'withdrawn' && decidedAt ? [{ at: decidedAt, what: t.rich('proposals.didWithdraw', named(author)) }] : []),
    ...(state === 'accepted' && decidedAt
      ? [
          {
            at: new Date(decidedAt.getTime() + 1),
            what: patrol
              ? t('proposals.acceptedAtOnce')
              : revision === null
                ? t('proposals.isAccepted')
                : html`${t('proposals.isInRevision', { number: String(revision) })}
                    <a href="${modelPath(model, '/examples')}">${t('proposals.toExamples')}</a>`,
          },
        ]
      : []),
    ...(patrol?.patroller && patrol.decidedAt
      ? [
          {
            at: patrol.decidedAt,
            what: t.rich(patrol.state === 'seen' ? 'proposals.didSee' : 'proposals.didRevert', named(patrol.patroller)),
            said: patrol.remark ?? '',
          },
        ]
      : []),
  ].toSorted((a, b) => a.at.getTime() - b.at.getTime())
  return html`<section aria-labelledby="history-title">
    <h2 id="history-title">${t('proposals.history')}</h2>
    <ol class="timeline">
      ${events.map(
        ({ at, what, said }) =>
          html`<li>
            <div>${what} <span class="soft small">${ago(locale, at)}</span></div>
            ${said && html`<blockquote dir="auto">${said}</blockquote>`}
          </li>`,
      )}
      ${reverts.map(
        (one) =>
          html`<li>
            <div>
              ${t.rich('proposals.revertedBy', {
                link: (inside) => html`<a href="/contributions/${one.id}">${inside}</a>`,
                id: String(one.id),
                by: () => person(t, one.author),
              })}
              <span class="soft">(${t(`proposals.state_${one.state}`)})</span>
            </div>
          </li>`,
      )}
    </ol>
  </section>`
}
