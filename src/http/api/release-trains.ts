/** Release trains: a community's rhythm, each departure, and what maintainers decide about it. */

import { createRoute } from '@hono/zod-openapi'
import { findModel } from '../../domain/models/model-queries.ts'
import { cancelTrain } from '../../domain/release-train/cancel-train.ts'
import { startTrain, type DepartureApp } from '../../domain/release-train/depart.ts'
import { publishTrain, type PublishingApp } from '../../domain/release-train/publish-train.ts'
import { describeSchedule, weekdays } from '../../domain/release-train/schedule.ts'
import { setSchedule } from '../../domain/release-train/set-schedule.ts'
import { findTrain, listTrains, scheduleHistory, scheduleOf, watchTrain } from '../../domain/release-train/train-queries.ts'
import { requireActor } from '../auth.ts'
import { eventResponse } from './events.ts'
import { body, eventStream, failures, idText, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { comparison, gateReport, plain } from './schemas.ts'

const rhythm = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('weekly'), day: z.enum(weekdays) }),
    z.strictObject({ kind: z.literal('after'), examples: z.int() }),
    z.strictObject({ kind: z.literal('by-hand') }),
  ])
  .openapi('Rhythm')

const settings = z.object({
  rhythm,
  publish: z.boolean().openapi({ description: 'A train publishes by itself what passes its gate with everybody aboard.' }),
  builds: z.int().openapi({ description: 'Builds that the search for what broke a gate may take; 0 searches for none.' }),
})

const schedule = settings
  .extend({
    sentence: z.string(),
    history: z.array(settings.extend({ id: z.int(), setBy: z.int().nullable(), by: z.string(), createdAt: z.iso.datetime() })),
  })
  .openapi('TrainSchedule')

const train = z
  .object({
    id: z.int(),
    modelId: z.int(),
    model: z.string(),
    number: z.int(),
    state: z.enum(['running', 'proposed', 'published', 'overtaken', 'stopped', 'failed', 'cancelled']),
    stage: z.enum(['train', 'evaluate', 'gate', 'search', 'propose', 'publish']),
    statusLine: z.string(),
    reason: z.string(),
    startedBy: z.int().nullable(),
    baselineId: z.int().nullable(),
    revisionId: z.int(),
    runId: z.int().nullable(),
    buildId: z.int().nullable(),
    gate: gateReport.nullable(),
    firstGate: gateReport.nullable().openapi({ description: 'With everybody aboard, where that failed.' }),
    leftOut: z.array(z.int()).openapi({ description: 'Contributions found to break the gate.' }),
    outcome: z.string().nullable(),
    letters: z.array(z.object({ contribution: z.int(), authorId: z.int().nullable(), author: z.string(), text: z.string() })),
    reversalId: z.int().nullable().openapi({ description: 'The contribution that takes back what is left out.' }),
    releaseId: z.int().nullable(),
    release: z.string().nullable(),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    passengers: z.array(
      z.object({ id: z.int(), authorId: z.int().nullable(), author: z.string(), message: z.string(), examples: z.int() }),
    ),
    trials: z.array(
      z.object({
        draw: z.union([z.literal(0), z.literal(1)]),
        contributions: z.array(z.int()),
        buildId: z.int(),
        verdict: z.enum(['breaks', 'holds']).nullable(),
        comparisons: z.array(comparison),
        seconds: z.number(),
      }),
    ),
  })
  .openapi('ReleaseTrain')

const trainPath = z.object({ train: idText })

/** As types, for those who call the API. */
export interface TrainAnswers {
  readonly schedule: z.infer<typeof schedule>
  readonly train: z.infer<typeof train>
}

export function releaseTrainRoutes(app: DepartureApp & PublishingApp) {
  const scheduleNow = async (model: string) => {
    const { id } = await findModel(app.db, model)
    const { rhythm, publish, builds } = await scheduleOf(app.db, id)
    const now = { rhythm, publish, builds }
    return plain({ ...now, sentence: describeSchedule(now), history: await scheduleHistory(app.db, id) }) as TrainAnswers['schedule']
  }
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/train-schedule',
        summary: 'When trains of this community leave, and every change of that',
        request: { params: modelPath },
        responses: { 200: json(schedule, 'The settings, newest first in `history`.'), ...failures },
      }),
      async (c) => c.json(await scheduleNow(modelOf(c.req.valid('param'))), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/train-schedule',
        summary: 'Change the rhythm; what is not said stays as it is',
        request: { params: modelPath, body: body(settings.partial().strict()) },
        responses: { 200: json(schedule, 'The settings.'), ...failures },
      }),
      async (c) => {
        const model = modelOf(c.req.valid('param'))
        await setSchedule(app, requireActor(c), model, c.req.valid('json'))
        return c.json(await scheduleNow(model), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/trains',
        summary: 'Let a train leave now',
        request: { params: modelPath },
        responses: { 200: json(train, 'The train.'), ...failures },
      }),
      async (c) => c.json(plain(await startTrain(app, requireActor(c), modelOf(c.req.valid('param')))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/trains',
        summary: 'Trains, newest first',
        request: { params: modelPath, query: page },
        responses: { 200: json(z.array(train), 'Trains.'), ...failures },
      }),
      async (c) => c.json(plain(await listTrains(app.db, modelOf(c.req.valid('param')), pageOf(c.req.valid('query')))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/trains/{train}',
        summary: 'One train: its line, who is aboard, what was tried and found',
        request: { params: trainPath },
        responses: { 200: json(train, 'The train.'), ...failures },
      }),
      async (c) => c.json(plain(await findTrain(app.db, c.req.valid('param').train)), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/trains/{train}/events',
        summary: 'Follow a train until it waits for a decision or has ended',
        request: { params: trainPath },
        responses: { 200: eventStream('Events `update` with the train as it is now.'), ...failures },
      }),
      async (c) => {
        const { train: id } = c.req.valid('param')
        await findTrain(app.db, id)
        return eventResponse(c, 'update', (signal) => watchTrain(app, id, { signal }))
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/trains/{train}/publish',
        summary: 'Publish what a train proposes',
        description: 'Where contributions are left out, this is also the accepting review of the contribution that takes them back.',
        request: { params: trainPath },
        responses: { 200: json(train, 'The train: published, or waiting for more reviews, or overtaken.'), ...failures },
      }),
      async (c) => c.json(plain(await publishTrain(app, requireActor(c), c.req.valid('param').train)), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/trains/{train}/cancel',
        summary: 'Stop a train, or turn down what it proposes',
        request: { params: trainPath },
        responses: { 200: json(train, 'The train.'), ...failures },
      }),
      async (c) => c.json(plain(await cancelTrain(app, requireActor(c), c.req.valid('param').train)), 200),
    )
}
