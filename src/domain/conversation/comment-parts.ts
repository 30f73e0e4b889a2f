/** A comment taken apart for reading: text, code, the people it names and the addresses it gives. */

import type { Db } from '../../storage/database.ts'
import { codePattern, mentionPattern, namesMeant } from './comment-text.ts'

export type CommentPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  /** `names`: whom it may mean, the likeliest first. */
  | { readonly kind: 'mention'; readonly text: string; readonly names: readonly string[] }
  /** An http or https address. */
  | { readonly kind: 'link'; readonly text: string }

/** What ends a sentence does not belong to the address before it. */
const linkPattern = /https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]}।॥۔،]/gu

/** The parts, in order; together they are the text. */
export function partsOfComment(text: string): readonly CommentPart[] {
  return split(text, codePattern, (code): CommentPart[] => [{ kind: 'code', text: code }]).flatMap((part) =>
    part.kind === 'text'
      ? split(part.text, linkPattern, (link): CommentPart[] => [{ kind: 'link', text: link }]).flatMap((inner) =>
          inner.kind === 'text' ? split(inner.text, mentionPattern, mentioned) : [inner],
        )
      : [part],
  )
}

function mentioned(text: string): CommentPart[] {
  const tail = /[._-]*$/u.exec(text)?.[0] ?? ''
  const name = text.slice(0, text.length - tail.length)
  const rest: CommentPart[] = tail === '' ? [] : [{ kind: 'text', text: tail }]
  return [{ kind: 'mention', text: name, names: namesMeant(name.slice(1)) }, ...rest]
}

function split(text: string, pattern: RegExp, make: (found: string) => CommentPart[]): CommentPart[] {
  const parts: CommentPart[] = []
  let end = 0
  for (const found of text.matchAll(pattern)) {
    if (found.index > end) parts.push({ kind: 'text', text: text.slice(end, found.index) })
    parts.push(...make(found[0]))
    end = found.index + found[0].length
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) })
  return parts
}

/** Of all names that the texts mention, those that are somebody's. */
export async function namesKnown(db: Db, texts: readonly (string | null)[]): Promise<ReadonlySet<string>> {
  const names = texts.flatMap((text) =>
    text === null ? [] : partsOfComment(text).flatMap((part) => (part.kind === 'mention' ? part.names : [])),
  )
  const wanted = [...new Set(names)].slice(0, 2_000)
  if (wanted.length === 0) return new Set()
  const rows = await db.selectFrom('people').select('name').where('name', 'in', wanted).execute()
  return new Set(rows.map(({ name }) => name))
}
