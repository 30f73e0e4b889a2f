import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tinyConfig, tinyRecipe } from '../testing.ts'
import type { Recipe } from '../trainer.ts'
import { checkRecipe } from './recipe-limits.ts'

const lora = (change: object): Partial<Recipe> => ({ method: { ...tinyRecipe.method, ...change } })

test('a recipe that the base can have passes', () => {
  for (const change of [
    {},
    { precision: 'int8' } as const,
    { method: { kind: 'full' } as const },
    { maxLength: 64 },
    { warmup: 1 },
    { clip: null },
    lora({ rank: 16 }),
  ])
    checkRecipe({ ...tinyRecipe, ...change }, tinyConfig)
})

test('a recipe that the base cannot have is refused with the field, its value and what would do', () => {
  const cases: [Partial<Recipe>, RegExp][] = [
    [lora({ rank: 33 }), /^Rank 33 exceeds input size 32 of model\.layers\.0\.self_attn\.q_proj; choose a rank up to 16\.$/],
    [lora({ rank: 17 }), /^Rank 17 exceeds output size 16 of model\.layers\.0\.self_attn\.v_proj; choose a rank up to 16\.$/],
    [lora({ rank: 0 }), /rank is 0; choose a whole number from 1/],
    [lora({ rank: 2.5 }), /rank is 2\.5/],
    [lora({ alpha: 0 }), /alpha is 0/],
    [lora({ targetModules: [] }), /no target modules; choose among q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj/],
    [lora({ targetModules: ['query'] }), /no target module "query"; choose among q_proj/],
    [lora({ targetModules: ['q_proj', 'q_proj'] }), /names target module q_proj twice/],
    [lora({ kind: 'dora' }), /method is unknown; choose "lora" or "full"/],
    [{ maxLength: 65 }, /maxLength is 65; choose a whole number from 2 to 64, as the base was made for 64 tokens/],
    [{ maxLength: 1 }, /maxLength is 1/],
    [{ learningRate: NaN }, /learningRate is NaN; choose a number from/],
    [{ learningRate: -1 }, /learningRate is -1/],
    [{ learningRate: '3e-4' as unknown as number }, /learningRate is 3e-4/],
    [{ batchSize: 0 }, /batchSize is 0; choose a whole number from 1/],
    [{ accumulation: 0.5 }, /accumulation is 0\.5/],
    [{ warmup: 1.01 }, /warmup is 1\.01; choose a number from 0 to 1/],
    [{ epochs: 0 }, /epochs is 0/],
    [{ maxSteps: 0 }, /maxSteps is 0/],
    [{ beta2: 1 }, /beta2 is 1/],
    [{ clip: 0 }, /clip is 0/],
    [{ seed: -1 }, /seed is -1/],
    [{ schedule: 'linear' as 'cosine' }, /schedule is "linear"; choose "constant" or "cosine"/],
    [{ precision: 'int4' as 'int8' }, /precision is "int4"; choose "float32" or "int8"/],
    [{ precision: 'int8', method: { kind: 'full' } }, /trains all weights with precision int8.*choose float32, or method lora/],
  ]
  for (const [change, words] of cases)
    assert.throws(() => checkRecipe({ ...tinyRecipe, ...change }, tinyConfig), { name: 'AppError', code: 'invalid', message: words })
})
