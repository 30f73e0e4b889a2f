/** One example: what it says, who brought it and let it in, what happened to it, other answers to its question, releases that have it. */

import type { CompetingAnswer, ExampleEvent, ExamplePage } from '../../domain/datasets/example-page.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { ReleaseWithExample } from '../../domain/releases/releases-with-example.ts'
import type { AppError } from '../../errors.ts'
import { html, joined, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, field, person, shortDigest, userText } from '../parts/basics.ts'
import { confirmation } from '../parts/confirm.ts'
import { languageName } from '../parts/languages.ts'
import { ago } from '../parts/time.ts'
import { exampleDifference, piecesOf } from '../proposals/change-part.ts'
import { dots, firstLine, stateBadge } from '../proposals/words.ts'
import type { Visit } from '../visit.ts'
import { originWord } from './search-page.ts'

export interface OneExampleData {
  readonly model: CommunityModel
  readonly example: ExamplePage
  /** What it came for. */
  readonly replaced: ExamplePage | null
  readonly releases: readonly ReleaseWithExample[]
  readonly refused: AppError | null
  /** Typed into the form for taking it back. */
  readonly message: string
}

export function oneExamplePage(visit: Visit, { model, example, replaced, releases, refused, message }: OneExampleData): Page {
  const { t, actor, locale } = visit
  const { digest, content, provenance, standing, blame } = example
  const hex = digest.slice('sha256:'.length)
  const path = modelPath(model, `/examples/${hex}`)
  return {
    title: t('examples.oneTitle', { digest: hex.slice(0, 12) }),
    heading: html`${t('examples.example')} ${shortDigest(digest)}
    ${standing ? badge(t('examples.standing'), 'good') : badge(t('examples.notStanding'), 'warn')}`,
    community: { model, section: 'examples' },
    json: `/api${path}`,
    refused,
    main: html`<div class="card">
        ${piecesOf(content).map(
          ({ role, text }) =>
            html`<div class="piece">
              <p class="meta">${t(`examples.role_${role}`)}</p>
              ${userText(text, provenance.language)}
            </div>`,
        )}
        <p class="meta">
          ${dots(
            languageName(locale, provenance.language),
            html`<bdi>${provenance.licence}</bdi>`,
            originWord(visit, provenance.origin),
            provenance.generator && html`<bdi>${provenance.generator}</bdi>`,
            html`<bdi>${provenance.source}</bdi>`,
          )}
        </p>
      </div>
      ${
        standing &&
        actor &&
        html`<div class="actions">
          <a class="button" href="${modelPath(model, `/propose?replace=${hex}`)}">${t('examples.correct')}</a>
          ${confirmation({
            label: t('examples.revert'),
            sentence: t(replaced ? 'examples.revertBack' : 'examples.revertAway'),
            action: `${path}/revert`,
            tone: 'danger',
            open: refused !== null,
            fields: field({
              name: 'message',
              label: t('examples.why'),
              control: (attributes) => html`<textarea ${attributes} required maxlength="2000" dir="auto">${message}</textarea>`,
            }),
          })}
        </div>`
      }
      <h2>${t('examples.blame')}</h2>
      ${
        blame
          ? html`<p>
                ${t.rich('examples.broughtBy', { who: () => person(t, blame.author), link: (inside) => html`<a href="/contributions/${blame.contributionId}">${inside}</a>`, id: blame.contributionId, revision: blame.revision ?? 0 })}
              </p>
              ${userText(firstLine(blame.message))}
              <ul>
                ${blame.reviews.map((it) => html`<li>${person(t, it.reviewer)}: ${t(`examples.decision_${decisionOf(it.decision)}`)} ${it.message && html`— <bdi>${it.message}</bdi>`}</li>`)}
              </ul>`
          : empty(t('examples.notAccepted'))
      }
      ${
        replaced &&
        html`<h2>${t('examples.replacedWhat')}</h2>
          ${exampleDifference(t, replaced, example)}`
      }
      <h2>${t('examples.releases')}</h2>
      ${
        releases.length === 0
          ? empty(t('examples.noRelease'))
          : html`<p>
              ${joined(
                releases.map(
                  (it) =>
                    html`<a href="${modelPath(model, `/releases/${it.version}`)}">${it.version}</a
                      >${it.state === 'retracted' && html` (${t('examples.retracted')})`}`,
                ),
                ', ',
              )}
            </p>`
      }
      <h2>${t('examples.history')}</h2>
      <ul class="rows">
        ${example.history.map((event) => eventRow(visit, model, event))}
      </ul>
      ${
        example.competing.length > 0 &&
        html`<h2>${t('examples.competing')}</h2>
          <ul class="rows">
            ${example.competing.map((answer) => answerRow(visit, model, answer, provenance.language))}
          </ul>`
      }`,
  }
}

function decisionOf(text: string): 'accept' | 'reject' | 'request-changes' {
  return text === 'accept' || text === 'reject' ? text : 'request-changes'
}

const exampleLink = (model: CommunityModel, digest: string): Html =>
  html`<a href="${modelPath(model, `/examples/${digest.slice('sha256:'.length)}`)}">${shortDigest(digest)}</a>`

function eventRow(
  { t, locale }: Visit,
  model: CommunityModel,
  { contribution, state, author, message, kind, other, at }: ExampleEvent,
): Html {
  return html`<li>
    <p class="row-title"><a href="/contributions/${contribution}" dir="auto">${firstLine(message)}</a></p>
    <p class="meta">
      ${stateBadge(t, state)} ${t(`examples.event_${kind}`)} ${other && exampleLink(model, other)} · ${person(t, author)} ·
      ${ago(locale, at)}
    </p>
  </li>`
}

function answerRow(
  { t }: Visit,
  model: CommunityModel,
  { digest, answer, contribution, state, author, standing }: CompetingAnswer,
  language: string,
): Html {
  const word: Content = standing ? badge(t('examples.taught'), 'good') : stateBadge(t, state)
  return html`<li>
    ${userText(answer, language)}
    <p class="meta">
      ${word} ${digest && exampleLink(model, digest)} · ${person(t, author)} ·
      <a href="/contributions/${contribution}">${t('examples.contribution', { id: contribution })}</a>
    </p>
  </li>`
}
