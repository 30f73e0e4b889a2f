/** The architectures that work: each trains, converts and answers here as in transformers and in llama.cpp, and is tested for it before it joins. */

import { FormatError } from '../format-error.ts'
import { describe } from '../strict-json.ts'
import type { Architecture } from './architecture.ts'
import { gemma2 } from './gemma2.ts'
import { gemma3 } from './gemma3.ts'
import { llama } from './llama.ts'
import { mistral } from './mistral.ts'
import { phi3 } from './phi3.ts'
import { qwen2 } from './qwen2.ts'
import { qwen3 } from './qwen3.ts'

export const architectures: readonly Architecture[] = [llama, mistral, qwen2, qwen3, gemma2, gemma3, phi3]

/** The architecture that config.json names. Throws FormatError with the list where it is none of them. */
export function architectureNamed(name: unknown): Architecture {
  const found = architectures.find((known) => known.name === name)
  if (found) return found
  throw new FormatError(
    `config.json: the architecture is ${describe(name)}; those that work are ${architectures.map((known) => known.name).join(', ')}.`,
  )
}
