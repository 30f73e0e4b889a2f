/** A change whose content and provenance were read and found in order. */

import type { Digest } from '../../storage/blobs.ts'
import type { ClauseChange } from '../models/charter.ts'
import { questionKey } from '../models/question-key.ts'
import type { ExactSample } from '../models/suite.ts'
import type { CaseBody } from './contribution.ts'
import { askedAndAnswered, textsOf, type Example, type ExampleContent } from './example.ts'

export interface PreparedExample {
  readonly digest: Digest
  readonly contentDigest: Digest
  readonly example: Example
  /** MinHash bands of its whole text; empty where only exact checks are to run. */
  readonly bands: readonly number[]
}

export type PreparedCase = { readonly kind: 'case'; readonly row: number } & CaseBody
export type PreparedClause = { readonly kind: 'clause'; readonly row: number; readonly change: ClauseChange }

export type PreparedChange =
  | ({ readonly kind: 'add'; readonly row: number } & PreparedExample)
  | ({ readonly kind: 'replace'; readonly row: number; readonly target: Digest } & PreparedExample)
  | { readonly kind: 'remove'; readonly row: number; readonly target: Digest }
  | PreparedCase
  | PreparedClause

/** The example a change brings; null for anything else. */
export function comingOf(change: PreparedChange): (PreparedExample & { readonly row: number }) | null {
  return change.kind === 'add' || change.kind === 'replace' ? change : null
}

export function targetOf(change: PreparedChange): Digest | null {
  return change.kind === 'replace' || change.kind === 'remove' ? change.target : null
}

export function casesAmong(changes: readonly PreparedChange[]): readonly PreparedCase[] {
  return changes.filter((change) => change.kind === 'case')
}

export function clausesAmong(changes: readonly PreparedChange[]): readonly PreparedClause[] {
  return changes.filter((change) => change.kind === 'clause')
}

/** Key of the question that the change answers; null where it answers none. */
export function questionKeyOf(change: PreparedChange): string | null {
  if (change.kind === 'case') return change.action === 'add' ? questionKey(change.sample) : null
  const coming = comingOf(change)
  const said = coming && askedAndAnswered(coming.example.content)
  return said && questionKey(said.asked)
}

/** A case as the example it would be. */
export function contentOfCase(sample: ExactSample): ExampleContent {
  return 'prompt' in sample
    ? { prompt: sample.prompt, completion: sample.expected }
    : { messages: [...sample.messages, { role: 'assistant', content: sample.expected }] }
}

/** All its texts as one, for comparing with others. */
export function wholeText(content: ExampleContent): string {
  return textsOf(content).join('\n')
}
