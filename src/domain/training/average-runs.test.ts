import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { AppError } from '../../errors.ts'
import { bytesSource } from '../../formats/byte-source.ts'
import { readAdapter, type Adapter } from '../../formats/peft.ts'
import { openSafetensors } from '../../formats/safetensors.ts'
import { parseStrictJson } from '../../formats/strict-json.ts'
import { goldenFolder } from '../../formats/testing/model-files.ts'
import { createModel } from '../models/create-model.ts'
import { findBaseById } from '../models/model-queries.ts'
import { operator, type Actor } from '../people/actor.ts'
import { addBaseFolder, contributeAccepted, endOf, openLoop, personOf, type Loop } from '../releases/testing.ts'
import { averageRuns } from './average-runs.ts'
import { newestFinishedRun } from './run-queries.ts'
import type { TrainingRun } from './run.ts'
import { startRun } from './start-run.ts'

const model = 'marathi/saathi'
const recipe = 'rank: 4\nbatchSize: 4\nmaxLength: 48\nepochs: 1\nlearningRate: 0.01\n'
const words = 'एक दोन तीन चार पाच सहा सात आठ'.split(' ')

const refusal = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.match(error.message, message)
  assert.equal(error.code, code)
  return true
}

describe('the mean of finished runs', () => {
  const cleanUps: (() => Promise<void> | void)[] = []
  let loop: Loop
  let [reviewer, asha]: Actor[] = []
  let slow: TrainingRun
  let fast: TrainingRun

  const trained = async (more = ''): Promise<TrainingRun> => endOf(loop, await startRun(loop, reviewer!, model, { recipe: more }))
  const offer = (contents: readonly { readonly text: string }[]) =>
    contributeAccepted(loop, asha!, reviewer!, model, {
      contents,
      licence: 'CC-BY-4.0',
      language: 'mr',
      source: 'written for this test',
      message: 'Numbers',
    })
  const adapterOf = async ({ checkpoint, baseId }: TrainingRun): Promise<Adapter> => {
    const bytes = async (path: string) => loop.blobs.get(checkpoint!.files.find((file) => file.path === path)!.digest)
    const config = parseStrictJson(await bytes('adapter_config.json'), 'adapter_config.json')
    const weights = await openSafetensors(bytesSource(await bytes('adapter_model.safetensors')))
    return readAdapter(config, weights, (await findBaseById(loop.db, baseId)).config)
  }

  before(async () => {
    loop = await openLoop({ after: (cleanUp) => void cleanUps.unshift(cleanUp) })
    await addBaseFolder(loop, goldenFolder, 'tiny', 'Apache-2.0')
    reviewer = await personOf(loop, 'ravi', 'reviewer')
    asha = await personOf(loop, 'asha', 'contributor')
    await createModel(loop, operator, model, { base: 'tiny', recipe })
    await offer(words.map((text) => ({ text })))
    slow = await trained()
    fast = await trained('learningRate: 0.02')
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  test('is a candidate with a digest of its own, whose every weight is the mean, and it names its sources', async () => {
    const asked = await averageRuns(loop, reviewer!, model, [fast.id, slow.id])
    const mean = await endOf(loop, asked)
    assert.equal(mean.state, 'finished', mean.error ?? '')
    assert.deepEqual(
      mean.averagedFrom,
      [slow, fast].map(({ id, checkpoint }) => ({ run: id, checkpoint: checkpoint!.id, digest: checkpoint!.digest })),
    )
    assert.ok(![slow, fast].some(({ checkpoint }) => checkpoint!.digest === mean.checkpoint!.digest))
    assert.deepEqual([mean.revision.number, mean.recipe, mean.checkpoint!.step], [1, fast.recipe, fast.checkpoint!.step])
    const [of, a, b] = [await adapterOf(mean), await adapterOf(slow), await adapterOf(fast)]
    for (const [i, module] of of.modules.entries())
      for (const half of ['a', 'b'] as const)
        for (const [k, value] of module[half].entries())
          assert.equal(value, Math.fround((a.modules[i]![half][k]! + b.modules[i]![half][k]!) / 2))
    const { modelId } = mean
    assert.equal((await newestFinishedRun(loop.db, modelId))!.id, mean.id, 'it is what would be evaluated and released next')
    assert.equal((await averageRuns(loop, reviewer!, model, [slow.id, fast.id])).id, mean.id)
    const twin = await startRun(loop, reviewer!, model, { recipe: 'learningRate: 0.02' })
    assert.equal(twin.id, fast.id, 'a mean is never taken for a run that was trained')
    await assert.rejects(averageRuns(loop, reviewer!, model, [slow.id, mean.id]), refusal('conflict', /is a mean itself/))
  })

  test('runs whose mean would mean nothing are refused, each with why', async () => {
    const average = (...ids: number[]) => averageRuns(loop, reviewer!, model, ids)
    await assert.rejects(averageRuns(loop, asha!, model, [slow.id, fast.id]), refusal('forbidden', /takes a reviewer/))
    await assert.rejects(average(slow.id, slow.id), refusal('invalid', /1 run cannot be averaged/))
    await assert.rejects(average(slow.id, 99), refusal('not-found', /no run 99/))
    const again = await endOf(loop, await startRun(loop, reviewer!, model, { again: true }))
    await assert.rejects(average(slow.id, again.id), refusal('conflict', /have the same weights/))
    const other = await trained('seed: 2')
    await assert.rejects(average(slow.id, other.id), refusal('conflict', /began at different weights \(seed 1 and 2\)/))
    const wider = await trained('rank: 8')
    await assert.rejects(average(slow.id, wider.id), refusal('conflict', /differ in method, rank, alpha or target modules/))
    await offer([{ text: 'नऊ' }])
    const later = await trained()
    await assert.rejects(average(slow.id, later.id), refusal('conflict', /on revision 1 and run \d+ on 2/))
    await createModel(loop, operator, 'hindi/mitra', { base: 'tiny' })
    await assert.rejects(averageRuns(loop, reviewer!, 'hindi/mitra', [slow.id, fast.id]), refusal('invalid', /belongs to another model/))
  })
})
