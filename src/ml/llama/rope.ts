/** Rotary position embeddings: the angles by which feature pairs turn. Source: RoFormer (arXiv 2104.09864); Llama 3.1's scaling as in transformers. */
import type { HfConfig } from '../../formats/hf-config.ts'
import { cos, sin } from '../exact-math.ts'

/** Radians per position of each of the D/2 feature pairs. */
export function rotaryFrequencies(config: Pick<HfConfig, 'headSize' | 'ropeTheta' | 'ropeScaling'>): number[] {
  const plain = Array.from({ length: config.headSize / 2 }, (_, i) => config.ropeTheta ** ((-2 * i) / config.headSize))
  const scaling = config.ropeScaling
  if (!scaling) return plain
  // Slow turns are stretched by `factor`, fast ones stay, and between the two wavelengths the stretch fades in.
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContextLength } = scaling
  return plain.map((frequency) => {
    const turns = (originalContextLength * frequency) / (2 * Math.PI)
    if (turns < low) return frequency / factor
    if (turns > high) return frequency
    const smooth = (turns - low) / (high - low)
    return (1 - smooth) * (frequency / factor) + smooth * frequency
  })
}

/** cos and sin [T, D/2], row-major, of the angles at positions 0 to T−1. */
export function rotaryTables(
  config: Pick<HfConfig, 'headSize' | 'ropeTheta' | 'ropeScaling'>,
  length: number,
): { readonly cos: Float32Array; readonly sin: Float32Array } {
  // Frequencies and angles are rounded to float32, as transformers does; it matters at long positions.
  const frequencies = Float32Array.from(rotaryFrequencies(config))
  const angles = Array.from({ length }, (_, position) => Array.from(frequencies, (f) => Math.fround(position * f))).flat()
  return { cos: Float32Array.from(angles, cos), sin: Float32Array.from(angles, sin) }
}
