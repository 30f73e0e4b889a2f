/** Trains on a fraction of a dataset as the whole would be trained, and asks the result every suite as served; or finds that this was done before. */

import { AppError } from '../../errors.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import type { JobContext } from '../../storage/jobs.ts'
import { findBuild } from '../builds/build-queries.ts'
import type { Build } from '../builds/build.ts'
import { requestBuild } from '../builds/request-build.ts'
import { runBuild, type BuildApp } from '../builds/run-build.ts'
import { changeKeeping } from '../datasets/draft-changes.ts'
import { examplesOf } from '../datasets/examples-of.ts'
import { draftRevision } from '../datasets/revise-dataset.ts'
import type { DraftRevision } from '../datasets/dataset-revision.ts'
import { findEvaluation } from '../evaluation/evaluation-queries.ts'
import { requestEvaluations } from '../evaluation/request-evaluations.ts'
import { runEvaluation } from '../evaluation/run-evaluation.ts'
import { findBaseById, findModelById } from '../models/model-queries.ts'
import { findSuites } from '../models/suite-queries.ts'
import { operator } from '../people/actor.ts'
import { servedModelOf } from '../releases/release-queries.ts'
import { findRun } from '../training/run-queries.ts'
import type { TrainingRun } from '../training/run.ts'
import { findTwin, type WantedRun } from '../training/wanted-run.ts'
import type { ForecastRow } from './forecast-queries.ts'
import type { ForecastPoint } from './forecast.ts'
import { chosen, fractionName, type Fraction, type Member } from './fractions.ts'

/** Null where the forecast was cancelled meanwhile. */
export async function measureFraction(
  app: BuildApp,
  forecast: ForecastRow,
  fraction: Fraction,
  context: JobContext,
): Promise<ForecastPoint | null> {
  const revision = await fractionOf(app.db, forecast, fraction)
  const wanted = {
    base: await findBaseById(app.db, (await findModelById(app.db, forecast.modelId)).baseId),
    revision,
    recipe: { ...forecast.recipe, seed: forecast.recipe.seed + fraction.choice - 1 },
    warmStart: null,
  }
  const candidate = await trainedCandidate(app, { ...wanted, purpose: 'candidate' })
  const measured = candidate
    ? { run: candidate, evaluations: await evaluate(app, forecast, candidate, context) }
    : await build(app, forecast, fraction, wanted, context)
  if (measured === null) return null
  const { run, evaluations } = measured
  const asked = await Promise.all(evaluations.map((id) => findEvaluation(app.db, id)))
  return {
    ...fraction,
    examples: revision.count,
    runId: run.id,
    evaluations,
    seconds: (run.progress.result?.seconds ?? 0) + asked.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
    reused: run.createdAt < forecast.createdAt,
  }
}

/** A draft of the dataset cut down to the fraction; the whole is the revision itself. */
async function fractionOf(db: BuildApp['db'], forecast: ForecastRow, fraction: Fraction): Promise<DraftRevision> {
  const { revision } = forecast
  if (fraction.share === 1) return { ...revision, modelId: forecast.modelId }
  const members: Member[] = []
  for await (const { digest, provenance } of examplesOf(db, revision)) members.push({ digest, language: provenance.language })
  const kept: ReadonlySet<Digest> = chosen(members, fraction)
  return db.transaction().execute(async (inside) => {
    const change = await changeKeeping(inside, revision, (digest) => kept.has(digest))
    return draftRevision(inside, forecast.modelId, revision, change)
  })
}

/** A run that could be released and was trained on exactly this: nothing is trained twice. */
async function trainedCandidate(app: BuildApp, wanted: WantedRun): Promise<TrainingRun | null> {
  const twin = await findTwin(app, wanted)
  const run = twin === null ? null : await findRun(app.db, twin)
  return run?.checkpoint ? run : null
}

async function evaluate(app: BuildApp, forecast: ForecastRow, run: TrainingRun, context: JobContext): Promise<number[]> {
  const suites = await findSuites(app.db, forecast.suites)
  const { base } = await servedModelOf(app.db, { base: (await findBaseById(app.db, run.baseId)).name })
  const subject = { checkpointId: run.checkpoint!.id, served: { base, adapter: run.checkpoint!.served } }
  const asked = await app.db.transaction().execute((db) => requestEvaluations(app.jobs, db, suites, subject))
  for (const { id } of asked) {
    await runEvaluation(app, id, context)
    context.signal.throwIfAborted()
    const { state, error } = await findEvaluation(app.db, id)
    if (state !== 'finished') throw new AppError('conflict', `Evaluation ${id} is ${state}${error === null ? '' : `: ${error}`}`)
  }
  return asked.map(({ id }) => id)
}

async function build(
  app: BuildApp,
  forecast: ForecastRow,
  fraction: Fraction,
  wanted: Omit<WantedRun, 'purpose'>,
  context: JobContext,
): Promise<{ readonly run: TrainingRun; readonly evaluations: number[] } | null> {
  const { id } = await requestBuild(app, operator, { ...wanted, baselineId: null, suites: forecast.suites })
  // Says what is being built, for those who watch; and that it need not be, where the forecast was cancelled before.
  const { numUpdatedRows } = await app.db
    .updateTable('forecasts')
    .set({ buildId: id })
    .where('id', '=', forecast.id)
    .where('state', '=', 'running')
    .executeTakeFirst()
  if (Number(numUpdatedRows) === 0) return null
  await runBuild(app, id, context)
  context.signal.throwIfAborted()
  const built = await findBuild(app.db, id)
  if (built.state === 'finished') return { run: built.run, evaluations: evaluationsOf(built) }
  if ((await stateOf(app.db, forecast.id)) === 'cancelled') return null
  throw new AppError(
    'conflict',
    `The training on ${fractionName(fraction)} ${built.state}${built.error === null ? '' : `: ${built.error}`}`,
  )
}

function evaluationsOf({ comparisons }: Build): number[] {
  return (comparisons ?? []).map(({ subject }) => subject.evaluationId)
}

async function stateOf(db: Db, id: number): Promise<string> {
  return (await db.selectFrom('forecasts').select('state').where('id', '=', id).executeTakeFirstOrThrow()).state
}
