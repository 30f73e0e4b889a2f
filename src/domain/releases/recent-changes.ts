/** What happened in communities, newest first: proposals, decisions, reverts, releases, changes of the charter, of suites and of roles. */

import { sql, type RawBuilder } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { operatorName } from '../people/actor.ts'
import { findPerson, pageLimit, type Page } from '../people/people-queries.ts'

export const changeKinds = ['proposal', 'decision', 'revert', 'release', 'charter', 'suite', 'role'] as const
/** revert: a proposal that takes an accepted one back. */
export type ChangeKind = (typeof changeKinds)[number]

export interface RecentChange {
  readonly kind: ChangeKind
  readonly at: Date
  /** `owner/name`. */
  readonly model: string
  /** Who did it; of a decision, who gave the last review. */
  readonly person: string
  /** Of a proposal, decision or revert: the contribution. Of the charter: the one that changed it. */
  readonly contribution: number | null
  /** The contribution's message; the release's version; the suite's name; whose role. */
  readonly subject: string
  /** Of a decision: accepted, rejected or withdrawn. Of a role: what they are now, or "none". Of a release: published or retracted. Of a suite: retired or taken-up. */
  readonly outcome: string | null
}

export interface RecentChanges {
  readonly changes: readonly RecentChange[]
  /** To go on after; null at the end. */
  readonly next: string | null
}

export interface ChangesFilter {
  /** null: all communities. */
  readonly modelId: number | null
  readonly kinds?: readonly ChangeKind[] | undefined
  /** Name of a person, or "operator": what they did. */
  readonly person?: string | undefined
}

interface Row {
  readonly kind: ChangeKind
  /** Microseconds since 1970: exact, so that a page goes on just where the last one ended. */
  readonly micros: number
  readonly id: number
  readonly at: Date
  readonly model: string
  readonly person: string | null
  readonly contribution: number | null
  readonly subject: string
  readonly outcome: string | null
}

interface Cursor {
  readonly micros: number
  readonly kind: string
  readonly id: number
}

interface Source {
  readonly kind: ChangeKind
  readonly from: RawBuilder<unknown>
  readonly modelId: RawBuilder<unknown>
  readonly at: RawBuilder<unknown>
  readonly id: RawBuilder<unknown>
  readonly person: RawBuilder<unknown>
  readonly contribution: RawBuilder<unknown>
  readonly subject: RawBuilder<unknown>
  readonly outcome: RawBuilder<unknown>
  readonly where: RawBuilder<boolean>
}

const none = sql`null`

/** The last review of the round that was decided. */
const lastReview = sql`(select reviews.id from reviews where reviews.contribution_id = it.id and reviews.round = it.round order by reviews.id desc limit 1)`

const proposal = {
  from: sql`contributions it`,
  modelId: sql`it.model_id`,
  at: sql`it.created_at`,
  id: sql`it.id`,
  person: sql`it.author_id`,
  contribution: sql`it.id`,
  subject: sql`it.message`,
  outcome: none,
} as const

const sources: readonly Source[] = [
  { ...proposal, kind: 'proposal', where: sql`it.reverts is null` },
  { ...proposal, kind: 'revert', where: sql`it.reverts is not null` },
  {
    ...proposal,
    kind: 'decision',
    at: sql`it.decided_at`,
    person: sql`case it.state when 'withdrawn' then it.author_id else (select reviewer_id from reviews where id = ${lastReview}) end`,
    outcome: sql`it.state`,
    where: sql`it.decided_at is not null`,
  },
  {
    kind: 'release',
    from: sql`releases it`,
    modelId: sql`it.model_id`,
    at: sql`it.created_at`,
    id: sql`it.id`,
    person: sql`it.published_by`,
    contribution: none,
    subject: sql`it.version`,
    outcome: sql`it.state`,
    where: sql`true`,
  },
  {
    kind: 'charter',
    from: sql`charter_revisions it left join contributions offered on offered.id = it.contribution_id`,
    modelId: sql`it.model_id`,
    at: sql`it.created_at`,
    id: sql`it.id`,
    person: sql`offered.author_id`,
    contribution: sql`it.contribution_id`,
    subject: sql`coalesce(offered.message, '')`,
    outcome: none,
    where: sql`true`,
  },
  {
    kind: 'suite',
    from: sql`suite_retirements it join suites on suites.id = it.suite_id`,
    modelId: sql`suites.model_id`,
    at: sql`it.created_at`,
    id: sql`it.id`,
    person: sql`it.set_by`,
    contribution: none,
    subject: sql`suites.name`,
    outcome: sql`case when it.retired then 'retired' else 'taken-up' end`,
    where: sql`true`,
  },
  {
    kind: 'role',
    from: sql`member_changes it join people subject on subject.id = it.person_id`,
    modelId: sql`it.model_id`,
    at: sql`it.created_at`,
    id: sql`it.id`,
    person: sql`it.changed_by`,
    contribution: none,
    subject: sql`subject.name`,
    outcome: sql`coalesce(it.role, 'none')`,
    where: sql`true`,
  },
]

/** What one person decided, read from their reviews: among all decisions those of one person may be few. */
const ownDecision: Source = {
  ...proposal,
  kind: 'decision',
  from: sql`reviews own join contributions it on it.id = own.contribution_id`,
  at: sql`own.created_at`,
  id: sql`own.id`,
  person: sql`own.reviewer_id`,
  outcome: sql`it.state`,
  where: sql`it.state in ('accepted', 'rejected') and own.id = ${lastReview}`,
}

const microsOf = (at: RawBuilder<unknown>) => sql`(extract(epoch from ${at}) * 1000000)::bigint`

/** As many of each kind as a page may have, each read from its own index, then merged: no table is read beyond that. */
export async function recentChanges(
  db: Db,
  filter: ChangesFilter,
  page: Pick<Page, 'limit'> & { readonly after?: string | undefined } = {},
): Promise<RecentChanges> {
  const limit = pageLimit({ limit: page.limit })
  const cursor = page.after === undefined ? null : parseCursor(page.after)
  const person = filter.person === undefined ? undefined : filter.person === operatorName ? null : (await findPerson(db, filter.person)).id
  const wanted = sources.filter(({ kind }) => filter.kinds === undefined || filter.kinds.length === 0 || filter.kinds.includes(kind))
  const parts = wanted.map((source) =>
    part(source.kind === 'decision' && person !== undefined ? ownDecision : source, filter.modelId, person, cursor, limit + 1),
  )
  const { rows } = await sql<Row>`
    select merged.kind, merged.micros, merged.id, merged.at, models.owner || '/' || models.name as model, people.name as person,
      merged.contribution, merged.subject, merged.outcome
    from (${sql.join(
      parts.map((each) => sql`select * from ${each} each`),
      sql` union all `,
    )} order by micros desc, kind desc, id desc limit ${limit + 1}) merged
    join community_models models on models.id = merged.model_id
    left join people on people.id = merged.person
    order by merged.micros desc, merged.kind collate "C" desc, merged.id desc`.execute(db)
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    changes: shown.map(({ micros: _, id: __, person, ...change }) => ({ ...change, person: person ?? operatorName })),
    next: rows.length > limit && last ? `${last.micros}.${last.kind}.${last.id}` : null,
  }
}

function part(
  source: Source,
  modelId: number | null,
  person: number | null | undefined,
  cursor: Cursor | null,
  limit: number,
): RawBuilder<unknown> {
  const { kind, at, id } = source
  const within = modelId === null ? sql`` : sql` and ${source.modelId} = ${modelId}`
  const by = person === undefined ? sql`` : person === null ? sql` and ${source.person} is null` : sql` and ${source.person} = ${person}`
  const after =
    cursor === null
      ? sql``
      : sql` and ${at} <= ${timeOf(cursor.micros)} and (${at}, ${kind}::text collate "C", ${id}) < (${timeOf(cursor.micros)}, ${cursor.kind}::text collate "C", ${cursor.id}::integer)`
  return sql`(select ${kind}::text collate "C" as kind, ${microsOf(at)} as micros, ${id} as id, ${at} as at, ${source.modelId} as model_id, ${source.person} as person,
      ${source.contribution}::integer as contribution, ${source.subject} as subject, ${source.outcome}::text as outcome
    from ${source.from} where ${source.where}${within}${by}${after}
    order by ${at} desc, ${id} desc limit ${limit})`
}

const timeOf = (micros: number) => sql`(timestamptz 'epoch' + ${micros}::bigint * interval '1 microsecond')`

function parseCursor(text: string): Cursor {
  const [, micros, kind, id] = /^(\d{1,17})\.([a-z]+)\.(\d{1,10})$/.exec(text) ?? []
  if (micros === undefined || kind === undefined || id === undefined)
    throw new AppError('invalid', `${JSON.stringify(text.slice(0, 60))} is no place in the recent changes; begin again without it.`)
  return { micros: Number(micros), kind, id: Number(id) }
}
