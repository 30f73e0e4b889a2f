/** Reads contributions, their rounds and their changes. */

import { AppError } from '../../errors.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { operatorName } from '../people/actor.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import type { ClauseChange } from '../models/charter.ts'
import type { CaseBody, Change, Contribution, ContributionRound, ContributionState, Finding } from './contribution.ts'
import type { Example } from './example.ts'
import type { PreparedChange } from './prepared-change.ts'

function contributions(db: Db) {
  return db
    .selectFrom('contributions')
    .innerJoin('communityModels', 'communityModels.id', 'contributions.modelId')
    .innerJoin('contributionRounds as rounds', (join) =>
      join.onRef('rounds.contributionId', '=', 'contributions.id').onRef('rounds.round', '=', 'contributions.round'),
    )
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .leftJoin('mentoredContributions as mentored', 'mentored.contributionId', 'contributions.id')
    .leftJoin('people as mentors', 'mentors.id', 'mentored.mentorId')
    .selectAll('contributions')
    .select(['communityModels.owner', 'communityModels.name', 'people.name as author', 'mentors.name as mentor', 'rounds.counts'])
}

type Row = Awaited<ReturnType<ReturnType<typeof contributions>['executeTakeFirstOrThrow']>>

function toContribution({ owner, name, author, ...row }: Row): Contribution {
  return { ...row, model: `${owner}/${name}`, author: author ?? operatorName }
}

export interface ContributionFilter {
  readonly modelId?: number | undefined
  readonly state?: ContributionState | undefined
  readonly authorId?: number | null | undefined
  /** Only those of them. */
  readonly ids?: readonly number[] | undefined
}

/** In the order they were offered. */
export async function listContributions(db: Db, filter: ContributionFilter = {}, page: Page = {}): Promise<readonly Contribution[]> {
  let query = contributions(db).where('contributions.id', '>', page.after ?? 0)
  if (filter.modelId !== undefined) query = query.where('contributions.modelId', '=', filter.modelId)
  if (filter.state !== undefined) query = query.where('contributions.state', '=', filter.state)
  if (filter.authorId === null) query = query.where('contributions.authorId', 'is', null)
  else if (filter.authorId !== undefined) query = query.where('contributions.authorId', '=', filter.authorId)
  if (filter.ids !== undefined) query = query.where('contributions.id', 'in', filter.ids.length > 0 ? filter.ids : [0])
  return (await query.orderBy('contributions.id').limit(pageLimit(page)).execute()).map(toContribution)
}

export async function findContribution(db: Db, id: number): Promise<Contribution> {
  const row = await contributions(db).where('contributions.id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no contribution ${id}; "contribution list" shows those there are.`)
  return toContribution(row)
}

export async function contributionRounds(db: Db, id: number): Promise<readonly ContributionRound[]> {
  const rows = await db.selectFrom('contributionRounds').selectAll().where('contributionId', '=', id).orderBy('round').execute()
  return rows.map(({ contributionId: _, checks, ...round }) => ({ ...round, checks: checks as readonly Finding[] }))
}

/** Changes of a round (the current one where none is named) in their order, with the examples; a page starts after position `after`. */
export async function changesOf(db: Db, id: number, page: Page & { readonly round?: number | undefined } = {}): Promise<readonly Change[]> {
  const round = page.round ?? (await findContribution(db, id)).round
  const rows = await db
    .selectFrom('contributionChanges as changes')
    .leftJoin('examples as coming', 'coming.digest', 'changes.exampleDigest')
    .leftJoin('examples as going', 'going.digest', 'changes.targetDigest')
    .select([
      'changes.kind',
      'changes.position',
      'changes.exampleDigest',
      'changes.targetDigest',
      'changes.body',
      'coming.body as coming',
      'going.body as going',
    ])
    .where('changes.contributionId', '=', id)
    .where('changes.round', '=', round)
    .where('changes.position', '>', page.after ?? 0)
    .orderBy('changes.position')
    .limit(pageLimit(page))
    .execute()
  return rows.map(({ kind, position, exampleDigest, targetDigest, body, coming, going }): Change => {
    const [digest, target] = [exampleDigest as Digest, targetDigest as Digest]
    const [example, targetExample] = [coming as Example, going as Example]
    switch (kind) {
      case 'add':
        return { kind, position, digest, example }
      case 'replace':
        return { kind, position, digest, example, target, targetExample }
      case 'remove':
        return { kind, position, target, targetExample }
      case 'case':
        return { kind, position, ...(body as CaseBody) }
      case 'clause':
        return { kind, position, change: body as ClauseChange }
    }
  })
}

/** What a round adds to and takes from a dataset. */
export async function digestsOfChanges(db: Db, id: number, round: number): Promise<{ coming: Digest[]; going: Digest[] }> {
  const rows = await db
    .selectFrom('contributionChanges')
    .select(['exampleDigest', 'targetDigest'])
    .where('contributionId', '=', id)
    .where('round', '=', round)
    .orderBy('position')
    .execute()
  return { coming: rows.flatMap(({ exampleDigest }) => exampleDigest ?? []), going: rows.flatMap(({ targetDigest }) => targetDigest ?? []) }
}

/** A round as the checks see it. Rows are positions in the change set. */
export async function preparedChangesOf(db: Db, id: number, round: number): Promise<readonly PreparedChange[]> {
  const rows = await db
    .selectFrom('contributionChanges as changes')
    .leftJoin('examples as coming', 'coming.digest', 'changes.exampleDigest')
    .select(['changes.kind', 'changes.position', 'changes.targetDigest', 'coming.digest', 'coming.contentDigest'])
    .select(['coming.body as coming', 'changes.body'])
    .where('changes.contributionId', '=', id)
    .where('changes.round', '=', round)
    .orderBy('changes.position')
    .execute()
  return rows.map(({ kind, position: row, targetDigest, digest, contentDigest, coming, body }): PreparedChange => {
    const target = targetDigest as Digest
    if (kind === 'remove') return { kind, row, target }
    if (kind === 'case') return { kind, row, ...(body as CaseBody) }
    if (kind === 'clause') return { kind, row, change: body as ClauseChange }
    const example = { digest: digest as Digest, contentDigest: contentDigest as Digest, example: coming as Example, bands: [] }
    return kind === 'add' ? { kind, row, ...example } : { kind, row, target, ...example }
  })
}
