/** Llama 1 to 3.3, and what was made in its image: SmolLM2, TinyLlama, many others. */

import type { Architecture } from './architecture.ts'

export const llama: Architecture = {
  name: 'LlamaForCausalLM',
  modelType: 'llama',
  title: 'Llama 1 to 3.3, SmolLM2, TinyLlama',
  gguf: { name: 'llama', turnsNeighbours: true, knowsWindows: false },
}
