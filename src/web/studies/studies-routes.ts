/** Studies of a community: asked for, followed, stopped, and a suggested rate taken into the recipe. */

import { Hono, type Context } from 'hono'
import { latestRevision } from '../../domain/datasets/dataset-queries.ts'
import { findModel, findModelById } from '../../domain/models/model-queries.ts'
import { cancelStudy } from '../../domain/studies/cancel-study.ts'
import { requestRateSearch } from '../../domain/studies/request-rate-search.ts'
import { requestTrace } from '../../domain/studies/request-trace.ts'
import { findStudy, listStudies } from '../../domain/studies/study-queries.ts'
import { takeRate } from '../../domain/studies/take-rate.ts'
import { newestFinishedRun } from '../../domain/training/run-queries.ts'
import type { TrainingApp } from '../../domain/training/start-run.ts'
import type { AppError } from '../../errors.ts'
import { attempt, typedIn, type Typed } from '../form.ts'
import { modelPath } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { idIn, keyIn } from '../parts/numbers-in-paths.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { studiesPage } from './studies-page.ts'
import { studyPage } from './study-page.ts'

const perPage = 20

export function studiesRoutes(app: TrainingApp): Hono {
  return new Hono()
    .get('/models/:owner/:name/studies', async (c) => showStudies(app, c))
    .post('/models/:owner/:name/studies/rate', async (c) => {
      const actor = requireVisitor(c)
      const { done, refused } = await attempt(() => requestRateSearch(app, actor, nameOf(c)))
      return refused ? showStudies(app, c, {}, refused) : goOn(c, `/studies/${done.id}`)
    })
    .post('/models/:owner/:name/studies/trace', async (c) => {
      const [actor, typed] = [requireVisitor(c), await typedIn(c)]
      const [question, run] = [typed['question']?.trim() ?? '', keyIn(typed['run'])]
      const { done, refused } = await attempt(() =>
        requestTrace(app, actor, nameOf(c), {
          answer: typed['answer']?.trim() ?? '',
          ...(question !== '' && { question }),
          ...(run !== undefined && { run }),
        }),
      )
      return refused ? showStudies(app, c, typed, refused) : goOn(c, `/studies/${done.id}`)
    })
    .get('/studies/:study', async (c) => showStudy(app, c))
    .post('/studies/:study/cancel', async (c) => {
      const study = await cancelStudy(app, requireVisitor(c), idIn(c.req.param('study')))
      sayNext(c, 'studies.saidCancelled')
      return goOn(c, `/studies/${study.id}`)
    })
    .post('/studies/:study/take', async (c) => {
      const [actor, typed] = [requireVisitor(c), await typedIn(c)]
      const message = typed['message']?.trim() ?? ''
      const { done, refused } = await attempt(() => takeRate(app, actor, idIn(c.req.param('study')), message === '' ? undefined : message))
      if (refused) return showStudy(app, c, refused)
      sayNext(c, 'studies.saidTaken')
      return goOn(c, modelPath(`${done.owner}/${done.name}`, '/runs'))
    })
}

const nameOf = (c: Context) => `${c.req.param('owner')}/${c.req.param('name')}`

async function showStudies(app: TrainingApp, c: Context, typed: Typed = {}, refused: AppError | null = null) {
  const model = await findModel(app.db, nameOf(c))
  const after = keyIn(c.req.query('after'))
  const found = await listStudies(app.db, nameOf(c), { limit: perPage + 1, ...(after !== undefined && { after }) })
  const studies = found.slice(0, perPage)
  const asked = keyIn(typed['run'] ?? c.req.query('run'))
  const data = {
    model,
    studies,
    older: found.length > perPage ? (studies.at(-1)?.id ?? null) : null,
    dataset: await latestRevision(app.db, model.id),
    run: asked ?? (await newestFinishedRun(app.db, model.id))?.id ?? null,
    typed,
    refused,
  }
  return show(c, studiesPage(c.get('visit'), data))
}

async function showStudy(app: TrainingApp, c: Context, refused: AppError | null = null) {
  const study = await findStudy(app.db, idIn(c.req.param('study')))
  return show(c, studyPage(c.get('visit'), { study, model: await findModelById(app.db, study.modelId), refused }))
}
