/** Recent changes, of one community or of all. */

import type { CommunityModel } from '../../domain/models/community-model.ts'
import { changeKinds, type ChangeKind, type RecentChange, type RecentChanges } from '../../domain/releases/recent-changes.ts'
import type { AppError } from '../../errors.ts'
import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, field, pager, person as personLink, type Tone } from '../parts/basics.ts'
import { ago } from '../parts/time.ts'
import { firstLine } from '../proposals/words.ts'
import type { Visit } from '../visit.ts'

export interface ChangesData {
  /** null: all communities. */
  readonly model: CommunityModel | null
  readonly kind: ChangeKind | null
  readonly person: string | null
  /** null: the question was refused. */
  readonly found: RecentChanges | null
  readonly refused: AppError | null
}

export function changesPage(visit: Visit, { model, kind, person, found, refused }: ChangesData): Page {
  const { t } = visit
  const path = model === null ? '/changes' : modelPath(model, '/changes')
  return {
    title: model === null ? t('changes.title') : t('changes.titleOf', { community: `${model.owner}/${model.name}` }),
    ...(model && {
      community: { model, section: 'overview' as const },
      feed: `/feeds/${encodeURIComponent(model.owner)}/${encodeURIComponent(model.name)}.atom`,
    }),
    json: address(`/api${path}`, { kinds: kind, person }),
    refused,
    main: html`<form class="filters" action="${path}">
        ${field({
          name: 'kind',
          label: t('changes.kind'),
          control: (attributes) =>
            html`<select ${attributes}>
              <option value="">${t('changes.everything')}</option>
              ${changeKinds.map((it) => html`<option value="${it}" ${it === kind && html` selected`}>${t(`changes.kind_${it}`)}</option>`)}
            </select>`,
        })}
        ${field({
          name: 'person',
          label: t('changes.person'),
          control: (attributes) => html`<input ${attributes} value="${person ?? ''}" autocapitalize="none" autocomplete="off" />`,
        })}
        <p class="actions"><button>${t('changes.show')}</button></p>
      </form>
      ${found && (found.changes.length === 0 ? empty(t(kind || person ? 'changes.noneSuch' : 'changes.none')) : rows(visit, found.changes, model === null))}
      ${pager(t, { older: found === null || found.next === null ? null : address(path, { kind, person, after: found.next }) })}`,
  }
}

function rows(visit: Visit, changes: readonly RecentChange[], named: boolean): Html {
  return html`<ul class="rows">
    ${changes.map((change) => row(visit, change, named))}
  </ul>`
}

const tones: Readonly<Record<string, Tone>> = { accepted: 'good', published: 'good', rejected: 'bad', retracted: 'bad' }

function row({ t, locale }: Visit, change: RecentChange, named: boolean): Html {
  const { kind, at, model, person, outcome } = change
  const word = outcome === null || kind === 'role' ? t(`changes.kind_${kind}`) : t(`changes.outcome_${outcomeOf(outcome)}`)
  return html`<li>
    <p class="row-title">${subject(t, change)}</p>
    <p class="meta">
      ${badge(word, tones[outcome ?? ''] ?? (kind === 'release' ? 'accent' : 'plain'))}
      ${named && html`<a href="${modelPath(model)}"><bdi dir="ltr">${model}</bdi></a> ·`} ${personLink(t, person)} · ${ago(locale, at)}
    </p>
  </li>`
}

function outcomeOf(outcome: string): 'accepted' | 'rejected' | 'withdrawn' | 'published' | 'retracted' | 'retired' | 'takenUp' {
  if (outcome === 'taken-up') return 'takenUp'
  return outcome === 'retired' || outcome === 'accepted' || outcome === 'rejected' || outcome === 'published' || outcome === 'retracted'
    ? outcome
    : 'withdrawn'
}

function subject(t: Visit['t'], { kind, model, contribution, subject, outcome }: RecentChange): Content {
  switch (kind) {
    case 'release':
      return html`<a href="${modelPath(model, `/releases/${subject}`)}">${t('changes.release', { version: subject })}</a>`
    case 'suite':
      return html`<a href="${modelPath(model, `/suites/${encodeURIComponent(subject)}`)}">${t('changes.suite', { name: subject })}</a>`
    case 'role':
      return html`<a href="${modelPath(model, '/members')}"
        >${t('changes.role', { name: subject, role: t(`changes.role_${roleOf(outcome)}`) })}</a
      >`
    case 'charter':
      return contribution === null
        ? html`<a href="${modelPath(model, '/charter')}">${t('changes.kind_charter')}</a>`
        : html`<a href="/contributions/${contribution}" dir="auto">${firstLine(subject)}</a>`
    default:
      return html`<a href="/contributions/${contribution}" dir="auto">${firstLine(subject)}</a>`
  }
}

function roleOf(role: string | null): 'contributor' | 'reviewer' | 'maintainer' | 'none' {
  return role === 'contributor' || role === 'reviewer' || role === 'maintainer' ? role : 'none'
}
