/** Reads the golden files of the architectures (scripts/make-architecture-goldens.py) for tests. */
import { readFileSync } from 'node:fs'
import { bytesSource } from '../../formats/byte-source.ts'
import { toFloat32 } from '../../formats/half.ts'
import { parseHfConfig, type HfConfig } from '../../formats/hf-config.ts'
import { openSafetensors, type Safetensors } from '../../formats/safetensors.ts'
import { writeSafetensors, type TensorToWrite } from '../../formats/safetensors-write.ts'
import type { FloatType } from '../../formats/half.ts'
import type { AdamWHyper } from '../adamw/adamw.ts'
import type { Numbers } from './run-graph.ts'

/** One for each architecture, and two whose windows llama.cpp does not know. */
export const architectureGoldens = [
  'llama',
  'mistral',
  'mistral-window',
  'qwen2',
  'qwen2-window',
  'qwen3',
  'gemma2',
  'gemma3',
  'phi3',
] as const

export interface ArchitectureGolden {
  readonly name: string
  readonly config: HfConfig
  /** config.json and adapter_config.json as transformers and PEFT wrote them. */
  readonly configJson: Readonly<Record<string, unknown>>
  readonly adapterJson: Readonly<Record<string, unknown>>
  readonly hyper: AdamWHyper & { readonly learningRate: number }
  readonly fullLoss: number
  readonly loss: number
  readonly gradientNorms: readonly number[]
  readonly shape: { readonly batch: number; readonly length: number }
  tensor(name: string): Numbers
  /** Tensors under a prefix such as `base/`, by the rest of their names. */
  section(prefix: string): Record<string, Float32Array>
  /** The base's tensors, to be written in one type; F16 and BF16 hold them exactly. */
  baseTensors(type: FloatType): readonly (TensorToWrite & { readonly values: Float32Array })[]
  /** The base as a weights file of one type. */
  base(type: FloatType): Promise<Safetensors>
  /** The adapter as PEFT saved it after two steps. */
  savedAdapter(): Promise<Safetensors>
}

export async function readArchitectureGolden(name: string): Promise<ArchitectureGolden> {
  const file = await openSafetensors(
    bytesSource(readFileSync(new URL(`../golden/architectures/${name}.safetensors`, import.meta.url))),
    name,
  )
  const tensors = new Map<string, Numbers>()
  for (const { name: key, type } of file.tensors.values()) {
    const bytes = new Uint8Array(await file.bytes(key))
    tensors.set(key, type === 'I64' ? new BigInt64Array(bytes.buffer) : toFloat32(bytes, type as FloatType))
  }
  const {
    config: configJson,
    adapterConfig: adapterJson,
    ...scalars
  } = JSON.parse(file.metadata['golden'] as string) as Pick<ArchitectureGolden, 'hyper' | 'fullLoss' | 'loss' | 'gradientNorms'> & {
    config: Record<string, unknown>
    adapterConfig: Record<string, unknown>
  }
  const [batch, length] = file.tensors.get('tokens')?.shape as [number, number]
  const section = (prefix: string): Record<string, Float32Array> =>
    Object.fromEntries(
      [...tensors].flatMap(([key, values]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), values as Float32Array]] : [])),
    )
  const typed = (prefix: string, type: FloatType) =>
    Object.entries(section(prefix)).map(([key, values]) => ({ name: key, type, shape: file.tensors.get(prefix + key)!.shape, values }))
  const repacked = (prefix: string, type: FloatType): Promise<Safetensors> =>
    openSafetensors(bytesSource(writeSafetensors(typed(prefix, type))))
  return {
    name,
    config: parseHfConfig(configJson),
    configJson,
    adapterJson,
    ...scalars,
    shape: { batch, length },
    tensor: (key) => tensors.get(key) as Numbers,
    section,
    baseTensors: (type) => typed('base/', type),
    base: (type) => repacked('base/', type),
    savedAdapter: () => repacked('after/', 'F32'),
  }
}
