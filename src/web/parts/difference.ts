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

/**
 * Words and what stands between them, e.g. "दो", " ", "घंटे", "।". A word boundary inside a grapheme is passed over: there are some, e.g. after a character that
 * joins what follows it (U+0600), and in dictionaries of scripts without spaces.
 */
export function wordsOf(text: string, tag?: string | null): string[] {
  const locale = tag && Intl.Segmenter.supportedLocalesOf([tag]).length ? tag : 'und'
  const graphemes = new Set<number>()
  for (const { index } of new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(text)) graphemes.add(index)
  const words: string[] = []
  let start = 0
  for (const { index, segment } of new Intl.Segmenter(locale, { granularity: 'word' }).segment(text)) {
    const end = index + segment.length
    if (end < text.length && !graphemes.has(end)) continue
    words.push(text.slice(start, end))
    start = end
  }
  return words
}

export function differenceOf(before: string, after: string, tag?: string | null): readonly DifferencePart[] {
  const [old, fresh] = [wordsOf(before, tag), wordsOf(after, tag)]
  if (old.length + fresh.length > differenceLimits.words)
    return [
      { kind: 'removed', text: before },
      { kind: 'added', text: after },
    ]
  const parts = diffArrays(old, fresh).map(({ added, removed, value }): DifferencePart => ({
    kind: added ? 'added' : removed ? 'removed' : 'same',
    text: value.join(''),
  }))
  return readable(parts)
}

/** What was removed before what was added, and no change broken up by the spaces that happen to stand in both texts: people compare phrases, not words. */
function readable(parts: readonly DifferencePart[]): readonly DifferencePart[] {
  const runs: DifferencePart[] = []
  let [removed, added] = ['', '']
  const close = (): void => {
    if (removed) runs.push({ kind: 'removed', text: removed })
    if (added) runs.push({ kind: 'added', text: added })
    ;[removed, added] = ['', '']
  }
  for (const [i, { kind, text }] of parts.entries()) {
    if (kind === 'removed') removed += text
    else if (kind === 'added') added += text
    else if (removed && added && text.trim() === '' && !text.includes('\n') && i < parts.length - 1)
      [removed, added] = [removed + text, added + text]
    else {
      close()
      runs.push({ kind, text })
    }
  }
  close()
  return runs
}

/** `ins` and `del` inside one text: what a reviewer reads. */
export function difference(before: string, after: string, tag?: string | null): Html {
  const parts = differenceOf(before, after, tag).map(({ kind, text }) =>
    kind === 'same' ? text : kind === 'added' ? html`<ins>${text}</ins>` : html`<del>${text}</del>`,
  )
  return html`<div class="user-text" dir="auto" ${tag && html` lang="${tag}"`}>${parts}</div>`
}
