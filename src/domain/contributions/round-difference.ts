/** What differs between two rounds of a contribution: what stayed, what was answered otherwise, what came and what went. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { changesOf } from './contribution-queries.ts'
import type { Change } from './contribution.ts'

export interface RoundPair {
  readonly before: Change | null
  readonly after: Change | null
}

export interface RoundDifference {
  /** Changes that both rounds have. */
  readonly same: number
  readonly changed: number
  readonly added: number
  readonly removed: number
  /** Those that differ, in the order of the newer round, then what went. */
  readonly pairs: readonly RoundPair[]
  /** To go on after; null at the end. */
  readonly next: number | null
}

interface Line {
  readonly position: number
  /** Equal where nothing differs. */
  readonly whole: string
  /** Equal where both rounds speak of the same question, example or clause. */
  readonly about: string
}

/** @param page.after so many pairs are left out */
export async function differenceOfRounds(
  db: Db,
  id: number,
  { from, to }: { readonly from: number; readonly to: number },
  page: { readonly after: number; readonly limit: number },
): Promise<RoundDifference> {
  const [old, fresh] = [await linesOf(db, id, from), await linesOf(db, id, to)]
  const { same, pairs } = pairUp(old, fresh)
  const shown = pairs.slice(page.after, page.after + page.limit)
  const read: RoundPair[] = []
  for (const { before, after } of shown)
    read.push({
      before: before === null ? null : await changeAt(db, id, from, before),
      after: after === null ? null : await changeAt(db, id, to, after),
    })
  return {
    same,
    changed: pairs.filter(({ before, after }) => before !== null && after !== null).length,
    added: pairs.filter(({ before }) => before === null).length,
    removed: pairs.filter(({ after }) => after === null).length,
    pairs: read,
    next: page.after + page.limit < pairs.length ? page.after + page.limit : null,
  }
}

/** Pure. Whatever is equal is the same; what is left belongs together where it is about the same thing, and else where it stands at the same place. */
export function pairUp(
  old: readonly Line[],
  fresh: readonly Line[],
): { readonly same: number; readonly pairs: readonly { readonly before: number | null; readonly after: number | null }[] } {
  const left = new Map(old.map((line) => [line.position, line]))
  const take = (index: Map<string, number[]>, key: string): number | null => {
    const position = index.get(key)?.find((it) => left.has(it)) ?? null
    if (position !== null) left.delete(position)
    return position
  }
  const byWhole = indexBy(old, ({ whole }) => whole)
  const differing = fresh.filter(({ whole }) => take(byWhole, whole) === null)
  const byAbout = indexBy([...left.values()], ({ about }) => about)
  const matched = differing.map((line) => ({ line, before: take(byAbout, line.about) }))
  const pairs = matched.map(({ line, before }) => {
    const there = before ?? (left.has(line.position) ? line.position : null)
    if (there !== null) left.delete(there)
    return { before: there, after: line.position }
  })
  return {
    same: fresh.length - differing.length,
    pairs: [...pairs, ...[...left.keys()].map((position) => ({ before: position, after: null }))],
  }
}

function indexBy(lines: readonly Line[], key: (line: Line) => string): Map<string, number[]> {
  const index = new Map<string, number[]>()
  for (const line of lines) index.set(key(line), [...(index.get(key(line)) ?? []), line.position])
  return index
}

async function linesOf(db: Db, id: number, round: number): Promise<readonly Line[]> {
  const { rows } = await sql<Line>`
    select position,
      concat_ws(' ', kind, example_digest, target_digest, md5(body::text)) as whole,
      concat_ws(' ', kind, coalesce(target_digest, question_key, body -> 'number' #>> '{}', position::text)) as about
    from contribution_changes where contribution_id = ${id} and round = ${round} order by position`.execute(db)
  return rows
}

async function changeAt(db: Db, id: number, round: number, position: number): Promise<Change> {
  return (await changesOf(db, id, { round, after: position - 1, limit: 1 }))[0] as Change
}
