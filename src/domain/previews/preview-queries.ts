/** Reads of previews, and what has moved on since one was asked for. */

import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import type { RunState } from '../../storage/schema.ts'
import { findBuild } from '../builds/build-queries.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import type { Contribution } from '../contributions/contribution.ts'
import { latestRevision } from '../datasets/dataset-queries.ts'
import { listSuites } from '../models/suite-queries.ts'
import { latestReleaseHead } from '../releases/release-queries.ts'
import { ownAmong } from './own-cases.ts'
import { errorOf, secondsOf, stateOf, type Preview } from './preview.ts'

/** The newest preview of a contribution, or null. */
export async function latestPreview(db: Db, contributionId: number): Promise<Preview | null> {
  const row = await db
    .selectFrom('previews')
    .selectAll()
    .where('contributionId', '=', contributionId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row) return null
  const { headId, buildId, controlId, cancelledAt, ...rest } = row
  const builds = { build: await findBuild(db, buildId), control: controlId === null ? null : await findBuild(db, controlId) }
  return {
    ...rest,
    ...builds,
    headRevisionId: headId,
    state: stateOf(builds, cancelledAt !== null),
    error: errorOf(builds),
    seconds: secondsOf(builds, rest.createdAt, cancelledAt),
  }
}

/** The newest preview of a contribution. `not-found` where it has none. */
export async function findPreview(db: Db, contributionId: number): Promise<Preview> {
  const preview = await latestPreview(db, contributionId)
  if (preview) return preview
  const { id } = await findContribution(db, contributionId)
  throw new AppError('not-found', `Contribution ${id} has no preview; "preview ${id}" makes one.`)
}

/** What somebody who looks at a contribution is told of its preview, or null. */
export interface PreviewNote {
  readonly id: number
  readonly round: number
  readonly state: RunState
  readonly stale: readonly string[]
}

export async function previewNoteOf(db: Db, contributionId: number): Promise<PreviewNote | null> {
  const preview = await latestPreview(db, contributionId)
  if (!preview) return null
  const { id, round, state } = preview
  return { id, round, state, stale: (await stalenessOf(db, preview)).map(({ sentence }) => sentence) }
}

/** One thing a preview was made from that is no longer what would be taken today. */
export interface Staleness {
  readonly what: 'decision' | 'round' | 'dataset' | 'release' | 'suites'
  readonly sentence: string
}

/** Empty while a new preview would be made from the same things. */
export async function stalenessOf(db: Db, preview: Preview): Promise<readonly Staleness[]> {
  const contribution = await findContribution(db, preview.contributionId)
  const moved: Staleness[] = []
  if (contribution.round !== preview.round)
    moved.push({ what: 'round', sentence: `It is of round ${preview.round}; the proposal is in round ${contribution.round} now.` })
  // Its own acceptance moves the dataset on: that is said, and not the dataset.
  if (!isUndecided(contribution))
    return [...moved, { what: 'decision', sentence: `Contribution ${contribution.id} has been ${contribution.state} since.` }]
  const head = await latestRevision(db, contribution.modelId)
  if ((head?.id ?? null) !== preview.headRevisionId)
    moved.push({ what: 'dataset', sentence: `The dataset has moved on to revision ${head?.number ?? 'none'} since.` })
  const release = await latestReleaseHead(db, contribution.modelId)
  if ((release?.id ?? null) !== preview.releaseId)
    moved.push({
      what: 'release',
      sentence: release ? `The current release is ${release.version} now.` : 'The release it began at has been retracted.',
    })
  const suites = await listSuites(db, contribution.modelId)
  const own = await ownAmong(db, contribution.id, preview.build.suites)
  const asked = preview.build.suites.filter((id) => !own.includes(id))
  if (JSON.stringify(suites.map(({ id }) => id)) !== JSON.stringify(asked))
    moved.push({ what: 'suites', sentence: 'The eval suites have changed since.' })
  return moved
}

export function isUndecided({ state }: Pick<Contribution, 'state'>): boolean {
  return state === 'open' || state === 'changes-requested'
}
