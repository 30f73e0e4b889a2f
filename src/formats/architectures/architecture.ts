/** What one file per architecture says: how it differs from Llama in config.json and in what llama.cpp wants to know. */

import { FormatError } from '../format-error.ts'
import type { HfConfig } from '../hf-config.ts'
import { describe, type fieldsOf } from '../strict-json.ts'
import type { DecoderTraits } from './traits.ts'

export type ConfigFields = ReturnType<typeof fieldsOf>

/** The config before its traits are read. */
export type Sizes = Omit<HfConfig, 'traits'>

export interface Architecture {
  /** As in config.json's `architectures[0]`. */
  readonly name: string
  /** config.json's `model_type`. */
  readonly modelType: string
  /** What people call it, with what else is of this architecture. */
  readonly title: string
  /** What transformers takes where config.json is silent, where that is not what it takes for Llama. */
  readonly defaults?: {
    readonly headSize?: number
    readonly ropeTheta?: number
    readonly normEpsilon?: number
    readonly tiedEmbeddings?: boolean
    readonly contextLength?: number
  }
  /** The activation as config.json names it, and under which key. Absent: `hidden_act` must be silu. */
  readonly activation?: { readonly key: string; readonly value: string }
  /** Reads what differs from Llama. Throws FormatError on what would compute something else than transformers or llama.cpp does. */
  readonly differences?: (config: ConfigFields, sizes: Sizes) => Partial<DecoderTraits>
  /** Keys of config.json beside those of Llama. */
  readonly written?: (config: HfConfig, traits: DecoderTraits) => Record<string, unknown>
  readonly gguf: {
    /** llama.cpp's `general.architecture`. */
    readonly name: string
    /** llama.cpp turns neighbouring features by position, transformers each of the first half with one of the second: rows of q and k change places. */
    readonly turnsNeighbours: boolean
    /**
     * Whether llama.cpp knows the sliding window of this architecture. Where it does not, the file says a context no longer than
     * the window: up to there both compute the same.
     */
    readonly knowsWindows: boolean
  }
}

/** The window of a config; null and absent differ, as in transformers. */
export function windowSize(config: ConfigFields, otherwise: number | null): number | null {
  if (config.record['sliding_window'] === null) return null
  if (config.value('sliding_window') === undefined) return otherwise
  return config.integer('sliding_window', { min: 1, max: 268_435_456 })
}

/** Which layers are windowed by `layer_types`; by the rule given where config.json has none. */
export function windowedLayers(config: ConfigFields, layers: number, otherwise: (layer: number) => boolean): readonly boolean[] {
  const types = config.value('layer_types')
  if (types === undefined) return Array.from({ length: layers }, (_, layer) => otherwise(layer))
  if (!Array.isArray(types) || types.length !== layers)
    throw new FormatError(`config.json: layer_types must be a list with a type for each of the ${layers} layers.`)
  return types.map((type: unknown) => {
    if (type === 'sliding_attention') return true
    if (type === 'full_attention') return false
    throw new FormatError(`config.json: layer_types names ${describe(type)}; those that work are full_attention and sliding_attention.`)
  })
}

/** layer_types of a config, for config.json. */
export function layerTypes(windowed: readonly boolean[]): string[] {
  return windowed.map((isWindowed) => (isWindowed ? 'sliding_attention' : 'full_attention'))
}

/** No windows where no layer has one, so that equal configs are equal. */
export function windows(size: number | null, layers: readonly boolean[]): Pick<DecoderTraits, 'slidingWindow' | 'windowedLayers'> {
  return size === null || !layers.includes(true)
    ? { slidingWindow: null, windowedLayers: [] }
    : { slidingWindow: size, windowedLayers: layers }
}

/**
 * The period p with which llama.cpp repeats windows: of p layers all but the last are windowed. 0 where all are, 1 where none is,
 * null where the layers follow no such rule.
 */
export function windowPeriod(windowed: readonly boolean[]): number | null {
  if (!windowed.includes(true)) return 1
  if (!windowed.includes(false)) return 0
  const period = windowed.indexOf(false) + 1
  return windowed.every((isWindowed, layer) => isWindowed === ((layer + 1) % period !== 0)) ? period : null
}
