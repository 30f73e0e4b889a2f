/** Our preference loss, its gradients and the reference against PyTorch and PEFT with TRL's formula (made by scripts/make-preference-golden.py). */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { HfConfig } from '../../formats/hf-config.ts'
import { parseSafetensorsHeader } from '../../formats/safetensors.ts'
import { gradientGraph, lossGraph, trainableTensors, type LoraMethod, type Shape } from '../lora/training-graph.ts'
import { relativeDifference, runnable, type Numbers } from '../testing/run-graph.ts'

const bytes = new Uint8Array(readFileSync(new URL('preference.safetensors', import.meta.url)))
const header = parseSafetensorsHeader(bytes, bytes.byteLength, 'preference.safetensors')
const tensors = new Map(
  [...header.tensors.values()].map((tensor): [string, Numbers] => {
    const data = bytes.slice(tensor.start, tensor.end).buffer
    return [tensor.name, tensor.type === 'I64' ? new BigInt64Array(data) : new Float32Array(data)]
  }),
)
const golden = JSON.parse(header.metadata['golden'] as string) as { beta: number; loss: number; method: LoraMethod; config: HfConfig }
const { config, method, beta } = golden
const shape: Shape = { batch: 6, length: 9 }
const tensor = (name: string): Numbers => {
  const found = tensors.get(name)
  assert.ok(found, name)
  return found
}
const weights = Object.fromEntries(
  [...tensors].flatMap(([name, values]) => (/^(base|adapter)\//.test(name) ? [[name.replace(/^\w+\//, ''), values]] : [])),
)
const batch = { tokens: tensor('tokens'), targets: tensor('targets'), weights: tensor('weights') }

const close = (what: string, actual: ArrayLike<number> | undefined, expected: ArrayLike<number>, tolerance = 1e-5): void => {
  assert.ok(actual, what)
  const difference = relativeDifference(actual, expected)
  assert.ok(difference <= tolerance, `${what} is off by ${difference}`)
}

test('an answer has the log probability that PyTorch gives it, with the adapter and with its B fed as zeros', async () => {
  const run = await runnable(lossGraph(config, method, shape))
  close('policy', (await run({ ...weights, ...batch }))['losses'], tensor('losses') as Float32Array)
  const off = Object.fromEntries(
    Object.entries(weights).map(([name, values]) => [name, name.includes('lora_B') ? new Float32Array(values.length) : values]),
  )
  close('reference', (await run({ ...off, ...batch }))['losses'], tensor('reference') as Float32Array)
})

test('the loss of preferences and its gradients are those of TRL’s formula, recomputed or not, of fixed and of varying length', async () => {
  for (const form of [{ recompute: false }, { recompute: true }, { varying: true }]) {
    const { recompute = false, varying = false } = form as { recompute?: boolean; varying?: boolean }
    const at = varying ? { ...shape, length: 16, varying } : shape
    const graph = gradientGraph(config, method, at, { objective: { kind: 'prefer', beta }, recompute })
    const run = await runnable(graph)
    const rows = [6, 9]
    const results = await run(
      {
        ...weights,
        ...batch,
        reference: tensor('reference'),
        pair_weights: Float32Array.of(1, 1, 1),
        positions: Float32Array.from({ length: 9 }, (_, position) => position),
      },
      { tokens: rows, targets: rows, weights: rows, positions: [9] },
    )
    close('loss', results['loss'], Float32Array.of(golden.loss))
    for (const { name } of trainableTensors(config, method))
      close(name, results[`grad/${name}`], tensor(`grad/${name}`) as Float32Array, 2e-5)
  }
})

test('a pair of weight 0 is not there', async () => {
  const run = await runnable(gradientGraph(config, method, shape, { objective: { kind: 'prefer', beta } }))
  const feeds = { ...weights, ...batch, reference: tensor('reference') }
  const parts: Record<string, Float32Array>[] = []
  for (const pair_weights of [
    [1, 1, 0],
    [0, 0, 1],
    [1, 1, 1],
  ])
    parts.push(await run({ ...feeds, pair_weights: Float32Array.from(pair_weights) }))
  const [some, other, all] = parts as [Record<string, Float32Array>, Record<string, Float32Array>, Record<string, Float32Array>]
  for (const name of Object.keys(all))
    close(
      name,
      some[name]!.map((value, i) => value + other[name]![i]!),
      all[name]!,
    )
})
