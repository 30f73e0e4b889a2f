import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { AppError } from '../../errors.ts'
import { goldenFolder } from '../../formats/testing/model-files.ts'
import { findBuild } from '../builds/build-queries.ts'
import { latestRevision } from '../datasets/dataset-queries.ts'
import { listEvaluations } from '../evaluation/evaluation-queries.ts'
import { addSuite } from '../models/add-suite.ts'
import { createModel } from '../models/create-model.ts'
import { operator, type Actor } from '../people/actor.ts'
import { addBaseFolder, contributeAccepted, openLoop, personOf, type Loop } from '../releases/testing.ts'
import { insertRun, recipeOf, storeExamples } from '../training/wanted-run.ts'
import { findBaseById, findModel } from '../models/model-queries.ts'
import { trainRun } from '../training/train-run.ts'
import { cancelForecast } from './cancel-forecast.ts'
import { findForecast, listForecasts, readForecast, watchForecast } from './forecast-queries.ts'
import type { Forecast } from './forecast.ts'
import { requestForecast } from './request-forecast.ts'
import { nextFraction, runForecast } from './run-forecast.ts'

const model = 'marathi/saathi'
const recipe = 'rank: 4\nbatchSize: 8\nmaxLength: 48\nepochs: 1\nlearningRate: 0.01'
const words = 'एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा तेरा चौदा पंधरा सोळा सतरा अठरा एकोणीस वीस'.split(' ')
const jsonl = (samples: readonly unknown[]): Uint8Array => Buffer.from(samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
const sentence = (i: number) => ({ text: `${words[i % 20]!} आणि ${words[(i * 3 + Math.floor(i / 20)) % 20]!}, मग ${words[(i * 7 + 3 * Math.floor(i / 20)) % 20]!} ${i}` }) // prettier-ignore

const refusal = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.match(error.message, message)
  assert.equal(error.code, code)
  return true
}

/** One community on a tiny base, whose queue the tests work by hand: each goes on where the one before ended. */
describe('the forecast of a community model', () => {
  const cleanUps: (() => Promise<void> | void)[] = []
  let loop: Loop
  let reviewer: Actor
  let asha: Actor
  let forecast: Forecast

  const offer = (contents: readonly { readonly text: string }[], message: string) =>
    contributeAccepted(loop, asha, reviewer, model, {
      contents,
      licence: 'CC-BY-4.0',
      language: 'mr',
      source: 'written for this test',
      message,
    })
  const step = (signal = new AbortController().signal) => runForecast(loop, forecast.id, { job: 1, attempt: 1, signal })

  before(async () => {
    loop = await openLoop({ after: (cleanUp) => void cleanUps.unshift(cleanUp) }, { work: false })
    await addBaseFolder(loop, goldenFolder, 'tiny', 'Apache-2.0')
    reviewer = await personOf(loop, 'ravi', 'reviewer')
    asha = await personOf(loop, 'asha', 'contributor')
    await createModel(loop, operator, model, { base: 'tiny', recipe })
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  test('a handful of examples, a model without suites and a contributor are refused, each in words', async () => {
    await offer(Array.from({ length: 40 }, (_, i) => sentence(i)), 'Numbers') // prettier-ignore
    await assert.rejects(requestForecast(loop, asha, model), refusal('forbidden', /takes a reviewer/))
    await assert.rejects(requestForecast(loop, reviewer, model), refusal('conflict', /has 40 examples; .* needs at least 64/))
    await offer(Array.from({ length: 40 }, (_, i) => sentence(i + 40)), 'More numbers') // prettier-ignore
    await assert.rejects(requestForecast(loop, reviewer, model), refusal('conflict', /has no eval suite/))
    await assert.rejects(requestForecast(loop, reviewer, model, { budgetSeconds: 0 }), refusal('invalid', /choose one above 0/))
    await addSuite(loop, operator, model, {
      name: 'numbers',
      kind: 'text',
      samples: jsonl(words.map((word, i) => ({ text: `${words[(i + 11) % 20]!} दिवस, ${word} रात्री`, topic: i < 10 ? 'days' : 'nights', language: 'mr' }))), // prettier-ignore
    })
  })

  test('one of exactly this is not asked for twice', async () => {
    forecast = await requestForecast(loop, reviewer, model)
    assert.deepEqual([forecast.state, forecast.progress.done, forecast.progress.of, forecast.result], ['queued', 0, 7, null])
    assert.equal((await requestForecast(loop, reviewer, model)).id, forecast.id)
  })

  test('one that is interrupted goes on where it was, and each part is trained once', async () => {
    const interrupted = new AbortController()
    const watched = (async () => {
      for await (const { progress } of watchForecast(loop, forecast.id)) if (progress.step !== null && progress.step > 0) break
      interrupted.abort(new Error('the server stops'))
    })()
    await assert.rejects(step(interrupted.signal), /the server stops/)
    await watched
    const build = await findBuild(loop.db, (await readForecast(loop.db, forecast.id)).buildId!)
    assert.deepEqual([(await findForecast(loop.db, forecast.id)).state, build.state], ['running', 'running'])
    await step()
    const [point, ...rest] = (await findForecast(loop.db, forecast.id)).points
    assert.deepEqual([point!.share, point!.examples, point!.runId, rest.length], [1 / 8, 10, build.run.id, 0])
  })

  test('the whole is not trained again where a candidate was trained on it', async () => {
    const { db } = loop
    const base = await findBaseById(db, (await findModel(db, model)).baseId)
    const wanted = {
      base,
      revision: (await latestRevision(db, forecast.modelId))!,
      recipe: recipeOf(await findModel(db, model), base),
      warmStart: null,
      purpose: 'candidate' as const,
    }
    const run = await insertRun(loop, db, operator, wanted, await storeExamples(loop, wanted))
    await trainRun(loop, run.id, { job: 1, attempt: 1, signal: new AbortController().signal })
    for (let i = 0; i < 4; i++) await step()
    const { points } = await findForecast(db, forecast.id)
    assert.deepEqual(points.map(({ examples }) => examples), [10, 20, 40, 60, 80]) // prettier-ignore
    assert.equal(points.at(-1)!.runId, run.id)
  })

  test('its result has a curve for all questions and each topic and language, a backtest, needs, and what it cost', async () => {
    for (let i = 0; i < 3; i++) await step()
    const { state, error, result, points, sentences, stale } = await findForecast(loop.db, forecast.id)
    assert.deepEqual([state, error, stale, points.length], ['finished', null, null, 7])
    assert.deepEqual(
      result!.curves.map(({ by, label, questions }) => [by, label, questions]),
      [
        ['suite', 'numbers', 20],
        ['topic', 'days', 10],
        ['topic', 'nights', 10],
        ['language', 'mr', 20],
      ],
    )
    const [all] = result!.curves
    const scores = new Map((await listEvaluations(loop.db, model)).map(({ id, score }) => [id, score!]))
    for (const [i, { evaluations }] of points.entries())
      assert.ok(Math.abs(all!.points[i]!.score - scores.get(evaluations[0]!)!) < 1e-9, 'a point is what was measured as served')
    assert.equal(all!.backtest!.measured, all!.points.find(({ examples }) => examples === 80)!.score)
    assert.ok(all!.withoutExamples! > 0)
    assert.deepEqual(result!.languages, [{ language: 'mr', examples: 80 }])
    assert.deepEqual([result!.cost.trainings, result!.cost.cutShort], [7, false])
    assert.ok(result!.cost.seconds > 0 && result!.needs.length === 3)
    assert.match(sentences[0]!, /on 10, 20, 40, 60 and 80 of the 80 examples of revision 2, .* another 10 and 20 with another seed/)
    assert.deepEqual((await listForecasts(loop.db, model)).map(({ id }) => id), [forecast.id]) // prettier-ignore
  })

  test('it says so once the dataset has moved on; the next one is cancelled cleanly, and the one after uses what was trained', async () => {
    await offer([sentence(90)], 'One more')
    assert.match((await findForecast(loop.db, forecast.id)).stale!, /from revision 2 \(80 examples\) to 3 \(81\)/)
    const before = forecast
    forecast = await requestForecast(loop, reviewer, model)
    assert.notEqual(forecast.id, before.id)
    await step()
    await assert.rejects(cancelForecast(loop, asha, forecast.id), refusal('forbidden', /takes a reviewer/))
    assert.equal((await cancelForecast(loop, reviewer, forecast.id)).state, 'cancelled')
    await step()
    const cancelled = await findForecast(loop.db, forecast.id)
    assert.deepEqual([cancelled.state, cancelled.points.length], ['cancelled', 1])
    forecast = await requestForecast(loop, reviewer, model)
    await step()
    const [point] = (await findForecast(loop.db, forecast.id)).points
    assert.deepEqual([point!.runId, point!.reused], [cancelled.points[0]!.runId, true])
  })

  test('a budget leaves the further choices out first, and ends a forecast that it cannot pay for', async () => {
    const row = await readForecast(loop.db, forecast.id)
    const point = (share: number) => ({
      share,
      choice: 1,
      examples: share * 80,
      runId: 1,
      evaluations: [1],
      seconds: share * 80,
      reused: false,
    })
    const all = [1 / 8, 1 / 4, 1 / 2, 3 / 4, 1].map(point)
    const revision = { ...row.revision, count: 80 }
    assert.deepEqual(nextFraction({ ...row, revision, points: all, budgetSeconds: 300 }), { share: 1 / 8, choice: 2 })
    assert.equal(nextFraction({ ...row, revision, points: all, budgetSeconds: 212 }), null)
    assert.throws(
      () => nextFraction({ ...row, revision, points: all.slice(0, 3), budgetSeconds: 100 }),
      refusal('conflict', /Training on 3\/4 would take about 60 more seconds, .* 70 are spent\. Ask again with 252/),
    )
  })
})
