/** Makes one candidate of several finished runs: its weights are the mean of theirs. */

import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import type { Recipe } from '../../trainers/trainer.ts'
import { findModel, lockModel } from '../models/model-queries.ts'
import { actorId, requireRole, type Actor } from '../people/actor.ts'
import { announce } from './changes.ts'
import { findRun } from './run-queries.ts'
import { noProgress, type AveragedRun, type TrainingRun } from './run.ts'
import type { TrainingApp } from './start-run.ts'
import { adapterFolder, baseFolder } from './work-folder.ts'

/** Each is read into memory by itself; more say nothing more. */
const mostRuns = 20

/**
 * Reviewers and maintainers. Queues a run that trains nothing: its checkpoint is the mean of the named runs' checkpoints, with their digests on record. One of
 * exactly these is returned as it is. Refused with `conflict` or `invalid`, in words, are runs whose mean means nothing: of other bases, datasets, adapter
 * forms or beginnings.
 */
export async function averageRuns(
  app: Pick<TrainingApp, 'db' | 'jobs' | 'trainer'>,
  actor: Actor,
  name: string,
  ids: readonly number[],
): Promise<TrainingRun> {
  return app.db.transaction().execute(async (db) => {
    const model = await findModel(db, name)
    requireRole(actor, 'reviewer', model.id)
    await lockModel(db, model.id)
    const wanted = [...new Set(ids)].sort((a, b) => a - b)
    if (wanted.length < 2 || wanted.length > mostRuns)
      throw new AppError(
        'invalid',
        `${wanted.length} run${wanted.length === 1 ? '' : 's'} cannot be averaged; name 2 to ${mostRuns} finished runs.`,
      )
    const runs: TrainingRun[] = []
    for (const id of wanted) runs.push(await findRun(db, id))
    refuseUnlike(runs, model.id, name)
    const sources = runs.map(({ id, checkpoint }): AveragedRun => ({ run: id, checkpoint: checkpoint!.id, digest: checkpoint!.digest }))
    const known = await sameAverage(db, model.id, sources)
    if (known !== null) return findRun(db, known)
    const newest = runs.at(-1)!
    const step = Math.max(...runs.map((run) => run.checkpoint!.step))
    const { id } = await db
      .insertInto('trainingRuns')
      .values({
        modelId: model.id,
        baseId: newest.baseId,
        revisionId: newest.revision.id,
        warmStartId: newest.warmStartId,
        averagedFrom: JSON.stringify(sources),
        purpose: 'candidate',
        recipe: JSON.stringify(newest.recipe),
        trainer: app.trainer.version,
        examples: newest.examples,
        state: 'queued',
        progress: JSON.stringify({ ...noProgress, step, steps: step }),
        error: null,
        startedBy: actorId(actor),
        startedAt: null,
        endedAt: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await app.jobs.enqueue(db, 'train', { runId: id })
    await announce(db)
    return findRun(db, id)
  })
}

/** The folder with the mean of its sources' adapters, inside `output`. */
export async function averagedAdapter(
  app: TrainingApp,
  base: Parameters<typeof baseFolder>[1],
  sources: readonly AveragedRun[],
  output: string,
) {
  const adapters: string[] = []
  for (const { run } of sources) adapters.push(await adapterFolder(app, (await findRun(app.db, run)).checkpoint!))
  return app.trainer.average({ base: await baseFolder(app, base), adapters, output })
}

function refuseUnlike(runs: readonly TrainingRun[], modelId: number, name: string): void {
  const first = runs[0]!
  const digests = new Map<string, number>()
  for (const run of runs) {
    const conflict = (fact: string): never => {
      throw new AppError('conflict', fact)
    }
    if (run.modelId !== modelId)
      throw new AppError('invalid', `Run ${run.id} belongs to another model than ${name}; "run list ${name}" shows its runs.`)
    if (run.checkpoint === null) return conflict(`Run ${run.id} is ${run.state}; runs can be averaged once they have finished.`)
    if (run.revision.number === null)
      return conflict(`Run ${run.id} was trained on a draft that nobody accepted; choose runs of the dataset as it stands.`)
    if (run.averagedFrom !== null) return conflict(`Run ${run.id} is a mean itself; name the runs it was made of.`)
    if (run.baseId !== first.baseId) return conflict(`Runs ${first.id} and ${run.id} are over different bases.`)
    if (run.revision.digest !== first.revision.digest)
      return conflict(
        `Run ${first.id} was trained on revision ${first.revision.number} and run ${run.id} on ${run.revision.number}: a release has to say whose every example is. Average runs of one revision.`,
      )
    if (!isDeepStrictEqual(formOf(run.recipe), formOf(first.recipe)))
      return conflict(
        `The adapters of runs ${first.id} and ${run.id} differ in method, rank, alpha or target modules, so they have no mean.`,
      )
    if (run.recipe.seed !== first.recipe.seed || run.warmStartId !== first.warmStartId)
      return conflict(
        `Runs ${first.id} and ${run.id} began at different weights (seed ${first.recipe.seed} and ${run.recipe.seed}): their adapters have nothing in common to average. Choose runs of one seed that differ in rate, length or order.`,
      )
    const twin = digests.get(run.checkpoint.digest)
    if (twin !== undefined) return conflict(`Runs ${twin} and ${run.id} have the same weights; name one of them.`)
    digests.set(run.checkpoint.digest, run.id)
  }
}

/** Its target modules in any order mean the same. */
function formOf({ method }: Recipe): unknown {
  return method.kind === 'full' ? method : { ...method, targetModules: [...method.targetModules].sort() }
}

async function sameAverage(db: Db, modelId: number, sources: readonly AveragedRun[]): Promise<number | null> {
  const row = await db
    .selectFrom('trainingRuns')
    .select('id')
    .where('modelId', '=', modelId)
    .where((where) => where('averagedFrom', '=', where.cast(where.val(JSON.stringify(sources)), 'jsonb')))
    .where('state', 'in', ['finished', 'queued', 'running'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.id ?? null
}
