/** Everything receipts of a release are written from: whose work is in it, since when, what became of the rest, and who reviewed it. */

import { sql } from 'kysely'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { inPieces } from '../contributions/standing-examples.ts'
import type { ContributionState } from '../../storage/schema.ts'
import { operatorName } from '../people/actor.ts'
import type { Letter } from '../release-train/release-train.ts'
import { findReleaseById } from '../releases/release-queries.ts'
import type { Release } from '../releases/release.ts'
import { findCheckpoint, findRun } from '../training/run-queries.ts'
import type { TrainingRun } from '../training/run.ts'
import { shippedExamples, type ShippedExamples } from './shipped-examples.ts'

export interface ReleaseFacts extends ShippedExamples {
  readonly release: Release
  readonly run: TrainingRun
  /** Number of the newest accepted revision that the release's dataset follows; 0: none. */
  readonly number: number
  /** The same of the release before; 0 where this is the first. */
  readonly previousNumber: number
  readonly previousAt: Date | null
  /** Everything that was offered to the model before the release, in order. */
  readonly works: readonly Work[]
  /** By contribution: what its author was told where a release train left it out. */
  readonly leftOut: ReadonlyMap<number, LeftOut>
  /** By contribution: who put others in the place of its examples, or took them out. */
  readonly replacedBy: ReadonlyMap<number, readonly Replacement[]>
}

export interface LeftOut {
  /** Number of the release train in its community. */
  readonly train: number
  readonly letter: string | null
}

export interface Replacement {
  readonly contribution: number
  readonly author: string
  /** Examples. */
  readonly count: number
}

/** A contribution, as far as receipts speak of it. */
export interface Work {
  readonly id: number
  readonly authorId: number | null
  readonly author: string
  readonly message: string
  readonly round: number
  readonly state: ContributionState
  readonly reverts: number | null
  readonly decidedAt: Date | null
  /** The revision that accepted it; null: none (yet). */
  readonly revision: number | null
  readonly brought: number
  readonly targets: readonly Digest[]
  readonly reviews: readonly WorkReview[]
  /** When each of its rounds was handed in. */
  readonly rounds: readonly Date[]
}

export interface WorkReview {
  readonly round: number
  readonly reviewerId: number | null
  readonly reviewer: string
  readonly decision: 'accept' | 'reject' | 'request-changes'
  readonly message: string
  readonly createdAt: Date
}

export async function releaseFacts(db: Db, releaseId: number): Promise<ReleaseFacts> {
  const release = await findReleaseById(db, releaseId)
  const previous = release.previousId === null ? null : await findReleaseById(db, release.previousId)
  const run = await runOf(db, release)
  const number = await numberOf(db, run)
  const works = await worksOf(db, release)
  const accepted = works.filter((work) => isAcceptedBy(work, number))
  const revision = { id: run.revision.id, modelId: release.modelId, number }
  const shipped = await shippedExamples(db, revision, new Set(accepted.flatMap(({ targets }) => targets)))
  return {
    release,
    run,
    number,
    previousNumber: previous ? await numberOf(db, await runOf(db, previous)) : 0,
    previousAt: previous?.createdAt ?? null,
    works,
    ...shipped,
    leftOut: await leftOutOf(db, release, accepted),
    replacedBy: await replacementsOf(db, accepted, shipped.present),
  }
}

/** By the train that made the release, and by earlier ones whose taking back was accepted. */
async function leftOutOf(db: Db, { id, modelId }: Release, accepted: readonly Work[]): Promise<ReleaseFacts['leftOut']> {
  const reversals = new Set(accepted.map((work) => work.id))
  const rows = await db
    .selectFrom('releaseTrains')
    .select(['number', 'leftOut', 'letters', 'reversalId', 'releaseId'])
    .where('modelId', '=', modelId)
    .orderBy('id')
    .execute()
  const trains = rows.filter(({ releaseId, reversalId }) => releaseId === id || (reversalId !== null && reversals.has(reversalId)))
  return new Map(
    trains.flatMap(({ number, leftOut, letters }) =>
      leftOut.map((contribution) => {
        const letter = (letters as readonly Letter[]).find((one) => one.contribution === contribution)
        return [contribution, { train: number, letter: letter?.text ?? null }] as const
      }),
    ),
  )
}

async function replacementsOf(db: Db, accepted: readonly Work[], present: ReadonlySet<Digest>): Promise<ReleaseFacts['replacedBy']> {
  const by = new Map(accepted.map((work) => [work.id, work]))
  const gone = new Map(accepted.flatMap((work) => work.targets.filter((target) => !present.has(target)).map((target) => [target, work])))
  const counts = new Map<number, Map<number, number>>()
  for (const some of inPieces([...gone.keys()])) {
    const rows = await db
      .selectFrom('contributionChanges as changes')
      .innerJoin('contributions', (join) =>
        join.onRef('contributions.id', '=', 'changes.contributionId').onRef('contributions.round', '=', 'changes.round'),
      )
      .select(['changes.contributionId as id', 'changes.exampleDigest as digest'])
      .where('contributions.state', '=', 'accepted')
      .where('changes.exampleDigest', 'in', some)
      .execute()
    for (const { id, digest } of rows) {
      const taker = gone.get(digest as Digest) as Work
      if (!by.has(id) || taker.id === id) continue
      const of = counts.get(id) ?? new Map<number, number>()
      counts.set(id, of.set(taker.id, (of.get(taker.id) ?? 0) + 1))
    }
  }
  return new Map(
    [...counts].map(([id, of]) => [
      id,
      [...of].map(([contribution, count]) => ({ contribution, author: by.get(contribution)!.author, count })),
    ]),
  )
}

/** Whether it was accepted into that revision or one before. */
export function isAcceptedBy(work: Pick<Work, 'revision'>, number: number): boolean {
  return work.revision !== null && work.revision <= number
}

export async function runOf(db: Db, release: Pick<Release, 'checkpointId'>): Promise<TrainingRun> {
  return findRun(db, (await findCheckpoint(db, release.checkpointId)).runId)
}

/** A draft has no number: what it follows has. */
async function numberOf(db: Db, { revision }: TrainingRun): Promise<number> {
  if (revision.number !== null) return revision.number
  const parent = await db
    .selectFrom('datasetRevisions as draft')
    .innerJoin('datasetRevisions as parent', 'parent.id', 'draft.parentId')
    .select('parent.number')
    .where('draft.id', '=', revision.id)
    .executeTakeFirst()
  return parent?.number ?? 0
}

async function worksOf(db: Db, { modelId, createdAt: at }: Release): Promise<readonly Work[]> {
  const rows = await db
    .selectFrom('contributions')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .leftJoin('revisionContributions', 'revisionContributions.contributionId', 'contributions.id')
    .leftJoin('datasetRevisions', 'datasetRevisions.id', 'revisionContributions.revisionId')
    .select(['contributions.id', 'contributions.authorId', 'people.name as author', 'contributions.message', 'contributions.round'])
    .select(['contributions.state', 'contributions.reverts', 'contributions.decidedAt', 'datasetRevisions.number as revision'])
    .where('contributions.modelId', '=', modelId)
    .where('contributions.createdAt', '<=', at)
    .orderBy('contributions.id')
    .execute()
  const changes = await db
    .selectFrom('contributionChanges as changes')
    .innerJoin('contributions', (join) =>
      join.onRef('contributions.id', '=', 'changes.contributionId').onRef('contributions.round', '=', 'changes.round'),
    )
    .select(['changes.contributionId as id', (of) => of.fn.count<number>('changes.exampleDigest').as('brought')])
    .select(sql<Digest[]>`coalesce(array_agg(changes.target_digest) filter (where changes.target_digest is not null), '{}')`.as('targets'))
    .where('contributions.modelId', '=', modelId)
    .groupBy('changes.contributionId')
    .execute()
  const reviews = await db
    .selectFrom('reviews')
    .innerJoin('contributions', 'contributions.id', 'reviews.contributionId')
    .leftJoin('people', 'people.id', 'reviews.reviewerId')
    .selectAll('reviews')
    .select('people.name as reviewer')
    .where('contributions.modelId', '=', modelId)
    .where('reviews.createdAt', '<=', at)
    .orderBy('reviews.id')
    .execute()
  const rounds = await db
    .selectFrom('contributionRounds as rounds')
    .innerJoin('contributions', 'contributions.id', 'rounds.contributionId')
    .select(['rounds.contributionId as id', 'rounds.createdAt'])
    .where('contributions.modelId', '=', modelId)
    .where('rounds.createdAt', '<=', at)
    .orderBy('rounds.round')
    .execute()
  const changesOf = new Map(changes.map((row) => [row.id, row]))
  const reviewsOf = Map.groupBy(reviews, ({ contributionId }) => contributionId)
  const roundsOf = Map.groupBy(rounds, ({ id }) => id)
  return rows.map((row) => ({
    ...row,
    author: row.author ?? operatorName,
    brought: Number(changesOf.get(row.id)?.brought ?? 0),
    targets: changesOf.get(row.id)?.targets ?? [],
    reviews: (reviewsOf.get(row.id) ?? []).map(({ reviewer, ...review }) => ({ ...review, reviewer: reviewer ?? operatorName })),
    rounds: (roundsOf.get(row.id) ?? []).map(({ createdAt }) => createdAt),
  }))
}
