/** The trainer as others use it: by the package's name, from source and installed. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { averageAdapters, estimate, train, type TrainingEvent } from 'commonweights/trainer'
import { bytesSource } from '../formats/byte-source.ts'
import { openSafetensors } from '../formats/safetensors.ts'
import { letterExamples, temporaryFolder, writeExamples, writeTinyBase } from './testing.ts'

const project = join(import.meta.dirname, '../..')
const run = promisify(execFile)

test('the example fine-tunes a model folder on a JSONL file and writes a PEFT adapter, also where the package is installed', async (t) => {
  const folder = temporaryFolder(t)
  const base = writeTinyBase(join(folder, 'base'))
  const examples = writeExamples(join(folder, 'examples.jsonl'))
  // As npm installs it: real files inside node_modules, where Node strips no types.
  const modules = join(folder, 'node_modules')
  const installed = join(modules, 'commonweights')
  mkdirSync(installed, { recursive: true })
  for (const part of ['package.json', 'bin', 'src/errors.ts', 'src/trainers', 'src/ml', 'src/formats', 'src/storage/blobs.ts'])
    cpSync(join(project, part), join(installed, part), { recursive: true })
  for (const name of readdirSync(join(project, 'node_modules'))) symlinkSync(join(project, 'node_modules', name), join(modules, name))
  cpSync(join(project, 'examples/fine-tune.ts'), join(folder, 'fine-tune.ts'))
  const adapters: Buffer[] = []
  for (const [name, program] of [
    ['from-source', join(project, 'examples/fine-tune.ts')],
    ['installed', join(folder, 'fine-tune.ts')],
  ] as const) {
    const { stdout } = await run(process.execPath, [program, base, examples, join(folder, name)])
    assert.match(stdout, /^24 examples, 9 steps, about \d+ MB\nstep 1\/9 {2}loss [\d.]+ {2}\d+ tokens\/s\n/)
    assert.match(stdout, /unseen examples: loss [\d.]+\nthe adapter is in .*adapter\n$/)
    assert.ok(existsSync(join(folder, name, 'adapter', 'adapter_config.json')))
    adapters.push(readFileSync(join(folder, name, 'adapter', 'adapter_model.safetensors')))
  }
  assert.ok(adapters[0]!.equals(adapters[1]!))
})

test('examples need not be a file, and a run that fits only if it computes twice does so', async (t) => {
  const folder = temporaryFolder(t)
  // Long ones: it is attention's weights that are computed twice, and they grow with the square of the length.
  const examples = Array.from({ length: 8 }, () => ({ text: 'a b c '.repeat(200) }))
  const options = { base: writeTinyBase(join(folder, 'base')), examples, recipe: { batchSize: 8, maxSteps: 1 } }
  // As little as it can take: of what does not fit, the leanest way is told.
  const least = async (recompute: boolean) =>
    (await estimate({ ...options, recipe: { ...options.recipe, recompute }, memoryBudget: 1 })).bytes
  const [whole, lean] = [await least(false), await least(true)]
  assert.ok(lean < whole && whole < (await estimate(options)).bytes)
  const budget = (lean + whole) / 2
  const eventsOf = (events: AsyncIterable<TrainingEvent>) => Array.fromAsync(events)
  const [planned] = await eventsOf(train({ ...options, output: join(folder, 'lean'), memoryBudget: budget }))
  assert.ok(planned?.kind === 'planned' && planned.estimatedBytes >= lean && planned.estimatedBytes <= budget)
  const kept = train({ ...options, recipe: { ...options.recipe, recompute: false }, output: join(folder, 'kept'), memoryBudget: lean })
  await assert.rejects(eventsOf(kept), { code: 'invalid', message: /would take about/ })
})

test('the mean of two adapters that went on from one has the means of their matrices', async (t) => {
  const folder = temporaryFolder(t)
  const base = writeTinyBase(join(folder, 'base'))
  const trained = async (name: string, examples: typeof letterExamples, adapter?: string): Promise<string> => {
    const options = { base, examples, output: join(folder, name), recipe: { rank: 2, maxSteps: 2 } }
    const last = (await Array.fromAsync(train(adapter === undefined ? options : { ...options, adapter }))).at(-1)
    assert.ok(last?.kind === 'finished')
    return last.folder
  }
  const start = await trained('start', letterExamples)
  const parts = [await trained('odd', letterExamples.slice(0, 12), start), await trained('even', letterExamples.slice(12), start)]
  const valuesOf = async (adapter: string) => {
    const file = await openSafetensors(bytesSource(readFileSync(join(adapter, 'adapter_model.safetensors'))))
    return file.floats('base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight')
  }
  const [odd, even] = [await valuesOf(parts[0]!), await valuesOf(parts[1]!)]
  const mean = await valuesOf(await averageAdapters(base, parts, join(folder, 'mean')))
  assert.notDeepEqual(odd, even)
  for (const [i, value] of mean.entries()) assert.ok(Math.abs(value - (odd[i]! + even[i]!) / 2) < 1e-7)
  await assert.rejects(averageAdapters(base, [], folder), /no adapter to average/)
})
