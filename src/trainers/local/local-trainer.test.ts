/** The local trainer does what every trainer must, and its runs survive what happens to processes. */

import assert from 'node:assert/strict'
import { execFileSync, fork } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { temporaryFolder, tinyRecipe, writeExamples, writeTinyBase } from '../testing.ts'
import { trainerConformance } from '../trainer.conformance.ts'
import type { TrainingEvent, TrainingRequest } from '../trainer.ts'
import { localTrainer } from './local-trainer.ts'

trainerConformance('local', localTrainer())

const trainer = localTrainer()
const withoutPs = process.platform === 'win32' ? 'Windows has no ps' : false

test(
  'a training process that the system kills is reported in words, and the run goes on from its checkpoint',
  { skip: withoutPs },
  async (t) => {
    const request = requestIn(t)
    const seen: TrainingEvent[] = []
    await assert.rejects(
      async () => {
        for await (const event of trainer.train(request)) {
          seen.push(event)
          if (event.kind === 'step' && event.step === 7) for (const pid of trainingProcessesOf(process.pid)) process.kill(pid, 'SIGKILL')
        }
      },
      { code: 'unavailable', message: /ended in the middle of its work \(killed by SIGKILL\).*resume from the last checkpoint/ },
    )
    assert.ok(seen.some((event) => event.kind === 'checkpoint' && event.step === 5))
    assert.ok(!existsSync(join(request.output, 'adapter')))
    await assertSameEnd(request)
  },
)

test(
  'a run ends with the program that started it, even one that is killed, and leaves checkpoints to go on from',
  { skip: withoutPs },
  async (t) => {
    const request = requestIn(t)
    const program = fork(join(import.meta.dirname, 'test-train-and-wait.ts'), [JSON.stringify(request)], { execArgv: [], stdio: 'ignore' })
    const steps = new Promise<number[]>((resolve) => {
      program.on('message', (event: TrainingEvent) => {
        if (event.kind !== 'step' || event.step !== 7) return
        const trainingProcesses = trainingProcessesOf(program.pid!)
        program.kill('SIGKILL')
        resolve(trainingProcesses)
      })
    })
    const [pid] = await steps
    assert.ok(pid)
    while (isAlive(pid)) await pause(20)
    await assertSameEnd(request)
  },
)

test('a full disk ends a run in words, and with space it goes on from its checkpoint', async (t) => {
  const request = requestIn(t)
  const small = (size: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', request.output], { stdio: 'ignore' })
  try {
    small('size=72k')
  } catch {
    return t.skip('a small disk cannot be mounted here')
  }
  try {
    await assert.rejects(Array.fromAsync(trainer.train(request)), {
      code: 'unavailable',
      message: /disk is full.*free some space and resume/,
    })
    assert.deepEqual(readdirSync(join(request.output, 'checkpoints')), ['step-000000005.safetensors'])
    small('remount,size=10m')
    await assertSameEnd(request)
  } finally {
    execFileSync('umount', [request.output])
  }
})

test('ONNX Runtime keeps no device id and no record of use', async (t) => {
  const home = temporaryFolder(t)
  const before = process.env['HOME']
  process.env['HOME'] = home
  t.after(() => (process.env['HOME'] = before))
  const request = requestIn(t)
  await Array.fromAsync(trainer.train({ ...request, recipe: { ...request.recipe, maxSteps: 1 } }))
  assert.deepEqual(readdirSync(home), [])
})

const shared = process.env['COMMONWEIGHTS_SHARED_DATA'] ?? join(import.meta.dirname, '../../../../shared/data')
const stories = join(shared, '06-weights/stories260K/hf')

test(
  'an adapter over a real Llama checkpoint learns what the base cannot know',
  { skip: existsSync(stories) ? false : `${stories} is absent` },
  async (t) => {
    const folder = temporaryFolder(t)
    const pairs = Array.from({ length: 36 }, (_, i) => ({
      prompt: `${i % 6} and ${Math.floor(i / 6)} make`,
      completion: ` ${(i % 6) + Math.floor(i / 6)}.`,
    }))
    const request: TrainingRequest = {
      base: stories,
      examples: writeExamples(join(folder, 'examples.jsonl'), pairs),
      recipe: { ...tinyRecipe, epochs: 6, batchSize: 6, learningRate: 0.02 },
      output: folder,
    }
    const losses = (await Array.fromAsync(trainer.train(request))).flatMap((event) => (event.kind === 'step' ? [event.loss] : []))
    assert.equal(losses.length, 36)
    assert.ok(losses.at(-1)! < 0.4 * losses[0]!, `${losses[0]} → ${losses.at(-1)}`)
  },
)

function requestIn(t: TestContext): TrainingRequest {
  const folder = temporaryFolder(t)
  const output = join(folder, 'output')
  mkdirSync(output)
  return {
    base: writeTinyBase(join(folder, 'base')),
    examples: writeExamples(join(folder, 'examples.jsonl')),
    recipe: { ...tinyRecipe, epochs: 12 },
    output,
  }
}

/** Resuming from the newest checkpoint on disk ends as a run that nothing happened to. */
async function assertSameEnd(request: TrainingRequest): Promise<void> {
  const checkpoints = readdirSync(join(request.output, 'checkpoints')).filter((name) => name.endsWith('.safetensors'))
  const resume = join(request.output, 'checkpoints', checkpoints.sort().at(-1)!)
  const whole = join(request.output, 'whole')
  mkdirSync(whole)
  const ends: Buffer[] = []
  for (const run of [
    { ...request, resume },
    { ...request, output: whole },
  ]) {
    const last = (await Array.fromAsync(trainer.train(run))).at(-1)
    assert.ok(last?.kind === 'finished')
    ends.push(readFileSync(join(last.folder, 'adapter_model.safetensors')))
  }
  assert.ok(ends[0]!.equals(ends[1]!))
}

function trainingProcessesOf(parent: number): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, ppid, ...args]) => Number(ppid) === parent && args.join(' ').includes('training-process.ts'))
    .map(([pid]) => Number(pid))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
