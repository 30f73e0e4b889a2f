/** A change whose content and provenance were read and found in order. */

import type { Digest } from '../../storage/blobs.ts'
import { textsOf, type Example, type ExampleContent } from './example.ts'

export interface PreparedExample {
  readonly digest: Digest
  readonly contentDigest: Digest
  readonly example: Example
  /** MinHash bands of its whole text; empty where only exact checks are to run. */
  readonly bands: readonly number[]
}

export type PreparedChange =
  | ({ readonly kind: 'add'; readonly row: number } & PreparedExample)
  | ({ readonly kind: 'replace'; readonly row: number; readonly target: Digest } & PreparedExample)
  | { readonly kind: 'remove'; readonly row: number; readonly target: Digest }

/** The example a change brings; null for a removal. */
export function comingOf(change: PreparedChange): (PreparedExample & { readonly row: number }) | null {
  return change.kind === 'remove' ? null : change
}

export function targetOf(change: PreparedChange): Digest | null {
  return change.kind === 'add' ? null : change.target
}

/** All its texts as one, for comparing with others. */
export function wholeText(content: ExampleContent): string {
  return textsOf(content).join('\n')
}
