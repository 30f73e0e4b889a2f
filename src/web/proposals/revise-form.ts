/** A proposal of several changes as a form has it: each change by its place, what all of them share, and what comes new. */

import type { Change, OfferedChange, OfferedProvenance } from '../../domain/contributions/contribution.ts'
import { origins, type ExampleContent, type Provenance } from '../../domain/contributions/example.ts'
import { questionOf } from '../../domain/models/suite-samples.ts'
import { AppError } from '../../errors.ts'
import type { Typed } from '../form.ts'
import { piecesOf } from './change-part.ts'
import type { Shape } from './offer-form.ts'

export const reviseLimits = {
  /** Changes on one page of the form; what is typed on one travels with the others until all of it is sent. */
  shown: 40,
  /** New examples at once. */
  fresh: 20,
} as const

/** What may be said of every change at once, because it is usually the same and is what reviewers ask about. */
export const sharedFields = ['source', 'licence', 'language', 'origin', 'generator'] as const

/** One text of a change that can be edited: its name in the form and what stands there now. */
export interface EditableText {
  readonly name: string
  readonly role: 'system' | 'user' | 'assistant' | 'prompt' | 'completion' | 'text' | 'chosen' | 'rejected' | 'expected' | 'clause'
  readonly text: string
}

/** The texts of a change that the form edits; none of one that only takes something away. A dialogue that is asked stays as it is. */
export function textsOf(change: Change): readonly EditableText[] {
  const at = (part: string | number) => `row${change.position}-${part}`
  switch (change.kind) {
    case 'add':
    case 'replace':
      return piecesOf(change.example.content).map(({ role, text }, i) => ({ name: at(i), role, text }))
    case 'case': {
      const { sample, action } = change
      if (action === 'remove') return []
      const asked = 'prompt' in sample || sample.messages.length === 1
      return [
        ...(asked ? [{ name: at('question'), role: 'prompt' as const, text: questionOf(sample) }] : []),
        { name: at('expected'), role: 'expected', text: sample.expected },
      ]
    }
    case 'remove':
      return []
    case 'clause':
      return change.change.action === 'remove' ? [] : [{ name: at('clause'), role: 'clause', text: change.change.clause.text }]
    default:
      return change satisfies never
  }
}

/** The fields of a new example of a shape, by the names its texts have in the form. */
export function freshTexts(shape: Shape, i: number): readonly Omit<EditableText, 'text'>[] {
  const roles = (
    {
      dialogue: ['user', 'assistant'],
      pair: ['prompt', 'completion'],
      text: ['text'],
      preference: ['prompt', 'chosen', 'rejected'],
    } as const
  )[shape]
  return roles.map((role) => ({ name: `new${i}-${role}`, role }))
}

export function freshCount(typed: Typed): number {
  return Math.min(reviseLimits.fresh, Math.max(0, Math.trunc(Number(typed['fresh'])) || 0))
}

/** The shape of what comes new: that of the first example there is. */
export function shapeOfChanges(changes: readonly Change[], usual: Shape): Shape {
  const first = changes.find((change) => change.kind === 'add' || change.kind === 'replace')
  if (!first || !('example' in first)) return usual
  const { content } = first.example
  return 'messages' in content ? 'dialogue' : 'text' in content ? 'text' : 'chosen' in content ? 'preference' : 'pair'
}

const provenanceOf = (change: Change): Provenance | null =>
  change.kind === 'add' || change.kind === 'replace' ? change.example.provenance : change.kind === 'case' ? change.provenance : null

/** What every change says alike; what they differ in is ''. */
export async function sharedOf(changes: AsyncIterable<Change>): Promise<Typed> {
  let shared: Record<string, string> | null = null
  for await (const change of changes) {
    const own = provenanceOf(change)
    if (own === null) continue
    const said = Object.fromEntries(sharedFields.map((name) => [name, own[name] ?? '']))
    shared ??= said
    for (const name of sharedFields) if (shared[name] !== said[name]) shared[name] = ''
  }
  return shared ?? {}
}

/** Whether anything was typed about a change, on whatever page. */
const aboutChange = /^row(\d+)-/

/** What was typed about changes that are not shown, where it is other than what stands: it travels with the form from page to page. */
export async function carriedOf(changes: AsyncIterable<Change>, typed: Typed, shown: readonly Change[]): Promise<Typed> {
  const carried: Record<string, string> = {}
  if (!Object.keys(typed).some((name) => aboutChange.test(name))) return carried
  const here = new Set(shown.map(({ position }) => position))
  for await (const change of changes) {
    if (here.has(change.position)) continue
    const out = `row${change.position}-out`
    if (typed[out] === 'yes') carried[out] = 'yes'
    for (const { name, text } of textsOf(change)) if (typed[name] !== undefined && typed[name] !== text) carried[name] = typed[name]
  }
  return carried
}

/** How many changes that is. */
export function carriedCount(carried: Typed): number {
  return new Set(Object.keys(carried).map((name) => aboutChange.exec(name)?.[1])).size
}

/** Where the page begins that has a change, by its place: what to read after. */
export function pageWith(position: number): number {
  return Math.floor(Math.max(0, position - 1) / reviseLimits.shown) * reviseLimits.shown
}

export interface Revision {
  readonly changes: readonly OfferedChange[]
  /** Whether anything is other than it was. */
  readonly changed: boolean
}

/**
 * The next round: what the form changes of those it showed, everything else as it was, and what comes new.
 * @param before what all changes shared when the form was made: what was left as it stood there changes nothing
 */
export async function revisedFrom(changes: AsyncIterable<Change>, typed: Typed, before: Typed, shape: Shape): Promise<Revision> {
  const override: Record<string, string | null> = {}
  for (const name of sharedFields) {
    const [was, is] = [before[name] ?? '', (typed[name] ?? '').trim()]
    if (is !== was && is !== '') override[name] = is
  }
  // Another origin than a program's has no program.
  if ('origin' in override && override['origin'] !== 'generated') override['generator'] = null
  if (override['origin'] && !origins.some((known) => known === override['origin']))
    throw new AppError('invalid', 'Choose where it is from among those offered.')
  const revised: OfferedChange[] = []
  let changed = Object.keys(override).length > 0
  let last = 0
  for await (const change of changes) {
    last = change.position
    if (typed[`row${change.position}-out`] === 'yes') changed = true
    else {
      const edits = textsOf(change).flatMap(({ name, text }) => (typed[name] === undefined || typed[name] === text ? [] : [name]))
      changed ||= edits.length > 0
      revised.push(offered(change, typed, override))
    }
  }
  const fresh = Array.from({ length: freshCount(typed) }, (_, i) => freshFrom(typed, shape, i)).filter((it) => it !== null)
  revised.push(...fresh.map((content, i): OfferedChange => ({ kind: 'add', content, row: last + 1 + i })))
  return { changes: revised, changed: changed || fresh.length > 0 }
}

function freshFrom(typed: Typed, shape: Shape, i: number): unknown {
  const texts = freshTexts(shape, i).map(({ name, role }) => ({ role, content: typed[name] ?? '' }))
  if (texts.every(({ content }) => content.trim() === '')) return null
  return shape === 'dialogue' ? { messages: texts } : Object.fromEntries(texts.map(({ role, content }) => [role, content]))
}

function offered(change: Change, typed: Typed, override: OfferedProvenance): OfferedChange {
  const { position: row } = change
  const texts = textsOf(change).map(({ name, text }) => typed[name] ?? text)
  switch (change.kind) {
    case 'add':
      return {
        kind: 'add',
        row,
        content: contentOf(change.example.content, texts),
        provenance: { ...change.example.provenance, ...override },
      }
    case 'replace': {
      const { target, example } = change
      return {
        kind: 'replace',
        row,
        target,
        content: contentOf(example.content, texts),
        provenance: { ...example.provenance, ...override },
      }
    }
    case 'remove':
      return { kind: 'remove', row, target: change.target }
    case 'case': {
      const { action, suite, sample, provenance } = change
      if (action === 'remove') return { kind: 'case', row, action, suite, sample }
      const [expected, question] = [texts.at(-1) ?? sample.expected, texts.length > 1 ? texts[0] : undefined]
      const asked =
        question === undefined
          ? {}
          : 'prompt' in sample
            ? { prompt: question }
            : { messages: [{ ...sample.messages[0], content: question }] }
      return { kind: 'case', row, action, suite, sample: { ...sample, ...asked, expected }, provenance: { ...provenance, ...override } }
    }
    case 'clause':
      return { kind: 'clause', row, change: clauseOf(change.change, texts[0]) }
    default:
      return change satisfies never
  }
}

function contentOf(content: ExampleContent, texts: readonly string[]): unknown {
  if ('messages' in content) return { messages: content.messages.map((turn, i) => ({ ...turn, content: texts[i] ?? turn.content })) }
  return Object.fromEntries(piecesOf(content).map(({ role, text }, i) => [role, texts[i] ?? text]))
}

/** A change of the charter as `parseClauseChange` reads it. */
export function clauseOf(change: Extract<Change, { kind: 'clause' }>['change'], text?: string): unknown {
  if (change.action === 'remove') return { action: 'remove', number: change.number }
  const { action, clause, after } = change
  return { action, ...(action === 'replace' && { number: change.number }), ...clause, ...(text !== undefined && { text }), after }
}
