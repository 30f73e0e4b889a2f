/** One change of a proposal as a reviewer reads it: what comes, what goes, and word by word what becomes of what. */

import type { Change } from '../../domain/contributions/contribution.ts'
import type { Example, ExampleContent, Provenance } from '../../domain/contributions/example.ts'
import { describeRules } from '../../domain/models/answer-rules.ts'
import type { ClauseChange, ClauseText } from '../../domain/models/charter.ts'
import { questionOf } from '../../domain/models/suite-samples.ts'
import { html, modelPath, type Content, type Html } from '../markup.ts'
import type { MessageKey, Translate } from '../messages.ts'
import { badge, shortDigest, userText, type Tone } from '../parts/basics.ts'
import { difference } from '../parts/difference.ts'
import { languageName } from '../parts/languages.ts'

/** One text of an example with the part it plays. */
export interface Piece {
  readonly role: 'system' | 'user' | 'assistant' | 'prompt' | 'completion' | 'text' | 'chosen' | 'rejected'
  readonly text: string
}

export function piecesOf(content: ExampleContent): readonly Piece[] {
  if ('messages' in content) return content.messages.map(({ role, content: text }) => ({ role, text }))
  if ('text' in content) return [{ role: 'text', text: content.text }]
  if ('completion' in content)
    return [
      { role: 'prompt', text: content.prompt },
      { role: 'completion', text: content.completion },
    ]
  return [
    { role: 'prompt', text: content.prompt },
    { role: 'chosen', text: content.chosen },
    { role: 'rejected', text: content.rejected },
  ]
}

const kinds = {
  add: ['proposals.kindAdd', 'good'],
  replace: ['proposals.kindReplace', 'accent'],
  remove: ['proposals.kindRemove', 'bad'],
  case: ['proposals.kindCase', 'plain'],
  clause: ['proposals.kindClause', 'plain'],
} as const satisfies Record<Change['kind'], readonly [MessageKey, Tone]>

/** @param shared where all of the page are from; only what differs from it is said of each */
export function changePart(t: Translate, model: string, change: Change, shared: Provenance | null): Html {
  const [word, tone] = kinds[change.kind]
  const { position } = change
  return html`<article class="change ${change.kind}" id="change-${position}" aria-labelledby="change-${position}-is">
    <header id="change-${position}-is">
      ${badge(t(word), tone)} <a class="soft" href="#change-${position}">${position}</a> ${exampleLinks(t, model, change)}
    </header>
    ${bodyOf(t, change)} ${provenanceLine(t, change, shared)}
  </article>`
}

function exampleLinks(t: Translate, model: string, change: Change): Content {
  const link = (digest: string, key: MessageKey) =>
    html`<a class="small" href="${modelPath(model, `/examples/${digest.replace('sha256:', '')}`)}">${t(key)} ${shortDigest(digest)}</a>`
  if (change.kind === 'add') return link(change.digest, 'proposals.example')
  if (change.kind === 'remove') return link(change.target, 'proposals.example')
  if (change.kind === 'replace')
    return html`${link(change.target, 'proposals.exampleBefore')} ${link(change.digest, 'proposals.exampleAfter')}`
  return null
}

/** What it says, without the frame around it. */
export function bodyOf(t: Translate, change: Change): Content {
  switch (change.kind) {
    case 'add':
      return exampleText(t, change.example)
    case 'remove':
      return html`<div class="gone-text">${exampleText(t, change.targetExample)}</div>`
    case 'replace':
      return exampleDifference(t, change.targetExample, change.example)
    case 'case': {
      const { sample, suite, action } = change
      return html`<p class="meta">${t(action === 'add' ? 'proposals.caseAdds' : 'proposals.caseRemoves', { suite })}</p>
        ${piece(t, 'prompt', userText(questionOf(sample), sample.language))}
        ${piece(t, 'expected', userText(sample.expected, sample.language))}`
    }
    case 'clause':
      return clauseBody(t, change.change)
    default:
      return change satisfies never
  }
}

function exampleText(t: Translate, { content, provenance }: Example): Content {
  return piecesOf(content).map(({ role, text }) => piece(t, role, userText(text, provenance.language)))
}

/** Text by text where both have the same parts in the same order; else the old and the new as wholes. */
export function exampleDifference(t: Translate, before: Example, after: Example): Content {
  const [old, fresh] = [piecesOf(before.content), piecesOf(after.content)]
  const tag = after.provenance.language
  if (old.length !== fresh.length || old.some(({ role }, i) => role !== fresh[i]?.role))
    return html`<div class="halves">
      <div class="gone-text">${exampleText(t, before)}</div>
      <div>${exampleText(t, after)}</div>
    </div>`
  return html`${fresh.map(({ role, text }, i) => {
    const was = old[i]?.text ?? ''
    return piece(t, role, was === text ? userText(text, tag) : difference(was, text, tag))
  })}
  ${provenanceDifference(t, before.provenance, after.provenance)}`
}

function provenanceDifference(t: Translate, before: Provenance, after: Provenance): Content {
  const fields = ['origin', 'generator', 'source', 'licence', 'language'] as const
  const changed = fields.filter((field) => before[field] !== after[field])
  if (changed.length === 0) return null
  return html`<ul class="small">
    ${changed.map(
      (field) =>
        html`<li>
          ${t(`proposals.${field}`)}: <del>${shownValue(t, field, before[field])}</del> <ins>${shownValue(t, field, after[field])}</ins>
        </li>`,
    )}
  </ul>`
}

function shownValue(t: Translate, field: keyof Provenance, value: string | null): string {
  if (value === null) return t('common.none')
  if (field === 'origin') return t(`proposals.origin_${value as Provenance['origin']}`)
  return field === 'language' ? languageName(t.locale, value) : value
}

function piece(t: Translate, role: Piece['role'] | 'expected', text: Html): Html {
  return html`<div class="piece">
    <span class="piece-role">${t(`proposals.role_${role}`)}</span>
    ${text}
  </div>`
}

function clauseBody(t: Translate, change: ClauseChange): Content {
  if (change.action === 'add')
    return html`<p class="meta">${t('proposals.clauseAdds')}</p>
      ${clauseText(t, change.clause)}`
  const number = String(change.number)
  if (change.action === 'remove')
    return html`<p class="meta">${t('proposals.clauseRemoves', { number })}</p>
      <div class="gone-text">${clauseText(t, change.was)}</div>`
  return html`<p class="meta">${t('proposals.clauseReplaces', { number })}</p>
    ${clauseDifference(t, change.was, change.clause)}`
}

export function clauseDifference(t: Translate, was: ClauseText, is: ClauseText): Html {
  const rows = [...new Set([...was.cases, ...is.cases].map((one) => caseLine(one)))]
  const [old, fresh] = [was.cases, is.cases].map((cases) => new Set(cases.map(caseLine)))
  return html`${was.text === is.text ? userText(is.text) : difference(was.text, is.text)}
  ${was.blocks !== is.blocks && html`<p class="small"><del>${t(`charter.blocks_${was.blocks}`)}</del> <ins>${t(`charter.blocks_${is.blocks}`)}</ins></p>`}
  ${was.tolerance !== is.tolerance && html`<p class="small">${t('charter.tolerance')}: <del>${percentOf(was.tolerance)}</del> <ins>${percentOf(is.tolerance)}</ins></p>`}
  ${
    rows.length > 0 &&
    html`<ul class="cases small">
      ${rows.map((row) => html`<li><bdi>${old?.has(row) ? (fresh?.has(row) ? row : html`<del>${row}</del>`) : html`<ins>${row}</ins>`}</bdi></li>`)}
    </ul>`
  }`
}

const percentOf = (share: number) => `${Math.round(share * 100)} %`

/** A case in a line, its rules in the domain's English. */
export function caseLine(one: ClauseText['cases'][number]): string {
  return `${questionOf(one)} → ${describeRules(one.expect)}`
}

function clauseText(t: Translate, { text, blocks, cases }: ClauseText): Content {
  return html`${userText(text)}
    <p class="meta">${t(`charter.blocks_${blocks}`)}</p>
    ${
      cases.length > 0 &&
      html`<ul class="cases small">
        ${cases.map((one) => html`<li><bdi>${caseLine(one)}</bdi></li>`)}
      </ul>`
    }`
}

/** Where a page of changes is from, where all are from the same; null where they differ or bring nothing. */
export function sharedProvenance(changes: readonly Change[]): Provenance | null {
  const all = changes.flatMap((change) => provenanceOf(change) ?? [])
  const [first] = all
  return first && all.every((one) => JSON.stringify(one) === JSON.stringify(first)) ? first : null
}

function provenanceOf(change: Change): Provenance | null {
  if (change.kind === 'add' || change.kind === 'replace') return change.example.provenance
  return change.kind === 'case' ? change.provenance : null
}

function provenanceLine(t: Translate, change: Change, shared: Provenance | null): Content {
  const own = provenanceOf(change)
  if (own === null || shared !== null) return null
  const { origin, generator, source, licence, language } = own
  return html`<p class="meta">
    ${t(`proposals.origin_${origin}`)}${generator && html` (<bdi>${generator}</bdi>)`} · <bdi>${source}</bdi> · <bdi>${licence}</bdi> ·
    ${languageName(t.locale, language)}
  </p>`
}
