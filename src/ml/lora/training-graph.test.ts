import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HfConfig } from '../../formats/hf-config.ts'
import { adamwSteps } from '../testing/adamw-steps.ts'
import { relativeDifference, runnable, type Numbers } from '../testing/run-graph.ts'
import { randomFrom } from './random.ts'
import {
  activationBytes,
  baseTensors,
  gradientGraph,
  initialTrainables,
  logitsGraph,
  trainableTensors,
  type GradientOptions,
  type Method,
  type Shape,
} from './training-graph.ts'

const config: HfConfig = {
  architecture: 'LlamaForCausalLM',
  vocabSize: 50,
  hiddenSize: 32,
  intermediateSize: 40,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headSize: 8,
  contextLength: 64,
  ropeTheta: 10000,
  ropeScaling: null,
  normEpsilon: 1e-5,
  tiedEmbeddings: true,
  bosTokenId: null,
  eosTokenIds: [],
  padTokenId: null,
}
const full: Method = { kind: 'full' }
const lora: Method = { kind: 'lora', rank: 4, alpha: 8, targetModules: ['v_proj', 'down_proj', 'q_proj'] }
const shape: Shape = { batch: 2, length: 8 }

type Batch = Readonly<Record<'tokens' | 'targets' | 'weights', Numbers>>

function batchOf(seed: number, { batch, length }: Shape, counted = 0.7): Batch {
  const random = randomFrom(seed, 'batch')
  const count = batch * length
  const ids = (): BigInt64Array => BigInt64Array.from({ length: count }, () => BigInt(random.integer(config.vocabSize)))
  const weights = Float32Array.from({ length: count }, () => (random.uniform() < counted ? 0.5 + random.uniform() : 0))
  return { tokens: ids(), targets: ids(), weights }
}

function startOf(method: Method): Record<string, Numbers> {
  const start = new Map([...initialTrainables(config, full, 1), ...initialTrainables(config, method, 2)])
  const random = randomFrom(3, 'away from zero')
  for (const values of start.values()) values.forEach((value, i) => (values[i] = value + 0.1 * random.normal()))
  return Object.fromEntries(start)
}

async function gradientsOf(
  method: Method,
  batch: Batch,
  {
    at = shape,
    threads = 1,
    sums = {},
    ...options
  }: GradientOptions & { at?: Shape; threads?: number; sums?: Record<string, Numbers> } = {},
): Promise<Record<string, Float32Array>> {
  const run = await runnable(gradientGraph(config, method, at, options), threads)
  return run({ ...startOf(method), ...batch, ...sums })
}

function assertClose(actual: Record<string, Float32Array>, expected: Record<string, Float32Array>, tolerance: number): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort())
  for (const [name, values] of Object.entries(expected)) {
    const difference = relativeDifference(actual[name] as Float32Array, values)
    assert.ok(difference <= tolerance, `${name} is off by ${difference}`)
  }
}

for (const method of [full, lora]) {
  test(`${method.kind}: micro-batches added up are the batch`, async () => {
    const whole = batchOf(1, shape)
    const half = shape.length * (shape.batch / 2)
    const part = (from: number): Batch => ({
      tokens: whole.tokens.slice(from, from + half),
      targets: whole.targets.slice(from, from + half),
      weights: whole.weights.slice(from, from + half),
    })
    const at = { batch: 1, length: shape.length }
    const first = await gradientsOf(method, part(0), { at })
    const sums = Object.fromEntries(Object.entries(first).map(([name, values]) => [name.replace('grad/', 'sum/'), values]))
    const second = await gradientsOf(method, part(half), { at, accumulate: true, sums })
    const added = { ...second, loss: Float32Array.of((first['loss']?.[0] ?? NaN) + (second['loss']?.[0] ?? NaN)) }
    assertClose(added, await gradientsOf(method, whole), 1e-5)
  })

  test(`${method.kind}: a batch in which nothing counts has no loss and no gradient`, async () => {
    const results = await gradientsOf(method, batchOf(1, shape, 0))
    for (const [name, values] of Object.entries(results))
      assert.ok(
        values.every((value) => value === 0),
        name,
      )
  })

  test(`${method.kind}: padding on the right changes nothing`, async () => {
    const batch = batchOf(2, shape)
    const longer = { batch: shape.batch, length: shape.length + 5 }
    const padded = <T extends Numbers>(values: T, empty: Numbers): T => {
      for (let row = 0; row < shape.batch; row++) {
        empty.set(values.slice(row * shape.length, (row + 1) * shape.length) as never, row * longer.length)
      }
      return empty as T
    }
    const count = longer.batch * longer.length
    const tail = {
      tokens: padded(batch.tokens, new BigInt64Array(count).fill(7n)),
      targets: padded(batch.targets, new BigInt64Array(count)),
      weights: padded(batch.weights, new Float32Array(count)),
    }
    assertClose(await gradientsOf(method, tail, { at: longer }), await gradientsOf(method, batch), 1e-5)
  })

  test(`${method.kind}: a graph with its norms in simpler operations has the same gradients`, async () => {
    const graph = gradientGraph(config, method, shape)
    const inputs = { ...startOf(method), ...batchOf(7, shape) }
    const apart = graph.takenApart(['RmsNorm'])
    assert.ok(!new TextDecoder().decode(apart.onnx).includes('SimplifiedLayerNormalization'))
    assertClose(await (await runnable(apart))(inputs), await (await runnable(graph))(inputs), 1e-5)
  })

  test(`${method.kind}: attention computed twice gives the very bits of attention that is kept`, async () => {
    const at = { ...shape, length: 12, parts: 2 }
    const [kept, twice] = [
      await gradientsOf(method, batchOf(6, at), { at }),
      await gradientsOf(method, batchOf(6, at), { at, recompute: true }),
    ]
    assertClose(twice, kept, 0)
  })

  test(`${method.kind}: two threads compute the very bits that one computes, every time`, async () => {
    const at = { batch: 8, length: 32 }
    const batch = batchOf(3, at)
    const once = await gradientsOf(method, batch, { at })
    for (const threads of [2, 2]) assert.deepEqual(await gradientsOf(method, batch, { at, threads }), once)
  })

  test(`${method.kind}: so it is for any number of positions, where matrices are as wide as models have them`, async () => {
    const wide = { ...config, vocabSize: 256, hiddenSize: 256, intermediateSize: 384, kvHeads: 4, headSize: 64, layers: 1 }
    const start = Object.fromEntries([...initialTrainables(wide, full, 1), ...initialTrainables(wide, method, 2)])
    for (const at of [
      { batch: 2, length: 199 },
      { batch: 1, length: 50 },
      { batch: 1, length: 604, parts: 2 },
    ]) {
      const resultsWith = async (threads: number) =>
        (await runnable(gradientGraph(wide, method, at), threads))({ ...start, ...batchOf(3, at) })
      const [one, two] = [await resultsWith(1), await resultsWith(2)]
      const different = Object.keys(one).filter((name) => relativeDifference(two[name]!, one[name]!) !== 0)
      assert.deepEqual(different, [], `${at.batch} × ${at.length}`)
    }
  })

  test(`${method.kind}: twenty steps fit a small batch`, async () => {
    const trainables = trainableTensors(config, method)
    const gradient = await runnable(gradientGraph(config, method, shape))
    const takeStep = adamwSteps(trainables, { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, clip: null })
    const batch = batchOf(4, shape)
    const sum = (batch.weights as Float32Array).reduce((a, b) => a + b, 0)
    const weights = startOf(method)
    const losses: number[] = []
    for (let step = 1; step <= 20; step++) {
      const gradients = await gradient({ ...weights, ...batch })
      losses.push((gradients['loss']?.[0] ?? NaN) / sum)
      takeStep(weights, gradients, { step, learningRate: 0.03, gradientScale: 1 / sum })
    }
    assert.ok((losses.at(-1) as number) < 0.5 * (losses[0] as number), losses.join(' '))
  })
}

test('a later token changes no earlier logit', async () => {
  const run = await runnable(logitsGraph(config, full, shape))
  const { tokens } = batchOf(5, shape)
  const before = (await run({ ...startOf(full), tokens }))['logits'] as Float32Array
  const changed = tokens.slice() as BigInt64Array
  changed[5] = (changed[5] as bigint) ^ 1n
  const after = (await run({ ...startOf(full), tokens: changed }))['logits'] as Float32Array
  const position = (i: number): number => Math.floor(i / config.vocabSize)
  const moved = new Set(Array.from(before.keys()).flatMap((i) => (before[i] === after[i] ? [] : [position(i)])))
  assert.deepEqual([...moved], [5, 6, 7])
})

test('an adapter whose B is zero leaves the base as it is', async () => {
  const { tokens } = batchOf(6, shape)
  const base = startOf(full)
  const fresh = Object.fromEntries(initialTrainables(config, lora, 9))
  const plain = await (await runnable(logitsGraph(config, full, shape)))({ ...base, tokens })
  const adapted = await (await runnable(logitsGraph(config, lora, shape)))({ ...base, ...fresh, tokens })
  assert.deepEqual(adapted, plain)
})

test('the graph asks for what it needs and returns a gradient for each trainable', () => {
  const graph = gradientGraph(config, lora, shape, { accumulate: true })
  const trainables = trainableTensors(config, lora).map(({ name }) => name)
  const expected = [
    ...baseTensors(config).map(({ name }) => name),
    ...trainables,
    ...trainables.map((name) => `sum/${name}`),
    'tokens',
    'targets',
    'weights',
  ]
  assert.deepEqual(graph.inputs.map(({ name }) => name).sort(), expected.sort())
  assert.deepEqual(
    graph.outputs.map(({ name }) => name),
    ['loss', ...trainables.map((name) => `grad/${name}`)],
  )
  assert.ok(!gradientGraph(config, full, shape).inputs.some(({ name }) => name === 'lm_head.weight'))
})

test('adapters are named and shaped as PEFT has them, in the order of the layer', () => {
  const names = trainableTensors({ ...config, layers: 1 }, lora).map(({ name, dims }) => `${name} ${dims.join('x')}`)
  const layer = 'base_model.model.model.layers.0'
  assert.deepEqual(names, [
    `${layer}.self_attn.q_proj.lora_A.weight 4x32`,
    `${layer}.self_attn.q_proj.lora_B.weight 32x4`,
    `${layer}.self_attn.v_proj.lora_A.weight 4x32`,
    `${layer}.self_attn.v_proj.lora_B.weight 16x4`,
    `${layer}.mlp.down_proj.lora_A.weight 4x40`,
    `${layer}.mlp.down_proj.lora_B.weight 32x4`,
  ])
})

test('a target module that is not in a layer is refused with those that are', () => {
  const method: Method = { kind: 'lora', rank: 1, alpha: 1, targetModules: ['q_proj', 'lm_head'] }
  assert.throws(() => trainableTensors(config, method), /lm_head is not in a layer of LlamaForCausalLM; choose from q_proj, k_proj/)
})

test('first values depend on the seed and the name alone', () => {
  const one = initialTrainables(config, full, 1)
  assert.deepEqual(
    initialTrainables({ ...config, layers: 1 }, full, 1).get('model.embed_tokens.weight'),
    one.get('model.embed_tokens.weight'),
  )
  assert.notDeepEqual(initialTrainables(config, full, 2).get('model.embed_tokens.weight'), one.get('model.embed_tokens.weight'))
  assert.ok(one.get('model.norm.weight')?.every((value) => value === 1))
  const spread = (values: Float32Array = new Float32Array()): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length)
  assert.ok(Math.abs(spread(one.get('model.layers.0.self_attn.q_proj.weight')) - 0.02) < 0.002)
  assert.ok(Math.abs(spread(one.get('model.layers.0.self_attn.o_proj.weight')) - 0.01) < 0.001)
  const adapter = [...initialTrainables(config, lora, 1)]
  for (const [name, values] of adapter) {
    if (name.includes('lora_B'))
      assert.ok(
        values.every((value) => value === 0),
        name,
      )
    else
      assert.ok(
        values.every((value) => Math.abs(value) <= 1 / Math.sqrt(name.includes('down_proj') ? 40 : 32)),
        name,
      )
  }
})

test('more tokens, more layers and whole-model training need more memory; recomputing needs less', () => {
  const bytes = activationBytes(config, lora, { batch: 8, length: 64 })
  assert.ok(activationBytes(config, lora, { batch: 16, length: 64 }) > 1.5 * bytes)
  assert.ok(activationBytes({ ...config, layers: 4 }, lora, { batch: 8, length: 64 }) > 1.3 * bytes)
  assert.ok(activationBytes(config, full, { batch: 8, length: 64 }) > bytes)
  const deep = { ...config, layers: 8, intermediateSize: 128 }
  const [kept, recomputed] = [false, true].map((recompute) => activationBytes(deep, lora, { batch: 8, length: 64 }, { recompute }))
  assert.ok((recomputed as number) < 0.8 * (kept as number))
})
