/** The whole loop on bases that are no Llama: added, trained, evaluated as served, released, exported, and every time the same model. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { bytesSource } from '../../formats/byte-source.ts'
import type { FloatType } from '../../formats/half.ts'
import { parseHfConfig, writeHfConfig, type HfConfig } from '../../formats/hf-config.ts'
import { readAdapter } from '../../formats/peft.ts'
import { openSafetensors } from '../../formats/safetensors.ts'
import { trainersLogprobs } from '../../engines/test-logprobs.ts'
import { loadTokenizer } from '../../ml/tokenizer/tokenizer.ts'
import { temporaryFolder } from '../../storage/testing.ts'
import { tinyConfig, writeTinyBase } from '../testing.ts'
import { addSuite } from '../models/add-suite.ts'
import { createModel } from '../models/create-model.ts'
import { findBase } from '../models/model-queries.ts'
import { openBase } from '../models/read-base.ts'
import type { Actor } from '../people/actor.ts'
import { startRun } from '../training/start-run.ts'
import { exportRelease } from './export-release.ts'
import { publishRelease } from './publish-release.ts'
import { servedModelOf } from './release-queries.ts'
import { addBaseFolder, contributeAccepted, endOf, evaluated, openLoop, personOf, type Loop } from './testing.ts'

const recipe = 'rank: 4\nbatchSize: 8\nmaxLength: 64\nepochs: 6\nlearningRate: 0.01'
const numbers = 'एक दोन तीन चार पाच सहा सात आठ नऊ दहा'.split(' ')
const jsonl = (samples: readonly unknown[]) => Buffer.from(samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))

/** The tiny base under another architecture; windows are shorter than the examples. */
const configOf = (changes: Record<string, unknown>): HfConfig =>
  parseHfConfig({ ...writeHfConfig({ ...tinyConfig, layers: 2 }, 'F32'), ...changes })

const bases: readonly { readonly name: string; readonly type: FloatType; readonly config: HfConfig }[] = [
  { name: 'qwen3', type: 'BF16', config: configOf({ architectures: ['Qwen3ForCausalLM'], head_dim: 32 }) },
  {
    name: 'gemma3',
    type: 'F16',
    config: configOf({
      architectures: ['Gemma3ForCausalLM'],
      query_pre_attn_scalar: 16,
      sliding_window: 12,
      layer_types: ['sliding_attention', 'full_attention'],
    }),
  },
  { name: 'phi3', type: 'F32', config: configOf({ architectures: ['Phi3ForCausalLM'] }) },
]

describe('a community on a base that is no Llama', () => {
  const cleanUps: (() => Promise<void> | void)[] = []
  const lifetime = { after: (cleanUp: () => Promise<void> | void) => void cleanUps.unshift(cleanUp) }
  let loop: Loop
  let folder: string
  let maintainer: Actor
  let reviewer: Actor
  let asha: Actor

  before(async () => {
    loop = await openLoop(lifetime)
    folder = temporaryFolder(lifetime)
    maintainer = await personOf(loop, 'meera', 'maintainer')
    reviewer = await personOf(loop, 'ravi', 'reviewer')
    asha = await personOf(loop, 'asha', 'contributor')
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  for (const { name, type, config } of bases)
    test(`${name} in ${type}: what is trained is what is evaluated, released and exported`, async () => {
      const model = `marathi/${name}`
      await addBaseFolder(loop, writeTinyBase(join(folder, name), { config, type }), name, 'Apache-2.0')
      const stored = await findBase(loop.db, name)
      assert.equal(stored.config.architecture, config.architecture)
      await createModel(loop, maintainer, model, { base: name, charter: ['Speak plainly.'], quorum: 1 })
      await addSuite(loop, maintainer, model, {
        name: 'marathi',
        kind: 'text',
        samples: jsonl(numbers.map((word, index) => ({ text: `${word} रात्री, ${numbers[(index + 3) % 10]!} दिवस` }))),
      })
      await contributeAccepted(loop, asha, reviewer, model, {
        contents: numbers.map((word, index) => ({ text: `${word} आणि ${numbers[(index + 7) % 10]!}` })),
        licence: 'CC-BY-4.0',
        language: 'mr',
        source: 'written for this test',
        message: 'Numbers in a row',
      })
      const run = await endOf(loop, await startRun(loop, reviewer, model, { recipe }))
      assert.equal(run.state, 'finished', run.error ?? '')
      await evaluated(loop, reviewer, model)
      const release = await publishRelease(loop, maintainer, model, '0.1.0')
      assert.equal(release.gate.passed, true)

      const exported = join(folder, `${name}-peft`)
      await exportRelease(loop, model, '0.1.0', 'peft', exported)
      const json: unknown = JSON.parse(readFileSync(join(exported, 'adapter_config.json'), 'utf8'))
      const weights = await openSafetensors(bytesSource(readFileSync(join(exported, 'adapter_model.safetensors'))))
      const adapter = await readAdapter(json, weights, config)
      await using base = await openBase(loop.blobs, stored.files)
      const tokenizer = loadTokenizer({ tokenizer: base.model.tokenizer, config: base.model.tokenizerConfig })
      const text = 'दोन दिवस, एक'
      const ids = [tokenizer.bosId!, ...tokenizer.encode(text)]
      const expected = await trainersLogprobs(base.model, adapter, ids)
      const { tokens } = await loop.engine.score(await servedModelOf(loop.db, { release }), { context: '', continuation: text, top: 1 })
      assert.equal(tokens.length, ids.length - 1)
      const apart = tokens.map(({ logprob }, i) => Math.abs(logprob - expected[i]![ids[i + 1]!]!))
      assert.ok(Math.max(...apart) < 0.05, `served and exported differ by ${Math.max(...apart)}`)
    })
})
