/** How the bundled community trains its adapter: about a minute on two cores. */

import type { Recipe } from '../../src/trainers/trainer.ts'

export const communityRecipe: Recipe = {
  method: {
    kind: 'lora',
    rank: 16,
    alpha: 32,
    targetModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
  },
  epochs: 15,
  maxSteps: null,
  maxLength: 96,
  batchSize: 32,
  accumulation: 1,
  learningRate: 3e-3,
  schedule: 'cosine',
  warmup: 0.05,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  clip: 1,
  seed: 22,
  checkpointEvery: 1000,
  preferenceBeta: 0.1,
  recompute: false,
  precision: 'float32',
  validation: 0,
  patience: null,
  average: 0,
  mix: {},
}
