/** Trains in a worker of the page: the graphs, the order of the data and the optimiser are those of the local trainer; onnxruntime-web runs them. */

import type * as OnnxRuntime from 'onnxruntime-web'
import { sentenceOf } from '../../../src/errors.ts'
import { bytesSource } from '../../../src/formats/byte-source.ts'
import { parseHfConfig } from '../../../src/formats/hf-config.ts'
import { jsonLines } from '../../../src/formats/jsonl.ts'
import { projectionsOf } from '../../../src/formats/llama-tensors.ts'
import { writeAdapterConfig } from '../../../src/formats/peft.ts'
import { writeSafetensors } from '../../../src/formats/safetensors-write.ts'
import { openSafetensors } from '../../../src/formats/safetensors.ts'
import { baseTensors, initialTrainables, trainableTensors } from '../../../src/ml/lora/training-graph.ts'
import { loadTokenizer } from '../../../src/ml/tokenizer/tokenizer.ts'
import { epochBatches, microBatches } from '../../../src/trainers/local/batches.ts'
import { exampleEncoder } from '../../../src/trainers/local/encode-example.ts'
import { microBatching } from '../../../src/trainers/local/estimate-memory.ts'
import { packBatch } from '../../../src/trainers/local/pack-batch.ts'
import { floatTensor, type Runtime, type Tensors } from '../../../src/trainers/local/runtime.ts'
import { learningRateAt } from '../../../src/trainers/local/schedule.ts'
import type { TokenizedExamples } from '../../../src/trainers/local/tokenize-examples.ts'
import { TrainingSession } from '../../../src/trainers/local/training-session.ts'
import { defaultRecipe, type Recipe, type TrainingContent } from '../../../src/trainers/trainer.ts'

export interface ToTrainer {
  /** JSONL. */
  readonly examples: string
  readonly where: 'wasm' | 'webgpu'
  readonly steps: number
}

export type FromTrainer =
  | { readonly kind: 'step'; readonly step: number; readonly steps: number; readonly loss: number; readonly tokensPerSecond: number }
  | { readonly kind: 'finished'; readonly files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> }
  | { readonly kind: 'failed'; readonly sentence: string }

const tell = (message: FromTrainer): void => postMessage(message)

onmessage = ({ data }: MessageEvent<ToTrainer>) => {
  train(data).catch((error: unknown) => tell({ kind: 'failed', sentence: sentenceOf(error) }))
}

async function train({ examples: text, where, steps }: ToTrainer): Promise<void> {
  const runtime = await openRuntime(where)
  const json = async (file: string): Promise<unknown> => (await fetch(`/base/${file}`)).json()
  const config = parseHfConfig(await json('config.json'))
  const tokenizer = loadTokenizer({
    tokenizer: await json('tokenizer.json'),
    config: await json('tokenizer_config.json'),
    chatTemplate: null,
  })
  const weights = await openSafetensors(bytesSource(new Uint8Array(await (await fetch('/base/model.safetensors')).arrayBuffer())))
  const parameters = baseTensors(config).reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * b, 1), 0)
  const defaults = defaultRecipe({ parameters, contextLength: config.contextLength, targetModules: projectionsOf(config) })
  const recipe: Recipe = { ...defaults, maxLength: 128, maxSteps: steps }
  const { method, seed, batchSize } = { ...defaults, ...recipe }

  const examples = await collected(text, exampleEncoder(tokenizer, config.eosTokenIds), recipe.maxLength)
  const frozen: Tensors = {}
  for (const spec of baseTensors(config)) frozen[spec.name] = floatTensor(runtime, spec, await weights.floats(spec.name))
  const specs = trainableTensors(config, defaults.method)
  const zeros = () => new Map(specs.map(({ name, dims }) => [name, new Float32Array(dims.reduce((a, b) => a * b, 1))]))
  const state = { trainables: initialTrainables(config, defaults.method, seed), m: zeros(), v: zeros() }
  const longest = Math.max(...examples.lengths)
  // Few rows at once keep a browser's memory small.
  const rows = Math.max(1, Math.min(batchSize, Math.floor(512 / longest)))
  const session = new TrainingSession({
    runtime,
    config,
    method,
    recipe,
    frozen,
    state,
    longest,
    threads: 1,
    ...microBatching(recipe, rows),
  })

  const all = [...examples.lengths.keys()]
  const isPair = (example: number): boolean => examples.sequences[example + 1]! - examples.sequences[example]! === 2
  const pool = { follow: Uint32Array.from(all.filter((i) => !isPair(i))), prefer: Uint32Array.from(all.filter(isPair)) }
  let waiting: ReturnType<typeof epochBatches> = []
  for (let step = 1, epoch = 0; step <= steps; step += 1) {
    if (waiting.length === 0) waiting = epochBatches(pool, batchSize, seed, epoch++)
    const packed = microBatches([waiting.shift()!], examples.lengths, rows).map((batch) => packBatch(examples, batch, { rows, longest }))
    const start = performance.now()
    const { loss, applied } = await session.step(packed, step, learningRateAt(recipe, step, steps))
    if (!applied) throw new Error(`Training diverged at step ${step}; use more examples, or fewer steps.`)
    tell({
      kind: 'step',
      step,
      steps,
      loss,
      tokensPerSecond: packed.reduce((sum, { realTokens }) => sum + realTokens, 0) / ((performance.now() - start) / 1000),
    })
  }
  const { trainables } = session.state()
  const tensors = specs.map(({ name, dims }) => ({ name, type: 'F32' as const, shape: dims, values: trainables.get(name)! }))
  const { rank, alpha } = defaults.method
  const adapter = writeAdapterConfig({ rank, alpha, rankStabilised: false, targetModules: projectionsOf(config), baseModel: null })
  tell({
    kind: 'finished',
    files: {
      'adapter_config.json': `${JSON.stringify(adapter, null, 2)}\n`,
      'adapter_model.safetensors': writeSafetensors(tensors) as Uint8Array<ArrayBuffer>,
    },
  })
  await session.close()
}

/** onnxruntime-web 1.30 leaves the second result of SimplifiedLayerNormalization unwritten on WebGPU, and every gradient goes through it. */
const wrongOnGraphicsCards = ['RmsNorm'] as const

/** onnxruntime-web on the processor, or on the graphics card with the processor for what it cannot do. */
async function openRuntime(where: ToTrainer['where']): Promise<Runtime> {
  const ort = (await import(`/node_modules/onnxruntime-web/dist/ort.${where}.bundle.min.mjs`)) as typeof OnnxRuntime
  ort.env.wasm.wasmPaths = '/node_modules/onnxruntime-web/dist/'
  ort.env.wasm.numThreads = crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1
  return {
    Tensor: ort.Tensor,
    writesInPlace: false,
    floats: (count) => new Float32Array(count),
    open: (graph) =>
      ort.InferenceSession.create((where === 'webgpu' ? graph.takenApart(wrongOnGraphicsCards) : graph).onnx, {
        executionProviders: where === 'webgpu' ? ['webgpu', 'wasm'] : ['wasm'],
        enableMemPattern: false,
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
      }),
  }
}

/** The lines as the trainer takes them. */
async function collected(text: string, encode: ReturnType<typeof exampleEncoder>, maxLength: number): Promise<TokenizedExamples> {
  const [tokens, learned, lengths]: number[][] = [[], [], []]
  const [starts, sequences] = [[0], [0]]
  for await (const found of jsonLines([new TextEncoder().encode(text)])) {
    if ('problem' in found) throw new Error(`Line ${found.line}: ${found.problem}`)
    let longest = 1
    for (const pieces of encode(found.value as TrainingContent)) {
      const marked = pieces
        .flatMap(({ ids, learnedUpTo }) => ids.map((id, i) => [id, i < learnedUpTo ? 1 : 0] as const))
        .slice(0, maxLength)
      for (const [i, [id, counts]] of marked.entries()) {
        tokens!.push(id)
        learned!.push(i > 0 ? counts : 0)
      }
      starts.push(tokens!.length)
      longest = Math.max(longest, marked.length - 1)
    }
    lengths!.push(longest)
    sequences.push(starts.length - 1)
  }
  if (lengths!.length === 0) throw new Error('There is no example; write at least one line.')
  return {
    count: lengths!.length,
    tokens: Uint32Array.from(tokens!),
    learned: Uint8Array.from(learned!),
    starts: Float64Array.from(starts),
    sequences: Uint32Array.from(sequences),
    lengths: Uint32Array.from(lengths!),
    shares: new Float64Array(lengths!.length).fill(1),
    cut: 0,
    lossTokens: learned!.reduce((sum, counts) => sum + counts, 0),
    digest: '',
  }
}
