/** A base model: published weights that communities start from. */

import { createHash } from 'node:crypto'
import type { HfConfig } from '../../formats/hf-config.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { StoredFile } from '../../storage/schema.ts'
import { parseSlug } from './model-name.ts'

/** A GGUF form of the weights, for the engine. */
export interface ServedForm {
  readonly quantization: 'F16' | 'Q8_0' | 'F32'
  readonly digest: Digest
  readonly size: number
}

export interface BaseModel {
  readonly id: number
  readonly name: string
  /** SPDX expression, as declared by whoever added it. */
  readonly licence: string
  /** Where it came from: a folder's name or `hf:owner/name@commit`. */
  readonly source: string
  /** Over the sorted (path, digest) of all files. */
  readonly digest: Digest
  readonly config: HfConfig
  readonly files: readonly StoredFile[]
  readonly parameters: number
  /** The first is what is served by default. */
  readonly served: readonly ServedForm[]
  readonly hasChatTemplate: boolean
  readonly createdAt: Date
}

/** Names of base models have no owner: `smollm2-135m`. */
export function parseBaseName(input: string): string {
  return parseSlug(input, 'base model name')
}

/** One digest for several files: over their sorted (path, digest). */
export function digestOfFiles(files: readonly StoredFile[]): Digest {
  const sorted = files.map(({ path, digest }) => [path, digest] as const).sort(([a], [b]) => (a < b ? -1 : 1))
  return `sha256:${createHash('sha256').update(JSON.stringify(sorted)).digest('hex')}`
}
