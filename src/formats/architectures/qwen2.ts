/** Qwen 2 and 2.5: a Llama with biases on queries, keys and values. Its window, off in every published model, covers the last layers. */

import { layerTypes, windowedLayers, windows, windowSize, type Architecture } from './architecture.ts'

export const qwen2: Architecture = {
  name: 'Qwen2ForCausalLM',
  modelType: 'qwen2',
  title: 'Qwen2, Qwen2.5',
  defaults: { contextLength: 32_768 },
  differences: (config, { layers }) => ({
    biases: ['q_proj', 'k_proj', 'v_proj'],
    ...qwenWindows(config, layers),
  }),
  written: (_, traits) => writtenQwenWindows(traits),
  gguf: { name: 'qwen2', turnsNeighbours: false, knowsWindows: false },
}

/** The window counts only with use_sliding_window, and where layer_types is absent for the layers from max_window_layers on. */
export function qwenWindows(config: Parameters<typeof windowSize>[0], layers: number): ReturnType<typeof windows> {
  if (!config.boolean('use_sliding_window', false)) return windows(null, [])
  const from = config.integer('max_window_layers', { min: 0, max: 1_024, default: 28 })
  return windows(
    windowSize(config, 4_096),
    windowedLayers(config, layers, (layer) => layer >= from),
  )
}

export function writtenQwenWindows({ slidingWindow, windowedLayers: windowed }: ReturnType<typeof windows>): Record<string, unknown> {
  return slidingWindow === null
    ? { use_sliding_window: false }
    : { use_sliding_window: true, sliding_window: slidingWindow, layer_types: layerTypes(windowed) }
}
