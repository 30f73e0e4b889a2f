/** What architectures add to Llama, each on its own: by finite differences through a whole decoder, and by what a position can and cannot see. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DecoderTraits } from '../../formats/architectures/traits.ts'
import type { HfConfig } from '../../formats/hf-config.ts'
import { randomFrom } from '../lora/random.ts'
import { baseTensors, gradientGraph, lossGraph, logitsGraph, type Shape } from '../lora/training-graph.ts'
import { relativeDifference, runnable, type Numbers } from '../testing/run-graph.ts'

const llama: HfConfig = {
  architecture: 'LlamaForCausalLM',
  vocabSize: 24,
  hiddenSize: 16,
  intermediateSize: 20,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headSize: 8,
  contextLength: 32,
  ropeTheta: 10_000,
  ropeScaling: null,
  normEpsilon: 1e-5,
  tiedEmbeddings: true,
  bosTokenId: null,
  eosTokenIds: [],
  padTokenId: null,
}

const differences: Record<string, Partial<DecoderTraits>> = {
  'a bias on queries, keys, values and outputs': { biases: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] },
  'norms over heads': { queryKeyNorms: true },
  'norms after, with weights that start from 1': { normsAfter: true, normOffset: 1 },
  'a gate of Gaussian error units': { activation: 'gelu-tanh' },
  'a scaled embedding': { embeddingScale: 3 },
  'a cap on scores': { attentionSoftCap: 0.8 },
  'a cap on logits': { logitSoftCap: 1.5 },
  'a window in the first layer': { slidingWindow: 3, windowedLayers: [true, false] },
  'a window with a rotary base of its own': { slidingWindow: 3, windowedLayers: [false, true], windowedRopeTheta: 100 },
  'fused projections': { fusedProjections: true },
}

const full = { kind: 'full' } as const
const shape = { batch: 2, length: 7 }

function weightsOf(config: HfConfig): Record<string, Float32Array> {
  return Object.fromEntries(
    baseTensors(config).map(({ name, dims }) => {
      const random = randomFrom(5, name)
      const length = dims.reduce<number>((product, dim) => product * Number(dim), 1)
      const middle = name.endsWith('norm.weight') ? 1 - (config.traits?.normOffset ?? 0) : 0
      return [name, Float32Array.from({ length }, () => middle + 0.3 * random.normal())]
    }),
  )
}

function batchOf(config: HfConfig): Record<'tokens' | 'targets' | 'weights', Numbers> {
  const random = randomFrom(6, 'batch')
  const length = shape.batch * shape.length
  const ids = () => BigInt64Array.from({ length }, () => BigInt(random.integer(config.vocabSize)))
  return { tokens: ids(), targets: ids(), weights: Float32Array.from({ length }, () => 0.5 + random.uniform()) }
}

for (const [what, traits] of Object.entries(differences)) {
  const config: HfConfig = { ...llama, traits }

  test(`${what}: along every parameter's gradient the loss rises as the gradient says`, async () => {
    const weights = weightsOf(config)
    const batch = batchOf(config)
    const gradient = await runnable(gradientGraph(config, full, shape))
    const found = await gradient({ ...weights, ...batch })
    const losses = await runnable(lossGraph(config, full, shape))
    const lossAt = async (changed: Record<string, Float32Array>): Promise<number> =>
      ((await losses({ ...weights, ...changed, ...batch }))['losses'] as Float32Array).reduce((sum, loss) => sum + loss, 0)
    for (const [name, values] of Object.entries(weights)) {
      const slope = found[`grad/${name}`] as Float32Array
      const length = Math.hypot(...slope)
      assert.ok(length > 1e-4, `${name} matters`)
      const h = 6e-3
      const moved = (step: number) => ({ [name]: values.map((value, i) => value + (step * slope[i]!) / length) })
      const measured = ((await lossAt(moved(h))) - (await lossAt(moved(-h)))) / (2 * h)
      assert.ok(Math.abs(measured - length) < 0.005 * length + 5e-3, `${name}: ${measured} measured, ${length} computed`)
    }
  })

  test(`${what}: it changes what the model says, and a length that varies does not`, async () => {
    const weights = weightsOf(config)
    const { tokens, ...rest } = batchOf(config)
    const losses = async (of: HfConfig, varying: boolean, length: number): Promise<Float32Array> => {
      const graph = await runnable(lossGraph(of, full, { ...shape, length, ...(varying ? { varying } : {}) }))
      const positions = Float32Array.from({ length: shape.length }, (_, position) => position)
      const dims = [shape.batch, shape.length]
      return (await graph({ ...weights, tokens, ...rest, positions }, { tokens: dims, targets: dims, weights: dims, positions: [shape.length] }))['losses'] as Float32Array // prettier-ignore
    }
    const own = await losses(config, false, shape.length)
    assert.ok(relativeDifference(await losses(config, true, shape.length + 4), own) < 1e-6)
    if (!traits.fusedProjections) assert.ok(relativeDifference(await losses(llama, false, shape.length), own) > 1e-3)
  })
}

for (const [what, traits] of [['none of these', {}], ...Object.entries(differences)] as const)
  test(`${what}: attention in parts is attention, its gradients too, with a length that varies and recomputed`, async () => {
    const config: HfConfig = { ...llama, traits }
    const length = 8
    const count = shape.batch * length
    const random = randomFrom(7, 'batch')
    const ids = () => BigInt64Array.from({ length: count }, () => BigInt(random.integer(config.vocabSize)))
    const inputs = {
      ...weightsOf(config),
      tokens: ids(),
      targets: ids(),
      weights: new Float32Array(count).fill(1),
      positions: Float32Array.from({ length }, (_, position) => position),
    }
    const dims = [shape.batch, length]
    const gradientsOf = async (of: Partial<Shape>, recompute = false) => {
      const run = await runnable(gradientGraph(config, full, { ...shape, length, ...of }, { recompute }))
      return run(inputs, { tokens: dims, targets: dims, weights: dims, positions: [length] })
    }
    const whole = await gradientsOf({})
    for (const [of, recompute] of [
      [{ parts: 2 }, false],
      [{ parts: 4 }, true],
      [{ parts: 4, varying: true, length: 12 }, false],
    ] as const)
      // prettier-ignore
      for (const [name, values] of Object.entries(await gradientsOf(of, recompute)))
        assert.ok(relativeDifference(values, whole[name]!) < 1e-5, `${name} in ${of.parts} parts`)
  })

test('a windowed layer sees as many tokens as its window has, the current one included, and no later one', async () => {
  const config: HfConfig = { ...llama, layers: 1, traits: { slidingWindow: 3, windowedLayers: [true] } }
  const weights = weightsOf(config)
  const length = 8
  const run = await runnable(logitsGraph(config, full, { batch: 1, length }))
  const logits = async (tokens: readonly number[]): Promise<Float32Array> =>
    (await run({ ...weights, tokens: BigInt64Array.from(tokens, BigInt) }))['logits'] as Float32Array
  const before = await logits([1, 2, 3, 4, 5, 6, 7, 8])
  const after = await logits([1, 2, 9, 4, 5, 6, 7, 8])
  const changed = Array.from({ length }, (_, t) => {
    const row = (values: Float32Array) => values.subarray(t * config.vocabSize, (t + 1) * config.vocabSize)
    return row(before).some((value, i) => value !== row(after)[i])
  })
  assert.deepEqual(changed, [false, false, true, true, true, false, false, false])
})
