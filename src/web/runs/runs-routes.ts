/** Runs: started, watched, cancelled, gone on with. */

import { Hono, type Context } from 'hono'
import { latestRevision } from '../../domain/datasets/dataset-queries.ts'
import { findBaseById, findModel, findModelById } from '../../domain/models/model-queries.ts'
import { namesOf } from '../../domain/people/people-names.ts'
import { releasesOfCheckpoints } from '../../domain/releases/releases-of-checkpoint.ts'
import { cancelRun } from '../../domain/training/cancel-run.ts'
import { resumeRun } from '../../domain/training/resume-run.ts'
import { curveOf, newestSteps } from '../../domain/training/run-curve.ts'
import { findRun, listRuns } from '../../domain/training/run-queries.ts'
import { startRun, type TrainingApp } from '../../domain/training/start-run.ts'
import type { AppError } from '../../errors.ts'
import { attempt, typedIn, type Typed } from '../form.ts'
import { goOn, show } from '../page.ts'
import { idIn, keyIn } from '../parts/numbers-in-paths.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { runPage } from './run-page.ts'
import { runsPage } from './runs-page.ts'

const perPage = 20

export function runsRoutes(app: TrainingApp): Hono {
  return new Hono()
    .get('/models/:owner/:name/runs', async (c) => showRuns(app, c))
    .post('/models/:owner/:name/runs', async (c) => {
      const actor = requireVisitor(c)
      const typed = await typedIn(c)
      const again = typed['again'] === 'yes'
      const { done, refused } = await attempt(() => startRun(app, actor, nameOf(c), { recipe: typed['recipe'] ?? '', again }))
      if (refused) return showRuns(app, c, typed, refused)
      sayNext(c, Date.now() - done.createdAt.getTime() < 10_000 ? 'runs.saidStarted' : 'runs.saidKnown', { id: String(done.id) })
      return goOn(c, `/runs/${done.id}`)
    })
    .get('/runs/:run', async (c) => showRun(app, c, idIn(c.req.param('run'))))
    .post('/runs/:run/cancel', async (c) => {
      const [actor, id] = [requireVisitor(c), idIn(c.req.param('run'))]
      const { refused } = await attempt(() => cancelRun(app, actor, id))
      if (refused) return showRun(app, c, id, refused)
      sayNext(c, 'runs.saidCancelled')
      return goOn(c, `/runs/${id}`)
    })
    .post('/runs/:run/resume', async (c) => {
      const [actor, id] = [requireVisitor(c), idIn(c.req.param('run'))]
      const { refused } = await attempt(() => resumeRun(app, actor, id))
      if (refused) return showRun(app, c, id, refused)
      sayNext(c, 'runs.saidResumed')
      return goOn(c, `/runs/${id}`)
    })
}

const nameOf = (c: Context) => `${c.req.param('owner')}/${c.req.param('name')}`

async function showRuns(app: TrainingApp, c: Context, typed: Typed = {}, refused: AppError | null = null) {
  const model = await findModel(app.db, nameOf(c))
  const after = keyIn(c.req.query('after'))
  const found = await listRuns(app.db, nameOf(c), { limit: perPage + 1, ...(after !== undefined && { after }) })
  const runs = found.slice(0, perPage)
  const data = {
    model,
    runs,
    releases: await releasesOfCheckpoints(
      app.db,
      runs.flatMap(({ checkpoint }) => checkpoint?.id ?? []),
    ),
    nameOf: await namesOf(
      app.db,
      runs.map(({ startedBy }) => startedBy),
    ),
    older: found.length > perPage ? (runs.at(-1)?.id ?? null) : null,
    dataset: await latestRevision(app.db, model.id),
    typed,
    refused,
  }
  return show(c, runsPage(c.get('visit'), data))
}

async function showRun(app: TrainingApp, c: Context, id: number, refused: AppError | null = null) {
  const run = await findRun(app.db, id)
  const data = {
    run,
    model: await findModelById(app.db, run.modelId),
    base: (await findBaseById(app.db, run.baseId)).name,
    curve: await curveOf(app.db, id),
    newest: await newestSteps(app.db, id),
    releases: run.checkpoint ? await releasesOfCheckpoints(app.db, [run.checkpoint.id]) : [],
    startedBy: (await namesOf(app.db, [run.startedBy]))(run.startedBy),
    refused,
  }
  return show(c, runPage(c.get('visit'), data))
}
