import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, test } from 'node:test'
import { AppError } from '../../errors.ts'
import { randomFrom } from '../../ml/lora/random.ts'
import { goldenFolder } from '../../formats/testing/model-files.ts'
import { openDatabase } from '../../storage/database.ts'
import { openFiles } from '../../storage/files.ts'
import { temporaryHome } from '../../storage/testing.ts'
import { createModel } from '../models/create-model.ts'
import { operator } from '../people/actor.ts'
import { addBaseFolder, contributeAccepted, endOf, openLoop, personOf } from '../releases/testing.ts'
import { temporaryFolder } from '../../trainers/testing.ts'
import { cancelRun } from './cancel-run.ts'
import { resumeRun } from './resume-run.ts'
import { findRun, listRuns, stepsOf } from './run-queries.ts'
import type { TrainingRun } from './run.ts'
import { startRun } from './start-run.ts'
import { watchRun } from './watch-run.ts'

const model = 'marathi/saathi'
const quick = 'rank: 4\nbatchSize: 4\nmaxLength: 64\nmaxSteps: 24\nepochs: 100\ncheckpointEvery: 4'

type Parts = Parameters<typeof createModel>[0] & Parameters<typeof addBaseFolder>[0]

/** A community over a tiny random base, with accepted examples; returns its reviewer. */
async function community(loop: Parts, contents: readonly { prompt: string; completion: string }[] = fromOneToTwenty, base = goldenFolder) {
  await addBaseFolder(loop, base, 'tiny')
  await createModel(loop, operator, model, { base: 'tiny', recipe: 'learningRate: 0.002' })
  const asha = await personOf(loop, 'asha', 'contributor')
  const ravi = await personOf(loop, 'ravi', 'reviewer')
  await contributeAccepted(loop, asha, ravi, model, {
    contents,
    licence: 'CC0-1.0',
    language: 'mr',
    source: 'written for this test',
    message: 'Numbers from one to twenty',
  })
  return { asha, ravi }
}

const numbers = 'एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा तेरा चौदा पंधरा सोळा सतरा अठरा एकोणीस वीस'.split(' ')
const fromOneToTwenty = numbers.map((word, index) => ({ prompt: `${index + 1} = `, completion: word }))

/** Waits until the run has come to a step. */
async function reaches(loop: Parts, run: TrainingRun, step: number): Promise<void> {
  for await (const update of watchRun(loop, run.id)) if (update.run.progress.step >= step && update.run.progress.resume) return
}

const refusal = (code: string, sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.match(error.message, sentence)
  assert.equal(error.code, code)
  return true
}

describe('a training run', () => {
  test('goes from a reviewer’s word to a checkpoint in blob storage, step by step on record', async (t) => {
    const loop = await openLoop(t)
    const { ravi } = await community(loop)
    const queued = await startRun(loop, ravi, model, { recipe: quick })
    assert.equal(queued.state, 'queued')
    assert.equal(queued.recipe.learningRate, 0.002, "the model's recipe counts")
    assert.equal(queued.recipe.method.kind === 'lora' && queued.recipe.method.rank, 4, "and the run's goes before it")
    const run = await endOf(loop, queued)
    assert.equal(run.state, 'finished', run.error ?? '')
    const steps = await stepsOf(loop.db, run.id)
    assert.deepEqual(
      steps.map(({ step }) => step),
      Array.from({ length: 24 }, (_, index) => index + 1),
    )
    // Five batches are a pass.
    const passLoss = (from: number) => steps.slice(from, from + 5).reduce((sum, { loss }) => sum + loss, 0)
    assert.ok(passLoss(19) < passLoss(0))
    assert.equal(run.progress.plan?.examples, 20)
    assert.equal(run.startedBy, ravi.id)
    assert.deepEqual(
      run.checkpoint?.files.map(({ path }) => path),
      ['adapter_config.json', 'adapter_model.safetensors'],
    )
    for (const digest of [...run.checkpoint.files.map((file) => file.digest), run.checkpoint.served, run.examples!])
      assert.ok(await loop.blobs.has(digest), digest)
    // Only after the record says finished; the job ends with it.
    while (readdirSync(join(loop.workFolder, 'runs')).length > 0) await pause(20)

    assert.equal((await startRun(loop, ravi, model, { recipe: quick })).id, run.id, 'an identical run is not made twice')
    const again = await endOf(loop, await startRun(loop, ravi, model, { recipe: quick, again: true }))
    assert.notEqual(again.id, run.id)
    for (const bytes of ['digest', 'served'] as const)
      assert.equal(again.checkpoint?.[bytes], run.checkpoint?.[bytes], 'the same request ends with the same bytes')
    assert.deepEqual(
      (await listRuns(loop.db, model)).map(({ id }) => id),
      [again.id, run.id],
    )
    assert.deepEqual(
      (await listRuns(loop.db, model, { after: again.id })).map(({ id }) => id),
      [run.id],
    )
  })

  test('learns from conversations, completions, texts and preferences alike, mixed as the recipe says', async (t) => {
    const loop = await openLoop(t)
    const { asha, ravi } = await community(loop)
    const offer = (contents: readonly object[], message: string) =>
      contributeAccepted(loop, asha, ravi, model, {
        contents: contents as never,
        licence: 'CC0-1.0',
        language: 'mr',
        source: message,
        message,
      })
    const turns = (word: string) => [{ role: 'user', content: 'मराठीत?' }, { role: 'assistant', content: word }] // prettier-ignore
    await offer(numbers.slice(0, 4).map((word) => ({ messages: turns(word) })), 'Conversations') // prettier-ignore
    await offer([{ text: numbers.slice(0, 9).join(' ') }, { text: numbers.slice(9).join(' ') }], 'Texts')
    await offer(numbers.map((word, i) => ({ prompt: `${i + 1} = `, chosen: word, rejected: numbers[(i + 7) % 20] })), 'Preferences') // prettier-ignore
    const recipe = `${quick}\naccumulation: 2\nvalidation: 0.1\naverage: 0.2\nmix: {"source:Preferences": 2, "language:mr": 1}`
    const run = await endOf(loop, await startRun(loop, ravi, model, { recipe }))
    assert.equal(run.state, 'finished', run.error ?? '')
    assert.equal(run.progress.plan?.examples, 46)
    assert.deepEqual(
      run.progress.validation?.map(({ step }) => step),
      [4, 8, 12, 16, 20, 24],
    )
    const validated = run.progress.validation.map(({ loss }) => loss)
    assert.ok(validated.at(-1)! < validated[0]!, validated.join(' '))
    assert.ok(await loop.blobs.has(run.checkpoint!.served))
  })

  test('that fits in memory only if it computes twice does so, and says it in its recipe', async (t) => {
    const loop = await openLoop(t, { work: false })
    // Enough and long enough that attention's weights are more than everything else, and of one length, so that all go through at once.
    const base = join(temporaryFolder(t), 'base')
    cpSync(goldenFolder, base, { recursive: true })
    const config = JSON.parse(readFileSync(join(base, 'config.json'), 'utf8')) as object
    await writeFile(join(base, 'config.json'), JSON.stringify({ ...config, max_position_embeddings: 256 }))
    const random = randomFrom(7, 'letters')
    const letters = (count: number) => String.fromCharCode(...Array.from({ length: count }, () => 97 + random.integer(26)))
    const contents = Array.from({ length: 100 }, () => ({ prompt: letters(20), completion: letters(200) }))
    const { ravi } = await community(loop, contents, base)
    const recipe = quick.replace('batchSize: 4', 'batchSize: 100').replace('maxLength: 64', 'maxLength: 256')
    const estimate = async (recompute: boolean): Promise<number> => {
      const sentence = startRun({ ...loop, trainingMemory: 1 }, ravi, model, {
        recipe: `${recipe}\nrecompute: ${recompute}`,
      })
      const words = await sentence.then(String, (error: Error) => error.message)
      return Number(/about (\d+) MB/.exec(words)?.[1]) * 1e6
    }
    const [whole, lean] = [await estimate(false), await estimate(true)]
    assert.ok(lean < 0.95 * whole, `${lean} of ${whole}`)
    const tight = { ...loop, trainingMemory: (lean + whole) / 2 } as typeof loop
    const run = await startRun(tight, ravi, model, { recipe })
    assert.equal(run.recipe.recompute, true)
    assert.equal((await startRun(tight, ravi, model, { recipe })).id, run.id, 'an identical run is not made twice')
  })

  test('that is cancelled keeps its checkpoint, and resumed ends with the same bytes as one that never stopped', async (t) => {
    const loop = await openLoop(t)
    const { ravi, asha } = await community(loop)
    const recipe = quick.replace('maxSteps: 24', 'maxSteps: 400')
    const run = await startRun(loop, ravi, model, { recipe })
    await reaches(loop, run, 8)
    await assert.rejects(cancelRun(loop, asha, run.id), refusal('forbidden', /takes a reviewer/))
    await cancelRun(loop, ravi, run.id)
    const stopped = await settled(loop, run.id)
    assert.equal(stopped.state, 'cancelled')
    assert.ok(existsSync(join(loop.workFolder, 'runs', String(run.id), stopped.progress.resume!.file)))
    assert.equal(stopped.checkpoint, null)
    const { step } = stopped.progress.resume!
    assert.ok(step < 400, `it stopped at ${step}`)

    const resumed = await endOf(loop, await resumeRun(loop, ravi, run.id))
    assert.equal(resumed.state, 'finished', resumed.error ?? '')
    assert.equal((await stepsOf(loop.db, run.id)).length, 400)
    const whole = await endOf(loop, await startRun(loop, ravi, model, { recipe, again: true }))
    assert.equal(resumed.checkpoint!.digest, whole.checkpoint!.digest)
    assert.deepEqual(await lossesOf(loop, resumed), await lossesOf(loop, whole))
    await assert.rejects(resumeRun(loop, ravi, run.id), refusal('conflict', /Run \d+ has finished/))
    await assert.rejects(cancelRun(loop, ravi, run.id), refusal('conflict', /has finished already; there is nothing to cancel/))
  })

  test('that an older trainer began starts anew after an update, and ends as if nothing had been begun', async (t) => {
    const loop = await openLoop(t)
    const { ravi } = await community(loop)
    const whole = await endOf(loop, await startRun(loop, ravi, model, { recipe: quick }))
    const run = await startRun(loop, ravi, model, { recipe: quick.replace('maxSteps: 24', 'maxSteps: 400') })
    await reaches(loop, run, 8)
    await cancelRun(loop, ravi, run.id)
    const { progress } = await settled(loop, run.id)
    const older = 'commonweights-local 0, onnxruntime-node 1.0.0, x64, 2 threads'
    await writeFile(join(loop.workFolder, 'runs', String(run.id), progress.resume!.file), 'what today’s trainer cannot read')
    await loop.db
      .updateTable('trainingRuns')
      .set({ state: 'queued', trainer: older, recipe: JSON.stringify(whole.recipe), endedAt: null })
      .where('id', '=', run.id)
      .execute()
    await loop.jobs.enqueue(loop.db, 'train', { runId: run.id })
    const ended = await endOf(loop, run)
    assert.equal(ended.state, 'finished', ended.error ?? '')
    assert.equal(ended.trainer, whole.trainer)
    assert.equal(ended.checkpoint!.digest, whole.checkpoint!.digest)
    assert.deepEqual(await lossesOf(loop, ended), await lossesOf(loop, whole))
  })

  test('that cannot work is refused before it exists', async (t) => {
    const loop = await openLoop(t, { work: false })
    await addBaseFolder(loop, goldenFolder, 'tiny')
    await createModel(loop, operator, model, { base: 'tiny' })
    const asha = await personOf(loop, 'asha', 'contributor')
    const ravi = await personOf(loop, 'ravi', 'reviewer')
    const start = (recipe = '', app = loop) => startRun(app, ravi, model, { recipe })
    await assert.rejects(start(), refusal('invalid', /The dataset of marathi\/saathi is empty; contribute examples/))
    await contributeAccepted(loop, asha, ravi, model, {
      contents: [{ prompt: '1 = ', completion: 'एक' }],
      licence: 'CC0-1.0',
      language: 'mr',
      source: 'written for this test',
      message: 'One',
    })
    await assert.rejects(startRun(loop, asha, model), refusal('forbidden', /asha is a contributor here; this takes a reviewer/))
    await assert.rejects(start('learningRte: 1'), refusal('invalid', /unknown key "learningRte" on line 1; did you mean "learningRate"\?/))
    await assert.rejects(start('rank: 512'), refusal('invalid', /Rank 512 exceeds .* choose a rank up to \d+\./))
    await assert.rejects(start('method: full'), refusal('invalid', /are adapters over its base; "method: full"/))
    await assert.rejects(
      start('', { ...loop, trainingMemory: 1_000_000 } as typeof loop),
      refusal('invalid', /This run needs about .* and 1 MB are free here; .* Lower batchSize \(8\) or maxLength \(256\)/),
    )
    await assert.rejects(startRun(loop, ravi, 'marathi/nobody'), refusal('not-found', /There is no community model marathi\/nobody/))
    await assert.rejects(findRun(loop.db, 99), refusal('not-found', /There is no run 99/))
    assert.deepEqual(await listRuns(loop.db, model), [])
  })

  test('whose whole process is killed goes on after the restart and ends with the same bytes', async (t) => {
    const home = await temporaryHome(t)
    {
      const db = await openDatabase({ kind: 'embedded', folder: join(home, 'database') })
      await community({ db, blobs: await openFiles(join(home, 'blobs')) } as Parts)
      await db.close()
    }
    const recipe = quick.replace('maxSteps: 24', 'maxSteps: 120')
    const whole = await work(home, recipe)
    const killed = await work(home, recipe, { killAt: 30 })
    assert.ok(killed.steps.size < 120 && killed.checkpoint === null, `it had come to step ${killed.steps.size}`)
    const resumed = await work(home, recipe, { run: killed.run })
    assert.equal(resumed.checkpoint, whole.checkpoint)
    assert.deepEqual([...resumed.steps], [...whole.steps])
  })
})

async function settled(loop: Parts, id: number): Promise<TrainingRun> {
  for (;;) {
    const run = await findRun(loop.db, id)
    if (run.endedAt) return run
    await pause(50)
  }
}

async function lossesOf(loop: Parts, run: TrainingRun): Promise<readonly number[]> {
  return (await stepsOf(loop.db, run.id)).map(({ loss }) => loss)
}

/** Runs testing/worker.ts to its end, or kills it once it has come to a step; says what it printed. */
async function work(home: string, recipe: string, options: { readonly run?: string; readonly killAt?: number } = {}) {
  const worker = join(import.meta.dirname, 'testing', 'worker.ts')
  const child = spawn(process.execPath, [worker, home, model, recipe, ...(options.run ? [options.run] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const steps = new Map<number, string>()
  let run = ''
  let checkpoint: string | null = null
  const ended = once(child, 'exit')
  for await (const line of createInterface(child.stdout)) {
    const [kind, first, second] = line.split(' ') as [string, string, string]
    if (kind === 'run') run = first
    else if (kind === 'step') steps.set(Number(first), second)
    else if (kind === 'checkpoint') checkpoint = `${first} ${second}`
    else assert.fail(line)
    if (options.killAt !== undefined && steps.has(options.killAt)) child.kill('SIGKILL')
  }
  await ended
  return { run, steps, checkpoint }
}
