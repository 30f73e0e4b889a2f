/** Counts what became of a person's contributions to a model: what their trust is made from, and nothing else is. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { currentRules } from '../models/review-rules-queries.ts'
import { trustFrom, type Trust, type TrustEvent } from '../people/trust.ts'

/** Of each kind the newest so many contributions count: more would change the third decimal. */
const countedContributions = 200

/** A person's trust in one community, as of now, with every event it is made from. */
export async function trustOf(db: Db, modelId: number, personId: number, now: Date = new Date()): Promise<Trust> {
  const { rules } = await currentRules(db, modelId)
  return trustFrom(await trustEventsOf(db, modelId, personId), now, rules.trust.halfLifeDays)
}

/**
 * Newest first. A revert counts neither for nor against whoever makes it: trust must not be won by undoing. What people took back or corrected themselves
 * costs nothing; it only no longer stands.
 */
export async function trustEventsOf(db: Db, modelId: number, personId: number): Promise<readonly TrustEvent[]> {
  const decided = (state: 'accepted' | 'rejected') =>
    db
      .selectFrom('contributions')
      .select(['id', 'decidedAt'])
      // Positions of a round are 1, 2, 3 …, and the last is found without counting thousands of rows.
      .select((eb) =>
        eb
          .selectFrom('contributionChanges as changes')
          .select((of) => of.fn.max('changes.position').as('most'))
          .whereRef('changes.contributionId', '=', 'contributions.id')
          .whereRef('changes.round', '=', 'contributions.round')
          .as('of'),
      )
      .where('modelId', '=', modelId)
      .where('authorId', '=', personId)
      .where('state', '=', state)
      .where('reverts', 'is', null)
      .orderBy('id', 'desc')
      .limit(countedContributions)
      .execute()
  const accepted = (await decided('accepted')).filter(({ of }) => (of ?? 0) > 0)
  const rejected = await decided('rejected')
  const undone = await undoneOf(
    db,
    modelId,
    accepted.map(({ id }) => id),
  )
  const events = accepted.flatMap(({ id, decidedAt, of }): TrustEvent[] => {
    const own = undone.filter(({ contribution }) => contribution === id)
    const total = of as number
    const standing = total - own.reduce((sum, { changes }) => sum + changes, 0)
    const base = { contribution: id, of: total }
    return [
      ...(standing > 0 ? [{ ...base, kind: 'standing' as const, by: null, changes: standing, at: decidedAt as Date }] : []),
      ...own
        .filter(({ authorId }) => authorId !== personId)
        .map(({ by, reverts, changes, at }) => ({
          ...base,
          kind: reverts === null ? ('corrected' as const) : ('reverted' as const),
          by,
          changes,
          at,
        })),
    ]
  })
  const turnedDown = rejected.map(({ id, decidedAt, of }): TrustEvent => {
    const changes = of ?? 0
    return { kind: 'rejected', contribution: id, by: null, changes, of: changes, at: decidedAt as Date }
  })
  return [...events, ...turnedDown].sort((a, b) => b.at.getTime() - a.at.getTime() || b.contribution - a.contribution)
}

interface Undone {
  readonly contribution: number
  /** The contribution that decided otherwise last. */
  readonly by: number
  readonly authorId: number | null
  readonly reverts: number | null
  readonly changes: number
  readonly at: Date
}

/**
 * Changes of these contributions that no longer hold: examples brought that do not stand, examples taken out that do. Begins at what was ever taken out,
 * which is little, and not at what was brought, which may be a million examples.
 */
async function undoneOf(db: Db, modelId: number, contributions: readonly number[]): Promise<readonly Undone[]> {
  if (contributions.length === 0) return []
  const own = sql.join(contributions)
  const { rows } = await sql<Undone>`
    with taken as materialized (
      select contributions.id, changes.kind, changes.target_digest as digest
      from contributions join contribution_changes changes on changes.contribution_id = contributions.id and changes.round = contributions.round
      where contributions.model_id = ${modelId} and contributions.state = 'accepted' and changes.target_digest is not null),
    effects as (
      select distinct brought.contribution_id as id, brought.example_digest as digest, true as wanted
      from taken join contribution_changes brought on brought.example_digest = taken.digest
      join contributions on contributions.id = brought.contribution_id and contributions.round = brought.round
      where contributions.id in (${own})
      union
      select taken.id, taken.digest, false from taken where taken.kind = 'remove' and taken.id in (${own}))
    select effects.id as contribution, last.id as "by", last.author_id as "authorId", last.reverts, count(*)::integer as changes, last.decided_at as at
    from effects cross join lateral (
      select * from (
        select true as present, accepted.id, accepted.author_id, accepted.reverts, accepted.decided_at
        from contribution_changes touch join contributions accepted on accepted.id = touch.contribution_id and accepted.round = touch.round
        where accepted.model_id = ${modelId} and accepted.state = 'accepted' and touch.example_digest = effects.digest
        union all
        select false, accepted.id, accepted.author_id, accepted.reverts, accepted.decided_at
        from contribution_changes touch join contributions accepted on accepted.id = touch.contribution_id and accepted.round = touch.round
        where accepted.model_id = ${modelId} and accepted.state = 'accepted' and touch.target_digest = effects.digest
      ) touches order by decided_at desc, id desc, present desc limit 1) last
    where last.present <> effects.wanted
    group by effects.id, last.id, last.author_id, last.reverts, last.decided_at`.execute(db)
  return rows
}
