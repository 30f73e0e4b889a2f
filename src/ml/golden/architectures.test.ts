/**
 * Every architecture against transformers and PEFT on a tiny random checkpoint (scripts/make-architecture-goldens.py). Everything is float32 on both sides;
 * differences come from the order of additions. Tolerances are shares of the largest number in a tensor; docs/design/architectures.md has what is seen.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { bytesSource } from '../../formats/byte-source.ts'
import { parseHfConfig, writeHfConfig } from '../../formats/hf-config.ts'
import { checkTensors } from '../../formats/llama-tensors.ts'
import { readAdapter, writeAdapter } from '../../formats/peft.ts'
import { openSafetensors } from '../../formats/safetensors.ts'
import {
  baseTensors,
  gradientGraph,
  logitsGraph,
  trainableTensors,
  type LoraMethod,
} from '../lora/training-graph.ts'
import { adapterName } from '../lora/trainables.ts'
import { projectionPath } from '../llama/parameters.ts'
import { adamwSteps } from '../testing/adamw-steps.ts'
import { architectureGoldens, readArchitectureGolden } from '../testing/architecture-goldens.ts'
import { relativeDifference, runnable, type Numbers } from '../testing/run-graph.ts'

const tolerances = { logits: 1e-5, loss: 1e-5, gradient: 5e-5, adapterAfterTwoSteps: 1e-4, logitsAfterTwoSteps: 2e-4 }
/** The largest differences, for docs/design/architectures.md: MEASURE=1 node --test. */
const seen: Record<string, Record<string, number>> = {}
after(() => process.env['MEASURE'] && console.table(seen))

type Compare = (kind: keyof typeof tolerances, what: string, actual: ArrayLike<number> | undefined, expected: Numbers | undefined) => void

const comparing =
  (name: string): Compare =>
  (kind, what, actual, expected) => {
    assert.ok(actual && expected, `${what} is missing`)
    const difference = relativeDifference(actual, expected as Float32Array)
    const row = (seen[name] ??= {})
    row[kind] = Math.max(row[kind] ?? 0, Number(difference.toPrecision(2)))
    assert.ok(difference <= tolerances[kind], `${what} is off by ${difference}`)
  }

for (const name of architectureGoldens) {
  const golden = await readArchitectureGolden(name)
  const close = comparing(name)
  const { config, shape, hyper } = golden
  const adapter = await readAdapter(golden.adapterJson, await golden.savedAdapter(), config)
  const method: LoraMethod = { kind: 'lora', rank: adapter.config.rank, alpha: adapter.config.alpha, targetModules: adapter.config.targetModules }
  const batch = { tokens: golden.tensor('tokens'), targets: golden.tensor('targets'), weights: golden.tensor('weights') }
  const base = golden.section('base/')
  const before = { ...base, ...golden.section('adapter/') }

  test(`${name}: config.json and tensors as transformers writes them are read, and written again the same`, async () => {
    checkTensors(config, (await golden.base('BF16')).tensors)
    assert.deepEqual(
      baseTensors(config).map((spec) => spec.name).sort(), // prettier-ignore
      Object.keys(base).sort(),
    )
    assert.deepEqual(parseHfConfig(JSON.parse(JSON.stringify(writeHfConfig(config, 'F32')))), config)
  })

  test(`${name}: logits are those of transformers, and with the adapter those of PEFT`, async () => {
    const plain = await runnable(logitsGraph(config, { kind: 'full' }, shape))
    close('logits', 'logits', (await plain({ ...base, tokens: batch.tokens }))['logits'], golden.tensor('logits'))
    const adapted = await runnable(logitsGraph(config, method, shape))
    close('logits', 'with the adapter', (await adapted({ ...before, tokens: batch.tokens }))['logits'], golden.tensor('logits_adapter'))
    const apart = relativeDifference(golden.tensor('logits') as Float32Array, golden.tensor('logits_adapter') as Float32Array)
    assert.ok(apart > 0.01, 'the adapter must matter, or this test shows nothing')
  })

  for (const type of ['F32', 'F16', 'BF16'] as const)
    test(`${name}: a base in ${type} has the logits of transformers`, async () => {
      const weights = await golden.base(type)
      const read: Record<string, Numbers> = { tokens: batch.tokens }
      for (const spec of baseTensors(config)) read[spec.name] = await weights.floats(spec.name)
      const run = await runnable(logitsGraph(config, { kind: 'full' }, shape))
      close('logits', type, (await run(read))['logits'], golden.tensor('logits'))
    })

  test(`${name}: loss and gradients of all parameters are those of transformers, recomputed or not`, async () => {
    for (const recompute of [false, true]) {
      const run = await runnable(gradientGraph(config, { kind: 'full' }, shape, { recompute }))
      const results = await run({ ...base, ...batch })
      close('loss', 'loss', results['loss'], Float32Array.of(golden.fullLoss))
      for (const [key, values] of Object.entries(golden.section('full/'))) close('gradient', key, results[`grad/${key}`], values)
    }
  })

  test(`${name}: loss and gradients of the adapter are those of PEFT, recomputed or not`, async () => {
    for (const recompute of [false, true]) {
      const run = await runnable(gradientGraph(config, method, shape, { recompute }))
      const results = await run({ ...before, ...batch })
      close('loss', 'loss', results['loss'], Float32Array.of(golden.loss))
      const expected = golden.section('grad/')
      assert.deepEqual(Object.keys(expected).sort(), trainableTensors(config, method).map((spec) => spec.name).sort()) // prettier-ignore
      for (const [key, values] of Object.entries(expected)) close('gradient', key, results[`grad/${key}`], values)
    }
  })

  test(`${name}: two LoRA steps end where PEFT's do, and the adapter is written as PEFT writes it`, async () => {
    const trainables = trainableTensors(config, method)
    const gradient = await runnable(gradientGraph(config, method, shape))
    const takeStep = adamwSteps(trainables, hyper)
    const sum = (batch.weights as Float32Array).reduce((a, b) => a + b, 0)
    const state: Record<string, Numbers> = { ...before }
    for (const { name: key } of trainables) state[key] = (before[key] as Float32Array).slice()
    for (const step of [1, 2]) {
      const gradients = await gradient({ ...state, ...batch })
      const norm = takeStep(state, gradients, { step, learningRate: hyper.learningRate, gradientScale: 1 / sum })
      close(step === 1 ? 'gradient' : 'adapterAfterTwoSteps', `norm of step ${step}`, [norm], Float32Array.of(golden.gradientNorms[step - 1] as number))
    }
    const files = writeAdapter(
      {
        config: adapter.config,
        modules: adapter.modules.map((module) => {
          const matrix = (side: 'A' | 'B') => state[adapterName(projectionPath(module.layer, module.projection), side)] as Float32Array
          return { ...module, a: matrix('A'), b: matrix('B') }
        }),
      },
      config,
    )
    const written = await openSafetensors(bytesSource(files['adapter_model.safetensors']))
    const expected = golden.section('after/')
    assert.deepEqual([...written.tensors.keys()].sort(), Object.keys(expected).sort())
    for (const [key, values] of Object.entries(expected)) {
      close('adapterAfterTwoSteps', key, await written.floats(key), values)
      assert.ok(relativeDifference(values, before[key] as Float32Array) > 1e-3, `${key} never moved`)
    }
    const own = JSON.parse(files['adapter_config.json']) as Record<string, unknown>
    for (const key of ['peft_type', 'task_type', 'r', 'lora_alpha', 'bias', 'use_rslora', 'use_dora', 'fan_in_fan_out'])
      assert.deepEqual(own[key], golden.adapterJson[key], key)
    assert.deepEqual([...(own['target_modules'] as string[])].sort(), [...(golden.adapterJson['target_modules'] as string[])].sort())
    const steps = await runnable(logitsGraph(config, method, shape))
    close('logitsAfterTwoSteps', 'after two steps', (await steps({ ...state, tokens: batch.tokens }))['logits'], golden.tensor('logits_after'))
  })
}
