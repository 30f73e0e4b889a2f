/** Release trains: their rhythm, each departure, and what maintainers decide about it. */

import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { findModel, findModelById } from '../../domain/models/model-queries.ts'
import { cancelTrain } from '../../domain/release-train/cancel-train.ts'
import { startTrain, type DepartureApp } from '../../domain/release-train/depart.ts'
import { publishTrain, type PublishingApp } from '../../domain/release-train/publish-train.ts'
import { weekdays, type Rhythm } from '../../domain/release-train/schedule.ts'
import { setSchedule } from '../../domain/release-train/set-schedule.ts'
import { findTrain, scheduleHistory, scheduleOf } from '../../domain/release-train/train-queries.ts'
import { trainSummaries } from '../../domain/release-train/train-summaries.ts'
import type { AppError } from '../../errors.ts'
import { attempt, readForm, typedIn, type Typed } from '../form.ts'
import { modelPath } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { idIn, keyIn } from '../parts/numbers-in-paths.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { trainPage } from './train-page.ts'
import { trainsPage } from './trains-page.ts'

type TrainsApp = DepartureApp & PublishingApp

const perPage = 10

const scheduleForm = z.object({
  kind: z.enum(['weekly', 'after', 'by-hand']),
  day: z.enum(weekdays).default('monday'),
  examples: z.coerce.number(),
  publish: z.literal('yes').optional(),
  builds: z.coerce.number(),
})

export function trainsRoutes(app: TrainsApp): Hono {
  return new Hono()
    .get('/models/:owner/:name/trains', async (c) => showTrains(app, c))
    .post('/models/:owner/:name/trains', async (c) => {
      const actor = requireVisitor(c)
      const { done, refused } = await attempt(() => startTrain(app, actor, nameOf(c)))
      if (refused) return showTrains(app, c, undefined, refused)
      sayNext(c, 'trains.saidLeft', { number: String(done.number) })
      return goOn(c, `/trains/${done.id}`)
    })
    .post('/models/:owner/:name/trains/schedule', async (c) => {
      const actor = requireVisitor(c)
      const typed = await typedIn(c)
      const { refused } = await attempt(async () => {
        const { kind, day, examples, publish, builds } = readForm(scheduleForm, typed)
        const rhythm: Rhythm = kind === 'weekly' ? { kind, day } : kind === 'after' ? { kind, examples } : { kind }
        return setSchedule(app, actor, nameOf(c), { rhythm, publish: publish === 'yes', builds })
      })
      if (refused) return showTrains(app, c, typed, refused)
      sayNext(c, 'trains.saidSet')
      return goOn(c, modelPath(nameOf(c), '/trains'))
    })
    .get('/trains/:train', async (c) => showTrain(app, c, idIn(c.req.param('train'))))
    .post('/trains/:train/publish', async (c) => {
      const [actor, id] = [requireVisitor(c), idIn(c.req.param('train'))]
      const { done, refused } = await attempt(() => publishTrain(app, actor, id))
      if (refused) return showTrain(app, c, id, refused)
      if (done.release !== null) sayNext(c, 'releases.saidPublished', { version: done.release })
      return goOn(c, `/trains/${id}`)
    })
    .post('/trains/:train/cancel', async (c) => {
      const [actor, id] = [requireVisitor(c), idIn(c.req.param('train'))]
      const { refused } = await attempt(() => cancelTrain(app, actor, id))
      if (refused) return showTrain(app, c, id, refused)
      sayNext(c, 'trains.saidCancelled')
      return goOn(c, `/trains/${id}`)
    })
}

const nameOf = (c: Context) => `${c.req.param('owner')}/${c.req.param('name')}`

async function showTrains(app: TrainsApp, c: Context, typed?: Typed, refused: AppError | null = null) {
  const model = await findModel(app.db, nameOf(c))
  const after = keyIn(c.req.query('after'))
  const found = await trainSummaries(app.db, model.id, { limit: perPage + 1, ...(after !== undefined && { after }) })
  const data = {
    model,
    trains: found.slice(0, perPage),
    schedule: await scheduleOf(app.db, model.id),
    history: await scheduleHistory(app.db, model.id, { limit: 20 }),
    older: found.length > perPage ? (found[perPage - 1]?.id ?? null) : null,
    refused,
    ...(typed && { typed }),
  }
  return show(c, trainsPage(c.get('visit'), data))
}

async function showTrain(app: TrainsApp, c: Context, id: number, refused: AppError | null = null) {
  const train = await findTrain(app.db, id)
  return show(c, trainPage(c.get('visit'), { train, model: await findModelById(app.db, train.modelId), refused }))
}
