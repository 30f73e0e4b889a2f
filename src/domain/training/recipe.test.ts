import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../errors.ts'
import { effectiveRecipe, formatRecipe, parseRecipe, recipeKeys } from './recipe.ts'

const small = { parameters: 4_500_000, contextLength: 256 }

const refused = (text: string, sentence: string | RegExp): void => {
  assert.throws(
    () => parseRecipe(text),
    (error: unknown) => {
      assert.ok(error instanceof AppError && error.code === 'invalid')
      if (typeof sentence === 'string') assert.equal(error.message, sentence)
      else assert.match(error.message, sentence)
      return true
    },
  )
}

test('an empty recipe leaves every default, and the effective recipe has nothing left to a default', () => {
  assert.deepEqual(parseRecipe(''), {})
  assert.deepEqual(parseRecipe('# only a comment\n'), {})
  const recipe = effectiveRecipe(small)
  assert.deepEqual(recipe.method, {
    kind: 'lora',
    rank: 16,
    alpha: 32,
    targetModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
  })
  assert.equal(recipe.learningRate, 3e-3)
  assert.equal(recipe.maxLength, 256)
  assert.ok(Object.values(recipe).every((value) => value !== undefined))
})

test("a run's recipe overrides the model's, which overrides the defaults", () => {
  const recipe = effectiveRecipe(small, parseRecipe('rank: 8\nepochs: 2'), parseRecipe('epochs: 5\nclip: null\nmaxSteps: 20'))
  assert.deepEqual({ ...recipe, method: recipe.method.kind === 'lora' ? recipe.method.rank : 0 }.method, 8)
  assert.equal(recipe.epochs, 5)
  assert.equal(recipe.clip, null)
  assert.equal(recipe.maxSteps, 20)
  assert.equal(recipe.method.kind === 'lora' && recipe.method.alpha, 16)
})

test('a typo is named with its line and the key that was meant', () => {
  refused('rank: 8\n\nlearningRte: 0.001', 'The recipe has an unknown key "learningRte" on line 3; did you mean "learningRate"?')
  refused('learning_rte: 1', /did you mean "learningRate"\?/)
  refused('turnips: 1', /known keys are method, rank, alpha,/)
})

test("other trainers' names are corrected, not silently taken", () => {
  for (const [theirs, ours] of [
    ['learning_rate', 'learningRate'],
    ['lora_alpha', 'alpha'],
    ['r', 'rank'],
    ['num_train_epochs', 'epochs'],
    ['per_device_train_batch_size', 'batchSize'],
    ['gradient_accumulation_steps', 'accumulation'],
    ['max_grad_norm', 'clip'],
    ['lr_scheduler_type', 'schedule'],
    ['load_in_8bit', 'precision'],
  ])
    refused(`${theirs}: 1`, `The recipe has an unknown key "${theirs}" on line 1; did you mean "${ours}"?`)
})

test('a value out of range is refused with what would be allowed', () => {
  refused('rank: 0', 'The recipe has rank on line 1 as 0; it must be a whole number from 1 to 1024.')
  refused('epochs: many', 'The recipe has epochs on line 1 as "many"; it must be a number above 0, up to 10000.')
  refused('targetModules: [q_proj, qq_proj]', /targetModules on line 1 as \["q_proj","qq_proj"\]; it must be a list of q_proj/)
  refused('schedule: linear', /it must be constant or cosine/)
  refused('precision: bf16', /it must be float32 or int8/)
  refused('learningRate: .nan', /learningRate on line 1/)
  refused('epochs: .inf', /epochs on line 1/)
})

test('what is not a list of settings is refused in words', () => {
  refused('- rank', /must be a list of settings/)
  refused('rank: 8\nrank: 9', /is not YAML at line 2/)
  refused('rank: [8', /is not YAML at line 1/)
  refused(`rank: ${' '.repeat(20_001)}8`, /longer than 20000 characters/)
})

test('a recipe written out reads back as itself', () => {
  const recipe = effectiveRecipe(small, parseRecipe('rank: 4\nmaxSteps: 7\nclip: null'))
  assert.deepEqual(effectiveRecipe(small, parseRecipe(formatRecipe(recipe))), recipe)
  const full = effectiveRecipe(small, { method: 'full' })
  assert.deepEqual(effectiveRecipe(small, parseRecipe(formatRecipe(full))), full)
})

test('no text makes the parser do anything but return known keys or refuse in a sentence', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.dictionary(fc.constantFrom(...recipeKeys, 'x'), fc.jsonValue()).map((object) => JSON.stringify(object)),
      ),
      (text) => {
        try {
          for (const key of Object.keys(parseRecipe(text))) assert.ok((recipeKeys as readonly string[]).includes(key))
        } catch (error) {
          assert.ok(error instanceof AppError, String(error))
        }
      },
    ),
  )
})
