/**
 * Our graphs against PyTorch, transformers and PEFT on tiny random models (made by scripts/make-goldens.py). Everything is float32 on
 * both sides; differences come from the order of additions. Tolerances are shares of the largest number in a tensor; seen are about a tenth.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseSafetensorsHeader } from '../../formats/safetensors.ts'
import type { HfConfig } from '../../formats/hf-config.ts'
import type { AdamWHyper } from '../adamw/adamw.ts'
import { gradientGraph, logitsGraph, trainableTensors, type Method } from '../lora/training-graph.ts'
import { adamwSteps } from '../testing/adamw-steps.ts'
import { relativeDifference, runnable, type Numbers } from '../testing/run-graph.ts'

const tolerances = { logits: 1e-5, loss: 1e-5, gradient: 2e-5, weightsAfterTwoSteps: 2e-5 }

interface Golden {
  readonly config: HfConfig
  readonly method: Method
  readonly hyper: AdamWHyper & { readonly learningRate: number }
  readonly loss: number
  readonly gradientNorms: readonly number[]
}

function read(name: string): Golden & { readonly tensors: Map<string, Numbers>; readonly shape: { batch: number; length: number } } {
  const bytes = new Uint8Array(readFileSync(new URL(`${name}.safetensors`, import.meta.url)))
  const header = parseSafetensorsHeader(bytes, bytes.byteLength, name)
  const tensors = new Map(
    [...header.tensors.values()].map((tensor): [string, Numbers] => {
      const data = bytes.slice(tensor.start, tensor.end).buffer
      return [tensor.name, tensor.type === 'I64' ? new BigInt64Array(data) : new Float32Array(data)]
    }),
  )
  const [batch, length] = header.tensors.get('tokens')?.shape as [number, number]
  return { ...(JSON.parse(header.metadata['golden'] as string) as Golden), tensors, shape: { batch, length } }
}

function close(what: string, actual: ArrayLike<number> | undefined, expected: Numbers | undefined, tolerance: number): void {
  assert.ok(actual && expected, `${what} is missing`)
  const difference = relativeDifference(actual, expected as Float32Array)
  assert.ok(difference <= tolerance, `${what} is off by ${difference}`)
}

for (const name of ['full-tied', 'full-untied-llama3', 'lora-tied-llama3', 'lora-untied']) {
  const { config, method, hyper, tensors, shape, ...golden } = read(name)
  const tensor = (key: string): Numbers => tensors.get(key) as Numbers
  const sectionOf = (prefix: string): Record<string, Numbers> =>
    Object.fromEntries(
      [...tensors].flatMap(([key, values]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), values]] : [])),
    )
  const batch = { tokens: tensor('tokens'), targets: tensor('targets'), weights: tensor('weights') }
  const before = { ...sectionOf('base/'), ...sectionOf('adapter/') }
  const trainables = trainableTensors(config, method)

  test(`${name}: logits are those of PyTorch`, async () => {
    const run = await runnable(logitsGraph(config, method, shape))
    const { logits } = await run({ ...before, tokens: batch.tokens })
    close('logits', logits, tensor('logits'), tolerances.logits)
  })

  test(`${name}: loss and gradients are those of PyTorch, recomputed or not`, async () => {
    for (const recompute of [false, true]) {
      const run = await runnable(gradientGraph(config, method, shape, { recompute }))
      const results = await run({ ...before, ...batch })
      close('loss', results['loss'], Float32Array.of(golden.loss), tolerances.loss)
      const expected = sectionOf('grad/')
      assert.deepEqual(Object.keys(expected).sort(), trainables.map((spec) => spec.name).sort())
      for (const [key, values] of Object.entries(expected)) close(key, results[`grad/${key}`], values, tolerances.gradient)
    }
  })

  test(`${name}: two steps of AdamW, clipped, end where PyTorch's do`, async () => {
    const gradient = await runnable(gradientGraph(config, method, shape))
    const takeStep = adamwSteps(trainables, hyper)
    const sum = (batch.weights as Float32Array).reduce((a, b) => a + b, 0)
    const weights: Record<string, Numbers> = { ...before }
    for (const { name } of trainables) weights[name] = (before[name] as Float32Array).slice()
    for (const step of [1, 2]) {
      const gradients = await gradient({ ...weights, ...batch })
      const norm = takeStep(weights, gradients, { step, learningRate: hyper.learningRate, gradientScale: 1 / sum })
      close(`norm of step ${step}`, [norm], Float32Array.of(golden.gradientNorms[step - 1] as number), tolerances.loss)
    }
    for (const [key, values] of Object.entries(sectionOf('after/'))) {
      close(key, weights[key] as Float32Array, values, tolerances.weightsAfterTwoSteps)
      assert.ok(relativeDifference(values as Float32Array, before[key] as Float32Array) > 1e-3, `${key} never moved`)
    }
  })
}
