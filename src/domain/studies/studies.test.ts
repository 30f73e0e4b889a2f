import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AppError } from '../../errors.ts'
import { goldenFolder } from '../../formats/testing/model-files.ts'
import { createModel } from '../models/create-model.ts'
import { findModel } from '../models/model-queries.ts'
import { operator, type Actor } from '../people/actor.ts'
import { addBaseFolder, contributeAccepted, endOf, openLoop, personOf, type Loop } from '../releases/testing.ts'
import { settingsLog } from '../training/change-settings.ts'
import { startRun } from '../training/start-run.ts'
import type { TrainingRun } from '../training/run.ts'
import { cancelStudy } from './cancel-study.ts'
import { requestRateSearch } from './request-rate-search.ts'
import { requestTrace } from './request-trace.ts'
import { findStudy, listStudies, watchStudy } from './study-queries.ts'
import type { RateStudy, Study, TraceStudy } from './study.ts'
import { takeRate } from './take-rate.ts'

const model = 'marathi/saathi'
const recipe = '# Small, for this test.\nrank: 4\nbatchSize: 4\nmaxLength: 48\nepochs: 2\nlearningRate: 0.01 # a guess\n'
const words = 'एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा'.split(' ')
const taught = words.map((word, i) => ({ prompt: `${i + 1} =`, completion: ` ${word}` }))

const refusal = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.match(error.message, message)
  assert.equal(error.code, code)
  return true
}

describe('studies of a community model', () => {
  const cleanUps: (() => Promise<void> | void)[] = []
  let loop: Loop
  let [reviewer, asha, maintainer]: Actor[] = []
  let run: TrainingRun

  const ended = async (study: Study): Promise<Study> => {
    let last = study
    for await (const update of watchStudy(loop, study.id)) last = update
    return last
  }

  before(async () => {
    loop = await openLoop({ after: (cleanUp) => void cleanUps.unshift(cleanUp) })
    await addBaseFolder(loop, goldenFolder, 'tiny', 'Apache-2.0')
    reviewer = await personOf(loop, 'ravi', 'reviewer')
    asha = await personOf(loop, 'asha', 'contributor')
    maintainer = await personOf(loop, 'meera', 'maintainer')
    await createModel(loop, operator, model, { base: 'tiny', recipe })
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  test('who may not, a dataset that is empty and a search that is none are refused, each in words', async () => {
    await assert.rejects(requestRateSearch(loop, asha!, model), refusal('forbidden', /takes a reviewer/))
    await assert.rejects(requestRateSearch(loop, reviewer!, model), refusal('conflict', /dataset of marathi\/saathi is empty/))
    await assert.rejects(requestRateSearch(loop, reviewer!, model, { from: 1, to: 0.1 }), refusal('invalid', /cannot grow from 1 to 0\.1/))
    await assert.rejects(requestRateSearch(loop, reviewer!, model, { steps: 5 }), refusal('invalid', /choose 20 to 1000/))
    await assert.rejects(requestTrace(loop, reviewer!, model, { answer: 'एक' }), refusal('conflict', /no finished run/))
    await assert.rejects(requestTrace(loop, reviewer!, model, { answer: ' ' }), refusal('invalid', /The answer is empty/))
    await assert.rejects(findStudy(loop.db, 7), refusal('not-found', /no study 7/))
  })

  test('a search ends with its curve and a rate, and is not made twice', async () => {
    const offer = { licence: 'CC-BY-4.0', language: 'mr', source: 'written for this test' }
    await contributeAccepted(loop, asha!, reviewer!, model, { ...offer, contents: taught, message: 'Numbers' })
    const asked = await requestRateSearch(loop, reviewer!, model, { steps: 60 })
    assert.deepEqual([asked.kind, asked.revision.number, asked.runId], ['rate', 1, null])
    const found = (await ended(asked)) as RateStudy & Study
    assert.equal(found.state, 'finished', found.error ?? '')
    assert.ok(found.result!.steps.length > 20 && found.result!.steps.length <= 60)
    assert.ok(found.result!.suggested! > 1e-5 && found.result!.suggested! < 1, `${found.result!.suggested}`)
    assert.match(found.sentences.join(' '), /The smoothed loss fell from .* Suggested is a quarter of that/)
    assert.equal((await requestRateSearch(loop, reviewer!, model, { steps: 60 })).id, found.id)
    assert.ok(!existsSync(join(loop.workFolder, 'studies', String(found.id))), 'its files are gone')
  })

  test('a maintainer takes the rate into the recipe, of which the rest stays as it was written', async () => {
    const [study] = (await listStudies(loop.db, model, { kind: 'rate' })) as RateStudy[]
    await assert.rejects(takeRate(loop, reviewer!, study!.id), refusal('forbidden', /takes a maintainer/))
    const changed = await takeRate(loop, maintainer!, study!.id)
    assert.equal(changed.recipe, recipe.replace('0.01', String(study!.result!.suggested)))
    const [record] = await settingsLog(loop.db, changed.id)
    assert.match(record!.message, /as study 1 suggests/)
    await assert.rejects(takeRate(loop, maintainer!, study!.id), refusal('conflict', /are so already/))
  })

  test('an answer that was taught is traced to the example that taught it, and to who brought it', async () => {
    run = await endOf(loop, await startRun(loop, reviewer!, model))
    assert.equal(run.state, 'finished', run.error ?? '')
    const [prompt, completion] = ['3 =', ' तीन']
    const asked = await requestTrace(loop, reviewer!, model, { answer: `${prompt}${completion}`, keep: 5 })
    const found = (await ended(asked)) as TraceStudy & Study
    assert.equal(found.state, 'finished', found.error ?? '')
    const { examples, pull, push, towards } = found.result!
    assert.deepEqual([examples, found.runId, pull.length], [12, run.id, 5])
    assert.deepEqual(pull[0]!.content, { prompt, completion })
    assert.deepEqual([pull[0]!.contribution, pull[0]!.strength], [1, 1])
    assert.equal(pull[0]!.link, `/models/${model}/examples/${pull[0]!.digest.slice('sha256:'.length)}`)
    assert.ok(pull.every(({ product }, i) => product > 0 && (i === 0 || product <= pull[i - 1]!.product)))
    assert.ok(push.every(({ product }) => product < 0) && towards + push.length <= 12)
    assert.match(found.sentences.join(' '), new RegExp(`${towards} pull towards it`))
    assert.equal((await requestTrace(loop, reviewer!, model, { run: run.id, answer: `${prompt}${completion}`, keep: 5 })).id, found.id)
  })

  test('runs and releases that cannot be asked are refused by name', async () => {
    const answer = 'एक'
    await assert.rejects(requestTrace(loop, asha!, model, { answer }), refusal('forbidden', /takes a reviewer/))
    await assert.rejects(requestTrace(loop, reviewer!, model, { answer, run: 99 }), refusal('not-found', /no run 99/))
    await assert.rejects(requestTrace(loop, reviewer!, model, { answer, release: '0.9.0' }), refusal('not-found', /0\.9\.0/))
    await assert.rejects(requestTrace(loop, reviewer!, model, { answer, run: run.id, release: '0.9.0' }), refusal('invalid', /not both/))
    await assert.rejects(requestTrace(loop, reviewer!, model, { answer, keep: 0 }), refusal('invalid', /choose 1 to 200/))
    await createModel(loop, operator, 'hindi/mitra', { base: 'tiny' })
    await assert.rejects(
      requestTrace(loop, reviewer!, 'hindi/mitra', { answer, run: run.id }),
      refusal('not-found', /hindi\/mitra has no run/),
    )
    assert.equal((await findModel(loop.db, model)).name, 'saathi')
  })

  test('a study that is cancelled stops, and the same can be asked again', async () => {
    const asked = await requestRateSearch(loop, reviewer!, model, { steps: 1000, to: 1e-5 })
    await assert.rejects(cancelStudy(loop, asha!, asked.id), refusal('forbidden', /takes a reviewer/))
    await cancelStudy(loop, reviewer!, asked.id)
    const last = await ended(asked)
    assert.deepEqual([last.state, last.result], ['cancelled', null])
    const again = await requestRateSearch(loop, reviewer!, model, { steps: 1000, to: 1e-5 })
    assert.notEqual(again.id, asked.id)
    await cancelStudy(loop, reviewer!, again.id)
  })
})
