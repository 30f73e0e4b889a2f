/** Qwen 3: a Llama with norms over each head of queries and keys, and a head size of its own. */

import type { Architecture } from './architecture.ts'
import { qwenWindows, writtenQwenWindows } from './qwen2.ts'

export const qwen3: Architecture = {
  name: 'Qwen3ForCausalLM',
  modelType: 'qwen3',
  title: 'Qwen3',
  defaults: { contextLength: 32_768, headSize: 128 },
  differences: (config, { layers }) => ({ queryKeyNorms: true, ...qwenWindows(config, layers) }),
  written: (_, traits) => writtenQwenWindows(traits),
  gguf: { name: 'qwen3', turnsNeighbours: false, knowsWindows: false },
}
