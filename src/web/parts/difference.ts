/** What changed between two texts, by words of any script; never inside a grapheme, so no vowel sign is torn from its letter. */

import { diffArrays } from 'diff'
import { html, type Html } from '../markup.ts'

export const differenceLimits = {
  /** Words of both texts together; the work grows with their product. Longer texts are shown whole, old and new. */
  words: 4_000,
} as const

export interface DifferencePart {
  readonly kind: 'same' | 'added' | 'removed'
  readonly text: string
}

/** Words and what stands between them, e.g. "दो", " ", "घंटे", "।". Graphemes are never split: word boundaries are grapheme boundaries (UAX 29). */
export function wordsOf(text: string, tag?: string | null): string[] {
  const locale = tag && Intl.Segmenter.supportedLocalesOf([tag]).length ? tag : 'und'
  return Array.from(new Intl.Segmenter(locale, { granularity: 'word' }).segment(text), ({ segment }) => segment)
}

export function differenceOf(before: string, after: string, tag?: string | null): readonly DifferencePart[] {
  const [old, fresh] = [wordsOf(before, tag), wordsOf(after, tag)]
  if (old.length + fresh.length > differenceLimits.words)
    return [
      { kind: 'removed', text: before },
      { kind: 'added', text: after },
    ]
  return diffArrays(old, fresh).map(({ added, removed, value }) => ({
    kind: added ? 'added' : removed ? 'removed' : 'same',
    text: value.join(''),
  }))
}

/** `ins` and `del` inside one text: what a reviewer reads. */
export function difference(before: string, after: string, tag?: string | null): Html {
  const parts = differenceOf(before, after, tag).map(({ kind, text }) =>
    kind === 'same' ? text : kind === 'added' ? html`<ins>${text}</ins>` : html`<del>${text}</del>`,
  )
  return html`<div class="user-text" dir="auto" ${tag && html` lang="${tag}"`}>${parts}</div>`
}
