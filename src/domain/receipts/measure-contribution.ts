/** Measures what a contribution did in a release, by training without it. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { JobContext } from '../../storage/jobs.ts'
import { requestBuild, type WantedBuild } from '../builds/request-build.ts'
import { runBuild, type BuildApp } from '../builds/run-build.ts'
import { warmRecipe } from '../builds/warm-recipe.ts'
import { digestsOfChanges } from '../contributions/contribution-queries.ts'
import { broughtBy } from '../datasets/dataset-queries.ts'
import type { DraftRevision } from '../datasets/dataset-revision.ts'
import { draftRevision } from '../datasets/revise-dataset.ts'
import { findBaseById, lockModel } from '../models/model-queries.ts'
import { actorId, hasRole, requireRole, type Actor } from '../people/actor.ts'
import { findRelease, findReleaseById } from '../releases/release-queries.ts'
import type { Release } from '../releases/release.ts'
import { findCheckpoint } from '../training/run-queries.ts'
import type { TrainingApp } from '../training/start-run.ts'
import { reissueReceipts } from './issue-receipts.ts'
import { findMeasurement, measurementsOf, type Measurement } from './measurement-queries.ts'
import { isAcceptedBy, releaseFacts, type ReleaseFacts, type Work } from './release-facts.ts'
import { membersAmong } from './shipped-examples.ts'

export const measurementMethods = ['warm', 'full'] as const

/** Measurements one person waits for at once: each takes the whole machine for a while. */
const mostWaiting = 3

/**
 * Its author, those who reviewed it, maintainers. warm (the default where it can be): a few hundred steps from the release before, with it and without it;
 * only for a contribution that the release before has not. full: the release's own training again from the start, without it. What was measured or is
 * under way is returned as it is.
 */
export async function measureContribution(
  app: TrainingApp,
  actor: Actor,
  model: string,
  version: string,
  input: { readonly contribution: number; readonly method?: string | undefined },
): Promise<Measurement> {
  requireRole(actor, 'contributor')
  const release = await findRelease(app.db, model, version)
  const facts = await releaseFacts(app.db, release.id)
  const work = facts.works.find(({ id }) => id === input.contribution)
  if (!work || !isAcceptedBy(work, facts.number) || !facts.standing.has(work.id))
    throw new AppError(
      'invalid',
      `${model} ${release.version} has no example of contribution ${input.contribution}; there is nothing to leave out.`,
    )
  requireConcerned(actor, work, release.modelId)
  const method = chooseMethod(facts, work, input.method)
  const known = (await measurementsOf(app.db, release.id, work.id)).find(
    (one) => one.method === method && one.state !== 'failed' && one.state !== 'cancelled',
  )
  if (known) return known
  await refuseMany(app.db, actor)
  const builds = await wantedBuilds(app.db, facts, work, method)
  const withBuild = builds.with && (await requestBuild(app, actor, builds.with))
  const without = await requestBuild(app, actor, builds.without)
  return app.db.transaction().execute(async (db) => {
    const { id } = await db
      .insertInto('contributionMeasurements')
      .values({
        releaseId: release.id,
        contributionId: work.id,
        method,
        withBuildId: withBuild?.id ?? null,
        withoutBuildId: without.id,
        requestedBy: actorId(actor),
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await app.jobs.enqueue(db, 'measure', { measurementId: id })
    return findMeasurement(db, id)
  })
}

/** The job: builds what is not built yet, then issues the receipts that can now say more. */
export async function runMeasurement(app: BuildApp, id: number, context: JobContext): Promise<void> {
  const { releaseId, contributionId, withBuildId, withoutBuildId } = await findMeasurement(app.db, id)
  for (const build of [withBuildId, withoutBuildId]) {
    if (build !== null) await runBuild(app, build, context)
    context.signal.throwIfAborted()
  }
  if ((await findMeasurement(app.db, id)).state === 'finished') await reissueReceipts(app, releaseId, contributionId)
}

function requireConcerned(actor: Actor, work: Work, modelId: number): void {
  if (actor.kind === 'operator' || hasRole(actor, 'maintainer', modelId)) return
  if (actor.id === work.authorId || work.reviews.some(({ reviewerId }) => reviewerId === actor.id)) return
  throw new AppError(
    'forbidden',
    `Contribution ${work.id} is ${work.author}'s; its author, its reviewers and maintainers have it measured.`,
  )
}

function chooseMethod(facts: ReleaseFacts, work: Work, wanted: string | undefined): Measurement['method'] {
  const { release } = facts
  const warmIsPossible = release.previousId !== null && (work.revision as number) > facts.previousNumber
  if (wanted === undefined) return warmIsPossible ? 'warm' : 'full'
  const method = measurementMethods.find((known) => known === wanted)
  if (!method)
    throw new AppError('invalid', `There is no method ${JSON.stringify(wanted.slice(0, 40))}; choose ${measurementMethods.join(' or ')}.`)
  if (method === 'warm' && !warmIsPossible)
    throw new AppError(
      'invalid',
      release.previousId === null
        ? `${release.model} ${release.version} is the first release, so there is none to begin at; choose full.`
        : `The release before ${release.version} has learned from contribution ${work.id} already; only full leaves it out.`,
    )
  return method
}

async function refuseMany(db: Db, actor: Actor): Promise<void> {
  if (actor.kind === 'operator') return
  const rows = await db
    .selectFrom('contributionMeasurements as measurements')
    .innerJoin('builds', 'builds.id', 'measurements.withoutBuildId')
    .select('measurements.contributionId')
    .where('measurements.requestedBy', '=', actor.id)
    .where('builds.state', 'in', ['queued', 'running'])
    .execute()
  if (rows.length >= mostWaiting)
    throw new AppError('conflict', `${actor.name} waits for ${rows.length} measurements already; ask again when one of them has ended.`)
}

interface WantedBuilds {
  readonly with: WantedBuild | null
  readonly without: WantedBuild
}

async function wantedBuilds(database: Database, facts: ReleaseFacts, work: Work, method: Measurement['method']): Promise<WantedBuilds> {
  const { release, run } = facts
  const base = await findBaseById(database, run.baseId)
  const suites = release.gate.suites.map(({ comparison }) => comparison.suite.id)
  const revision = await database.transaction().execute(async (db) => {
    await lockModel(db, release.modelId)
    return withoutWork(db, facts, work)
  })
  if (revision.count === 0)
    throw new AppError('conflict', `Without contribution ${work.id} nothing is left to train on, so there is nothing to compare with.`)
  if (method === 'full') {
    const warmStart = run.warmStartId === null ? null : await findCheckpoint(database, run.warmStartId)
    return { with: null, without: { base, revision, recipe: run.recipe, warmStart, suites, baselineId: release.id } }
  }
  const previous: Release = await findReleaseById(database, release.previousId as number)
  const warmStart = await findCheckpoint(database, previous.checkpointId)
  const shared = { base, recipe: warmRecipe(run.recipe), warmStart, suites, baselineId: previous.id }
  return { with: { ...shared, revision: { ...run.revision, modelId: release.modelId } }, without: { ...shared, revision } }
}

/** The release's dataset less what stands of the contribution; what it alone had taken out comes back. */
async function withoutWork(db: Db, facts: ReleaseFacts, work: Work): Promise<DraftRevision> {
  const { run, number, release } = facts
  const { coming: brought } = await digestsOfChanges(db, work.id, work.round)
  const standing = await membersAmong(db, run.revision.id, brought)
  const by = await broughtBy(db, { modelId: release.modelId, number }, [...standing])
  const going = [...standing].filter((digest) => by.get(digest)?.contribution === work.id)
  const others = new Set(facts.works.flatMap((other) => (other.id !== work.id && isAcceptedBy(other, number) ? other.targets : [])))
  const coming = [...new Set(work.targets)].filter((target) => !facts.present.has(target) && !others.has(target))
  return draftRevision(db, release.modelId, run.revision, { going, coming })
}
