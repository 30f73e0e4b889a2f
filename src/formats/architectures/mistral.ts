/** Mistral: a Llama whose layers may all see no further back than a window. The first release did (4,096), those since see everything. */

import { windows, windowSize, type Architecture } from './architecture.ts'

export const mistral: Architecture = {
  name: 'MistralForCausalLM',
  modelType: 'mistral',
  title: 'Mistral',
  defaults: { contextLength: 131_072 },
  differences: (config, { layers }) => windows(windowSize(config, 4_096), Array<boolean>(layers).fill(true)),
  written: (_, { slidingWindow }) => ({ sliding_window: slidingWindow }),
  gguf: { name: 'llama', turnsNeighbours: true, knowsWindows: false },
}
