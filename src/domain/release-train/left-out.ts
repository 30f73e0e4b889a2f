/** What was offered to a community and is not in a release, and why: by the people who decided, or by the train that found it to break the gate. */

import type { Db } from '../../storage/database.ts'
import { operatorName } from '../people/actor.ts'
import { releaseHead } from '../releases/release-queries.ts'
import type { Release } from '../releases/release.ts'
import type { Letter } from './release-train.ts'

export interface LeftOutWork {
  readonly id: number
  readonly author: string
  readonly message: string
  /** train: with it the gate did not hold. later: accepted after this release was trained. waiting: not decided when it was published. */
  readonly why: 'train' | 'rejected' | 'withdrawn' | 'later' | 'waiting'
  /** Who decided, in words of their own where they said something. */
  readonly by: string | null
  readonly words: string | null
  /** The train that left it out. */
  readonly trainId: number | null
}

const shown = 20

/** Since the release before; at most twenty of each kind, so that it takes no longer in a large community. */
export async function leftOutOf(db: Db, release: Release): Promise<readonly LeftOutWork[]> {
  const since = release.previousId === null ? new Date(0) : (await releaseHead(db, release.previousId)).createdAt
  const trains = await db
    .selectFrom('releaseTrains')
    .select(['id', 'leftOut', 'letters'])
    .where('modelId', '=', release.modelId)
    .where('releaseId', '=', release.id)
    .execute()
  const byTrain = new Map(trains.flatMap((train) => train.leftOut.map((id) => [id, train] as const)))
  const of = contributions(db, release.modelId)
  const left = byTrain.size === 0 ? [] : await of.where('contributions.id', 'in', [...byTrain.keys()]).execute()
  const turnedDown = await of
    .where('contributions.state', 'in', ['rejected', 'withdrawn'])
    .where('contributions.decidedAt', '>', since)
    .where('contributions.decidedAt', '<=', release.createdAt)
    .orderBy('contributions.decidedAt', 'desc')
    .limit(shown)
    .execute()
  const late = await of
    .where('contributions.state', '=', 'accepted')
    .where('contributions.decidedAt', '>', since)
    .where('contributions.decidedAt', '<=', release.createdAt)
    .where('revisions.number', '>', release.changelog.dataset.number)
    .orderBy('contributions.decidedAt', 'desc')
    .limit(shown)
    .execute()
  const undecided = await of
    .where('contributions.createdAt', '<=', release.createdAt)
    .where((eb) => eb.or([eb('contributions.state', '=', 'open'), eb('contributions.decidedAt', '>', release.createdAt)]))
    .where('contributions.createdAt', '>', since)
    .orderBy('contributions.createdAt', 'desc')
    .limit(shown)
    .execute()
  const words = await lastWords(
    db,
    turnedDown.flatMap(({ id, state }) => (state === 'rejected' ? [id] : [])),
  )
  const plain = (rows: typeof left, why: 'later' | 'waiting') =>
    rows.map((row) => ({ ...named(row), why, by: null, words: null, trainId: null }))
  return [
    ...left.map((row) => {
      const train = byTrain.get(row.id)!
      const letter = (train.letters as readonly Letter[]).find(({ contribution }) => contribution === row.id)
      return { ...named(row), why: 'train' as const, by: null, words: letter?.text ?? null, trainId: train.id }
    }),
    ...turnedDown
      .filter(({ id }) => !byTrain.has(id))
      .map((row) => ({
        ...named(row),
        why: row.state as 'rejected' | 'withdrawn',
        by: null,
        words: null,
        ...words.get(row.id),
        trainId: null,
      })),
    ...plain(late, 'later'),
    ...plain(undecided, 'waiting'),
  ]
}

function contributions(db: Db, modelId: number) {
  return db
    .selectFrom('contributions')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .leftJoin('revisionContributions as links', 'links.contributionId', 'contributions.id')
    .leftJoin('datasetRevisions as revisions', 'revisions.id', 'links.revisionId')
    .select(['contributions.id', 'contributions.message', 'contributions.state', 'people.name as author'])
    .where('contributions.modelId', '=', modelId)
}

const named = ({ id, message, author }: { readonly id: number; readonly message: string; readonly author: string | null }) => ({
  id,
  message,
  author: author ?? operatorName,
})

/** What was said with the last rejecting review. */
async function lastWords(
  db: Db,
  ids: readonly number[],
): Promise<ReadonlyMap<number, { readonly by: string; readonly words: string | null }>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('reviews')
    .leftJoin('people', 'people.id', 'reviews.reviewerId')
    .select(['reviews.contributionId', 'reviews.message', 'people.name'])
    .where('reviews.contributionId', 'in', ids)
    .where('reviews.decision', '=', 'reject')
    .orderBy('reviews.id')
    .execute()
  return new Map(rows.map(({ contributionId, message, name }) => [contributionId, { by: name ?? operatorName, words: message || null }]))
}
