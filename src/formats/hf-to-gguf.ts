/** Hugging Face folders as GGUF: a base model, an adapter over it, or the two merged. Names and orders are those of llama.cpp's own converters. */

import { architectureNamed } from './architectures/index.ts'
import { windowPeriod } from './architectures/architecture.ts'
import { traitsOf } from './architectures/traits.ts'
import { FormatError } from './format-error.ts'
import { fromFloat32 } from './half.ts'
import type { HfConfig, Llama3RopeScaling } from './hf-config.ts'
import { ggufTokenizer, stripsAsPhi3 } from './gguf-tokenizer.ts'
import type { GgufValue } from './gguf.ts'
import { gguf, streamGguf, type GgufTensorToWrite, type GgufWriteType } from './gguf-write.ts'
import { checkTokenizerJson } from './hf-tokenizer.ts'
import { checkTensors, expectedTensors, isProjection, projectionShape, type Projection } from './llama-tensors.ts'
import { adapterScale, type Adapter } from './peft.ts'
import { quantizeQ8_0 } from './quantize.ts'
import type { Safetensors } from './safetensors.ts'
import { parseTokenizerConfig } from './tokenizer-config.ts'
import { encodeWeights, rowsOf } from './weight-rows.ts'

/** A base model as its files say: parsed config and JSON, weights by tensor. */
export interface HfModel {
  readonly config: HfConfig
  readonly weights: Safetensors
  /** Parsed tokenizer.json. */
  readonly tokenizer: unknown
  /** Parsed tokenizer_config.json, or null. */
  readonly tokenizerConfig: unknown
  /** Text of chat_template.jinja, where there is one. */
  readonly chatTemplate?: string | null
}

export interface GgufNames {
  readonly name: string
  /** SPDX expression. */
  readonly licence?: string
  /** BCP 47. */
  readonly languages?: readonly string[]
}

/** llama.cpp's name of each projection's weight, under `blk.{layer}.`. */
const blockNames = {
  qkv_proj: 'attn_qkv',
  gate_up_proj: 'ffn_up',
  q_proj: 'attn_q',
  k_proj: 'attn_k',
  v_proj: 'attn_v',
  o_proj: 'attn_output',
  gate_proj: 'ffn_gate',
  up_proj: 'ffn_up',
  down_proj: 'ffn_down',
} as const satisfies Record<Projection, string>

/** llama.cpp's general.file_type. */
const fileTypes = { F32: 0, F16: 1, Q8_0: 7 } as const satisfies Record<GgufWriteType, number>

/**
 * The base model, with the adapter merged in where one is given. Reads a few megabytes of weights at a time. With Q8_0, matrices whose rows
 * are not whole blocks of 32, or one block alone, stay F16; norms are F32 always. Throws FormatError before the first byte on what does not fit or cannot be converted,
 * and between tensors on weights that are not finite.
 */
export function modelToGguf(
  model: HfModel,
  options: GgufNames & { readonly type: GgufWriteType; readonly adapter?: Adapter | null },
): AsyncIterable<Uint8Array> {
  const { config, weights } = model
  checkTensors(config, weights.tensors)
  const definition = checkTokenizerJson(model.tokenizer)
  const tokenizer = ggufTokenizer(
    definition,
    parseTokenizerConfig(model.tokenizerConfig, model.chatTemplate ?? null),
    config.vocabSize,
    config,
  )
  const metadata = new Map([
    ['general.architecture', gguf.string(architectureNamed(config.architecture).gguf.name)],
    ['general.type', gguf.string('model')],
    ...naming(options, stripsAsPhi3(definition)),
    ['general.file_type', gguf.uint32(fileTypes[options.type])],
    ['general.quantization_version', gguf.uint32(2)],
    ...shapeOf(config),
    ...tokenizer,
  ])
  const tensors: GgufTensorToWrite[] = []
  if (config.ropeScaling) {
    const factors = ropeFactors(config, config.ropeScaling)
    tensors.push({ name: 'rope_freqs.weight', type: 'F32', shape: [factors.length], bytes: () => [fromFloat32(factors, 'F32')] })
  }
  for (const [name, shape] of expectedTensors(config)) tensors.push(weightTensor(model, name, shape, options))
  return streamGguf(metadata, tensors)
}

function* naming({ name, licence, languages }: GgufNames, stripsAsPhi3 = false): Iterable<[string, GgufValue]> {
  // llama.cpp takes tokens of what is called phi-3 or phi3 to swallow the spaces after them, and does not load a model of that name without them.
  const plain = name.replaceAll(/phi-?3/gi, 'Phi 3')
  yield ['general.name', gguf.string(stripsAsPhi3 ? (plain === name ? `${name} (phi-3)` : name) : plain)]
  if (licence !== undefined) yield ['general.license', gguf.string(licence)]
  if (languages && languages.length > 0) yield ['general.languages', gguf.strings(languages)]
}

function shapeOf(config: HfConfig): [string, GgufValue][] {
  const { gguf: known } = architectureNamed(config.architecture)
  const traits = traitsOf(config)
  const window = traits.slidingWindow
  // A window that llama.cpp would leave out makes no difference to texts that fit in it.
  const context = window !== null && !known.knowsWindows ? Math.min(window, config.contextLength) : config.contextLength
  const entries: [string, GgufValue][] = [
    ['vocab_size', gguf.uint32(config.vocabSize)],
    ['context_length', gguf.uint32(context)],
    ['embedding_length', gguf.uint32(config.hiddenSize)],
    ['block_count', gguf.uint32(config.layers)],
    ['feed_forward_length', gguf.uint32(config.intermediateSize)],
    ['attention.head_count', gguf.uint32(config.heads)],
    ['attention.head_count_kv', gguf.uint32(config.kvHeads)],
    ['attention.key_length', gguf.uint32(config.headSize)],
    ['attention.value_length', gguf.uint32(config.headSize)],
    ['attention.layer_norm_rms_epsilon', gguf.float32(config.normEpsilon)],
    ['rope.dimension_count', gguf.uint32(config.headSize)],
    ['rope.freq_base', gguf.float32(config.ropeTheta)],
  ]
  if (traits.attentionSoftCap !== null) entries.push(['attn_logit_softcapping', gguf.float32(traits.attentionSoftCap)])
  if (traits.logitSoftCap !== null) entries.push(['final_logit_softcapping', gguf.float32(traits.logitSoftCap)])
  if (known.knowsWindows) {
    // Of every `period` layers all but the last are windowed; a file without windows says a period of 1.
    entries.push(['attention.sliding_window', gguf.uint32(window ?? config.contextLength)])
    entries.push(['attention.sliding_window_pattern', gguf.uint32(windowPeriod(traits.windowedLayers) ?? 1)])
    entries.push(['rope.freq_base_swa', gguf.float32(traits.windowedRopeTheta ?? config.ropeTheta)])
  }
  return entries.map(([key, value]) => [`${known.name}.${key}`, value])
}

function weightTensor(
  { config, weights }: HfModel,
  name: string,
  shape: readonly number[],
  { type: wanted, adapter }: { type: GgufWriteType; adapter?: Adapter | null },
): GgufTensorToWrite {
  const heads = rotatedHeads(config, projectionOf(name))
  const offset = name.endsWith('norm.weight') ? traitsOf(config).normOffset : 0
  // llama.cpp's kernels for AMX give other numbers, or none, for rows of one block and more than 32 tokens at once (docs/log.md).
  const rowSize = shape.at(-1) ?? 1
  const fits = rowSize % 32 === 0 && rowSize > 32
  const type = shape.length === 1 ? 'F32' : wanted === 'Q8_0' && !fits ? 'F16' : wanted
  return {
    name: ggufName(config, name),
    type,
    shape,
    async *bytes() {
      const columns = shape.at(-1) ?? 1
      let done = 0
      for await (const piece of rowsOf(weights, name, { adapter: adapter ?? null, rowsTogether: heads === null ? 1 : config.headSize })) {
        const turned = heads === null ? piece : permuteRotary(piece, piece.length / columns / config.headSize, columns)
        const rows = offset === 0 ? turned : turned.map((weight) => weight + offset)
        yield type === 'Q8_0' ? quantizeWeights(name, rows) : encodeWeights(name, rows, type, done)
        done += piece.length
      }
    },
  }
}

function quantizeWeights(name: string, values: Float32Array): Uint8Array {
  // A block's scale is an F16 of its largest value / 127.
  const at = values.findIndex((value) => Math.abs(value) / 127 >= 65_520)
  if (at >= 0) throw new FormatError(`Tensor ${name} holds ${values[at]}, which is beyond Q8_0; choose F32 instead.`)
  return quantizeQ8_0(values)
}

/** Heads of a projection whose rows change places for llama.cpp; null for the others. */
function rotatedHeads(config: HfConfig, projection: Projection | null): number | null {
  if (!architectureNamed(config.architecture).gguf.turnsNeighbours) return null
  return projection === 'q_proj' ? config.heads : projection === 'k_proj' ? config.kvHeads : null
}

/**
 * Rows of q and k from transformers' order, in which a head's first half is rotated against its second, to ggml's, which rotates neighbours:
 * within each head, row 2i+h comes from row h·d/2+i. For architectures of which llama.cpp turns neighbours only.
 */
export function permuteRotary(values: Float32Array, heads: number, columns: number): Float32Array {
  const permuted = new Float32Array(values.length)
  const headSize = values.length / columns / heads
  const half = headSize / 2
  for (let head = 0; head < heads; head++)
    for (let i = 0; i < half; i++)
      for (let h = 0; h < 2; h++) {
        const from = (head * headSize + h * half + i) * columns
        permuted.set(values.subarray(from, from + columns), (head * headSize + 2 * i + h) * columns)
      }
  return permuted
}

/** By how much llama.cpp divides each frequency, with Llama 3's scaling; as conversion/llama.py computes it. */
export function ropeFactors(config: Pick<HfConfig, 'headSize' | 'ropeTheta'>, scaling: Llama3RopeScaling): Float32Array {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContextLength: context } = scaling
  return Float32Array.from({ length: config.headSize / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * config.ropeTheta ** ((2 * i) / config.headSize)
    if (wavelength < context / high) return 1
    if (wavelength > context / low) return factor
    const smooth = (context / wavelength - low) / (high - low)
    return 1 / ((1 - smooth) / factor + smooth)
  })
}

function projectionOf(name: string): Projection | null {
  const found = /\.([a-z_]+_proj)\.(?:weight|bias)$/.exec(name)?.[1]
  return found !== undefined && isProjection(found) ? found : null
}

/** Norms of a layer, by their place; what transformers calls post_attention_layernorm stands before the MLP in Llama and after attention in Gemma. */
function normNames(config: HfConfig): Readonly<Record<string, string>> {
  return {
    input_layernorm: 'attn_norm',
    'self_attn.q_norm': 'attn_q_norm',
    'self_attn.k_norm': 'attn_k_norm',
    ...(traitsOf(config).normsAfter
      ? {
          post_attention_layernorm: 'post_attention_norm',
          pre_feedforward_layernorm: 'ffn_norm',
          post_feedforward_layernorm: 'post_ffw_norm',
        }
      : { post_attention_layernorm: 'ffn_norm' }),
  }
}

function ggufName(config: HfConfig, name: string): string {
  if (name === 'model.embed_tokens.weight') return 'token_embd.weight'
  if (name === 'model.norm.weight') return 'output_norm.weight'
  if (name === 'lm_head.weight') return 'output.weight'
  const [, layer, part = '', kind] = /^model\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) ?? []
  const projection = projectionOf(name)
  return `blk.${layer}.${projection ? blockNames[projection] : normNames(config)[part]}.${kind}`
}

/** The adapter alone, for llama.cpp to apply over the base's GGUF. Matrices in F32. */
export function adapterToGguf(
  adapter: Adapter,
  base: HfConfig,
  names: GgufNames & { readonly baseName?: string },
): AsyncIterable<Uint8Array> {
  const { rank } = adapter.config
  const baseName = names.baseName ?? adapter.config.baseModel
  const metadata = new Map([
    ['general.architecture', gguf.string(architectureNamed(base.architecture).gguf.name)],
    ['general.type', gguf.string('adapter')],
    ...naming(names),
    ['general.base_model.count', gguf.uint32(baseName === null ? 0 : 1)],
    ...(baseName === null ? [] : [['general.base_model.0.name', gguf.string(baseName)] as const]),
    ['general.file_type', gguf.uint32(fileTypes.F32)],
    ['adapter.type', gguf.string('lora')],
    // llama.cpp scales by alpha / rank, so a rank-stabilised adapter gets the alpha that comes to the same.
    ['adapter.lora.alpha', gguf.float32(adapterScale(adapter.config) * rank)],
  ])
  const tensors = adapter.modules.flatMap(({ layer, projection, a, b }): GgufTensorToWrite[] => {
    const [rows, columns] = projectionShape(base, projection)
    const name = `blk.${layer}.${blockNames[projection]}.weight`
    const heads = rotatedHeads(base, projection)
    const rotated = heads === null ? b : permuteRotary(b, heads, rank)
    return [
      { name: `${name}.lora_a`, type: 'F32', shape: [rank, columns], bytes: () => [fromFloat32(a, 'F32')] },
      { name: `${name}.lora_b`, type: 'F32', shape: [rows, rank], bytes: () => [fromFloat32(rotated, 'F32')] },
    ]
  })
  return streamGguf(metadata, tensors)
}
