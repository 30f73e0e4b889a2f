/** Phi-3 and Phi-4 (not mini): a Llama whose query, key and value are one matrix, and gate and up another. */

import { windows, windowSize, type Architecture } from './architecture.ts'

export const phi3: Architecture = {
  name: 'Phi3ForCausalLM',
  modelType: 'phi3',
  title: 'Phi-3 (4k), Phi-4',
  defaults: { contextLength: 4_096, normEpsilon: 1e-5 },
  differences: (config, { layers }) => ({
    fusedProjections: true,
    ...windows(windowSize(config, null), Array<boolean>(layers).fill(true)),
  }),
  written: ({ contextLength }, { slidingWindow }) => ({
    sliding_window: slidingWindow,
    original_max_position_embeddings: contextLength,
  }),
  // llama.cpp reads a window from the file and then leaves it out.
  gguf: { name: 'phi3', turnsNeighbours: false, knowsWindows: false },
}
