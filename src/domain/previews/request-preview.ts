/** Asks for a preview of an undecided proposal, and for nothing that was built before. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import { requestBuild, type WantedBuild } from '../builds/request-build.ts'
import { warmRecipe } from '../builds/warm-recipe.ts'
import { lockContribution } from '../contributions/contribute.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import type { Contribution } from '../contributions/contribution.ts'
import { latestRevision } from '../datasets/dataset-queries.ts'
import { changeWith } from '../datasets/draft-changes.ts'
import { draftRevision } from '../datasets/revise-dataset.ts'
import { findBaseById, findModelById, lockModel } from '../models/model-queries.ts'
import { listSuites } from '../models/suite-queries.ts'
import { actorId, hasRole, type Actor } from '../people/actor.ts'
import { latestRelease } from '../releases/release-queries.ts'
import { findCheckpoint, findRun } from '../training/run-queries.ts'
import type { TrainingApp } from '../training/start-run.ts'
import { recipeOf } from '../training/wanted-run.ts'
import { dropUnfinished, requireAuthorOrReviewer, unfinished } from './cancel-preview.ts'
import { suiteOfOwnCases } from './own-cases.ts'
import { findPreview, isUndecided, latestPreview } from './preview-queries.ts'
import type { Preview } from './preview.ts'

/**
 * Its author, reviewers and maintainers. The preview of exactly this, where there is one that has not failed or been cancelled, and a new one otherwise,
 * which takes the place of one still under way. A contributor has one under way at a time.
 */
export async function requestPreview(app: TrainingApp, actor: Actor, contributionId: number): Promise<Preview> {
  const contribution = await findContribution(app.db, contributionId)
  requireAuthorOrReviewer(actor, contribution)
  if (actor.kind === 'person' && !hasRole(actor, 'reviewer', contribution.modelId)) await refuseSecond(app, actor, contribution)
  return makePreview(app, actor, contribution, { automatic: false })
}

/** Says nothing about who may ask: its callers do. */
export async function makePreview(
  app: TrainingApp,
  actor: Actor,
  contribution: Contribution,
  { automatic }: { readonly automatic: boolean },
): Promise<Preview> {
  const { id, state, round } = contribution
  if (!isUndecided(contribution))
    throw new AppError('conflict', `Contribution ${id} is ${state}; only one that is not decided yet can be previewed.`)
  const wanted = await app.db.transaction().execute((db) => wantedBuilds({ db, blobs: app.blobs }, contribution))
  // The proposal's first: its answers beside the release's are there to be read while the control is built.
  const build = await requestBuild(app, actor, wanted.build)
  const control = wanted.control && (await requestBuild(app, actor, wanted.control))
  const preview = await app.db.transaction().execute(async (db) => {
    await lockContribution(db, id)
    const known = await latestPreview(db, id)
    const same = known?.round === round && known.build.id === build.id && (known.control?.id ?? null) === (control?.id ?? null)
    if (known && same && known.state !== 'cancelled') return known
    await db
      .insertInto('previews')
      .values({
        contributionId: id,
        round,
        headId: wanted.headId,
        releaseId: wanted.build.baselineId,
        buildId: build.id,
        controlId: control?.id ?? null,
        automatic,
        requestedBy: automatic ? null : actorId(actor),
        cancelledAt: null,
      })
      .execute()
    return findPreview(db, id)
  })
  await dropUnfinished(app, id, { but: preview.id })
  return preview
}

interface WantedBuilds {
  readonly headId: number | null
  readonly build: WantedBuild
  readonly control: WantedBuild | null
}

async function wantedBuilds(app: { readonly db: Db; readonly blobs: Blobs }, contribution: Contribution): Promise<WantedBuilds> {
  const { db } = app
  const { id, modelId, model: name } = contribution
  await lockModel(db, modelId)
  const suites = await listSuites(db, modelId)
  if (suites.length === 0)
    throw new AppError('conflict', `${name} has no eval suite, so a preview could show nothing; "suite add ${name} <file.jsonl>" adds one.`)
  const head = await latestRevision(db, modelId)
  const change = await changeWith(db, contribution)
  if (change.coming.length + change.going.length === 0)
    throw new AppError('conflict', `Contribution ${id} would change nothing: the dataset already is what it asks for.`)
  const draft = await draftRevision(db, modelId, head, change)
  if (draft.count === 0) throw new AppError('conflict', `Contribution ${id} would leave the dataset empty; there is nothing to train on.`)

  const model = await findModelById(db, modelId)
  const base = await findBaseById(db, model.baseId)
  const release = await latestRelease(db, modelId)
  const whole = recipeOf(model, base)
  const own = await suiteOfOwnCases(app, contribution)
  const shared = { base, baselineId: release?.id ?? null, suites: [...suites.map((suite) => suite.id), ...(own === null ? [] : [own])] }
  if (!release) {
    const cold = { ...shared, warmStart: null, recipe: whole }
    return wanted(cold, draft, head)
  }
  const warmStart = await findCheckpoint(db, release.checkpointId)
  // An adapter is gone on with in its own shape, also where the recipe has moved on to another.
  const { method } = (await findRun(db, warmStart.runId)).recipe
  return wanted({ ...shared, warmStart, recipe: warmRecipe({ ...whole, method }) }, draft, head)
}

type Revision = WantedBuild['revision']

function wanted(made: Omit<WantedBuild, 'revision'>, draft: Revision, head: Revision | null): WantedBuilds {
  return {
    headId: head?.id ?? null,
    build: { ...made, revision: draft },
    control: head === null || head.count === 0 ? null : { ...made, revision: head },
  }
}

/** The queue is everybody's: somebody who is not a reviewer yet waits for one preview before asking for another. */
async function refuseSecond(app: { readonly db: Database }, actor: Actor, { id }: Contribution): Promise<void> {
  const other = await unfinished(app.db)
    .where('previews.requestedBy', '=', actorId(actor))
    .where('previews.contributionId', '!=', id)
    .executeTakeFirst()
  if (other)
    throw new AppError(
      'conflict',
      `Your preview of contribution ${other.contributionId} is still under way; wait for it, or stop it with "preview cancel ${other.contributionId}".`,
    )
}
