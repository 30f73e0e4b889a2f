/** What every implementation of Trainer must do. */

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { bytesSource } from '../formats/byte-source.ts'
import { parseAdapterConfig } from '../formats/peft.ts'
import { openSafetensors } from '../formats/safetensors.ts'
import { letterExamples, letterPreferences, temporaryFolder, tinyConfig, tinyRecipe, writeExamples, writeTinyBase } from './testing.ts'
import type { Recipe, Trainer, TrainingEvent, TrainingRequest } from './trainer.ts'

type EventOf<K extends TrainingEvent['kind']> = Extract<TrainingEvent, { kind: K }>

export function trainerConformance(name: string, trainer: Trainer): void {
  suite(`trainer: ${name}`, () => {
    test('a LoRA run says what it will do, learns, and leaves a PEFT adapter', async (t) => {
      const events = await run(requestIn(t, { epochs: 8 }))
      const planned = first(events, 'planned')
      assert.deepEqual(
        {
          steps: planned.steps,
          examples: planned.examples,
          cut: planned.cut,
          lossTokens: planned.lossTokens,
          parameters: planned.trainableParameters,
        },
        // 24 examples in batches of 4, 8 times; answers of 1, 5 or 9 letters and the end; rank 4 × (in + out) of each module, in two layers.
        { steps: 48, examples: 24, cut: 0, lossTokens: 8 * (1 + 5 + 9) + 24, parameters: 2 * 4 * (64 + 48 + 64 + 80 + 80) },
      )
      assert.equal(events[0], planned)
      const steps = all(events, 'step')
      assert.deepEqual(
        steps.map(({ step }) => step),
        Array.from({ length: 48 }, (_, i) => i + 1),
      )
      for (const step of steps) assert.ok(step.tokens > 0 && step.tokensPerSecond > 0 && step.secondsLeft >= 0 && step.gradientNorm > 0)
      assert.deepEqual(
        all(events, 'checkpoint').map(({ step }) => step),
        [5, 10, 15, 20, 25, 30, 35, 40, 45],
      )
      const lossOf = (part: typeof steps) => part.reduce((sum, { loss }) => sum + loss, 0) / part.length
      assert.ok(Math.abs(steps[0]!.loss - Math.log(tinyConfig.vocabSize)) < 1, `a random base knows nothing: ${steps[0]!.loss}`)
      assert.ok(lossOf(steps.slice(-6)) < 0.7 * lossOf(steps.slice(0, 6)), `${lossOf(steps.slice(0, 6))} → ${lossOf(steps.slice(-6))}`)

      const finished = events.at(-1)
      assert.ok(finished?.kind === 'finished' && finished.step === 48 && finished.peakBytes > 0)
      const config = parseAdapterConfig(JSON.parse(readFileSync(join(finished.folder, 'adapter_config.json'), 'utf8')))
      assert.deepEqual(
        [config.rank, config.alpha, [...config.targetModules].sort()],
        [4, 8, ['down_proj', 'o_proj', 'q_proj', 'up_proj', 'v_proj']],
      )
      const adapter = await openSafetensors(bytesSource(readFileSync(join(finished.folder, 'adapter_model.safetensors'))))
      assert.equal(adapter.tensors.size, 2 * 5 * 2)
      assert.deepEqual(adapter.tensors.get('base_model.model.model.layers.1.mlp.down_proj.lora_A.weight')?.shape, [4, 48])
    })

    test('a full run learns by heart, and leaves a base folder that the next run reads', async (t) => {
      const request = requestIn(t, { method: { kind: 'full' }, epochs: 20 })
      const events = await run(request)
      const { folder } = first(events, 'finished')
      const lastPass = all(events, 'step').slice(-6)
      for (const { loss } of lastPass) assert.ok(loss < 0.5, `loss ${loss} in the last of 20 passes`)
      for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json'])
        assert.deepEqual(readFileSync(join(folder, file)), readFileSync(join(request.base, file)))
      const again = await run({
        ...request,
        base: folder,
        output: join(request.output, 'again'),
        recipe: { ...request.recipe, maxSteps: 1 },
      })
      assert.ok(first(again, 'step').loss < 0.5)
    })

    test('full training starts from seeded random weights where the base has none, and keeps the type its config names', async (t) => {
      const base = writeTinyBase(join(temporaryFolder(t), 'base'), { weights: false, type: 'F16' })
      const request = { ...requestIn(t, { method: { kind: 'full' }, maxSteps: 2 }), base }
      const { folder } = first(await run(request), 'finished')
      const weights = await openSafetensors(bytesSource(readFileSync(join(folder, 'model.safetensors'))))
      assert.deepEqual(new Set([...weights.tensors.values()].map(({ type }) => type)), new Set(['F16']))
      await refused({ ...request, recipe: { ...request.recipe, method: tinyRecipe.method } }, /no \*\.safetensors.*method full/)
    })

    test('chosen answers gain against rejected ones, from a loss of log 2', async (t) => {
      const request = requestIn(t, { epochs: 8 })
      const examples = writeExamples(join(request.output, 'preferences.jsonl'), letterPreferences)
      const events = await run({ ...request, examples })
      const losses = all(events, 'step').map(({ loss }) => loss)
      // An adapter that changes nothing yet prefers nothing: −log σ(0).
      assert.ok(Math.abs(losses[0]! - Math.log(2)) < 1e-6, `${losses[0]}`)
      assert.ok(losses.at(-1)! < 0.35, losses.join(' '))
      await refused({ ...request, examples, recipe: { ...request.recipe, method: { kind: 'full' } } }, /Preferences .* need method lora/)
    })

    test('all kinds of examples train together, and each is learned', async (t) => {
      const request = requestIn(t, { epochs: 12, accumulation: 2 })
      const chat = { messages: [{ role: 'user', content: 'z?' }, { role: 'assistant', content: 'ZZ' }] } // prettier-ignore
      const files = { completion: letterExamples.slice(0, 8), preference: letterPreferences.slice(8, 16), chat: [chat], text: [{ text: 'qrstuv' }] } // prettier-ignore
      const examples = writeExamples(join(request.output, 'all.jsonl'), Object.values(files).flat())
      const trained = first(await run({ ...request, examples }), 'finished').folder
      for (const [kind, contents] of Object.entries(files)) {
        const only = {
          ...request,
          examples: writeExamples(join(request.output, `${kind}.jsonl`), contents),
          output: join(request.output, kind),
        }
        const once = { ...request.recipe, epochs: 1e-6, accumulation: 1, batchSize: 16 }
        const before = first(await run({ ...only, recipe: once }), 'step').loss
        const after = first(await run({ ...only, recipe: once, adapter: trained }), 'step').loss
        assert.ok(after < 0.75 * before, `${kind}: ${before} → ${after}`)
      }
    })

    test('a run ends early once validation no longer improves, with the best weights it had', async (t) => {
      // The held-out half cannot be learned from the other: the better that is known, the worse the guesses.
      const request = requestIn(t, { epochs: 200, validation: 0.5, patience: 3, checkpointEvery: 4, schedule: 'constant' })
      const events = await run(request)
      assert.equal(first(events, 'planned').heldOut, 12)
      const seen = all(events, 'validated')
      const best = Math.min(...seen.map(({ loss }) => loss))
      assert.ok(first(events, 'finished').step < first(events, 'planned').steps)
      assert.deepEqual(
        seen.slice(-4).map((event) => event.best),
        [true, false, false, false],
      )
      const again = await run({
        ...request,
        output: join(request.output, 'again'),
        adapter: first(events, 'finished').folder,
        recipe: { ...request.recipe, learningRate: 1e-12, maxSteps: 1, patience: null },
      })
      assert.ok(Math.abs(first(again, 'validated').loss - best) < 1e-5, `${first(again, 'validated').loss} is not ${best}`)
    })

    test('the average of the last steps is the result where it is asked for', async (t) => {
      const request = requestIn(t, { maxSteps: 6, schedule: 'constant' })
      const adapterOf = async (change: Partial<Recipe>) => {
        const output = join(request.output, JSON.stringify(change).replaceAll(/\W/g, '-'))
        const { folder } = first(await run({ ...request, output, recipe: { ...request.recipe, ...change } }), 'finished')
        const file = await openSafetensors(bytesSource(readFileSync(join(folder, 'adapter_model.safetensors'))))
        return file.floats('base_model.model.model.layers.1.mlp.down_proj.lora_B.weight')
      }
      // Warm-up rounds to the same step in all three.
      const [fifth, sixth] = [await adapterOf({ maxSteps: 5, warmup: 0 }), await adapterOf({ warmup: 0 })]
      const average = await adapterOf({ average: 1 / 3, warmup: 0 })
      for (const [i, value] of average.entries()) assert.ok(Math.abs(value - (fifth[i]! + sixth[i]!) / 2) < 1e-7)
    })

    test('a recipe mixes sources by weight, and names those it cannot find', async (t) => {
      const request = requestIn(t, { epochs: 1, batchSize: 1 })
      const tagged = letterExamples.map((example, i) => ({ ...example, source: i < 8 ? 'songs' : ['web', 'licence:MIT'] }))
      const examples = writeExamples(join(request.output, 'tagged.jsonl'), tagged)
      const steps = async (mix: Recipe['mix']) =>
        first(await run({ ...request, examples, recipe: { ...request.recipe, mix } }), 'planned').steps
      assert.equal(await steps({}), 24)
      assert.equal(await steps({ songs: 2.5 }), 20 + 16)
      assert.equal(await steps({ songs: 0, web: 0.5 }), 8)
      assert.equal(await steps({ web: 0.5, 'licence:MIT': 0.5 }), 8 + 4)
      await refused(
        { ...request, examples, recipe: { ...request.recipe, mix: { song: 1 } } },
        /mix has "song", but no example of tagged\.jsonl is of that source; its examples name songs, web, licence:MIT/,
      )
    })

    test('the same request gives the same bytes; another seed gives others', async (t) => {
      const request = requestIn(t, { maxSteps: 6 })
      const outputs = ['a', 'b', 'c'].map((name) => join(request.output, name))
      const runs: Buffer[] = []
      for (const [i, output] of outputs.entries())
        runs.push(weightsOf(await run({ ...request, output, recipe: { ...request.recipe, seed: i < 2 ? 11 : 12 } })))
      assert.ok(runs[0]!.equals(runs[1]!))
      assert.ok(!runs[0]!.equals(runs[2]!))
    })

    test('a run that was interrupted and resumed ends with the bytes of one that was not', async (t) => {
      // 3 micro-batches a step and 2.5 passes: epochs end inside steps, and the last step is short.
      // Preferences, validation, averages and the mix go on where they were, too.
      const settings = { validation: 0.2, patience: 50, average: 0.9, mix: { odd: 1.5 } }
      const request = requestIn(t, { accumulation: 3, batchSize: 3, epochs: 2.5, checkpointEvery: 2, ...settings })
      const mixed = [...letterExamples, ...letterPreferences].map((example, i) => (i % 2 ? { ...example, source: 'odd' } : example))
      writeExamples(request.examples, mixed)
      const whole = await run({ ...request, output: join(request.output, 'whole') })
      const { checkpoint, seen } = await interrupted(request, 3)
      const rest = await run({ ...request, resume: checkpoint.file })
      assert.deepEqual(all(rest, 'step')[0]?.step, checkpoint.step + 1)
      assert.ok(weightsOf(rest).equals(weightsOf(whole)))
      const losses = [...seen.filter(({ step }) => step <= checkpoint.step), ...all(rest, 'step')].map(({ loss }) => loss)
      assert.deepEqual(
        losses,
        all(whole, 'step').map(({ loss }) => loss),
      )
    })

    test('aborting ends the iteration with the signal’s reason once a checkpoint is on disk', async (t) => {
      const request = requestIn(t, { epochs: 50, checkpointEvery: 1_000_000 })
      const { checkpoint, reason, thrown } = await interrupted(request, 4)
      assert.equal(thrown, reason)
      assert.ok(checkpoint.step >= 4)
      assert.ok(existsSync(checkpoint.file))
      const early = AbortSignal.abort(new Error('not at all'))
      await assert.rejects(Array.fromAsync(trainer.train(request, { signal: early })), early.reason as Error)
    })

    test('a checkpoint resumes only the request it belongs to, and a broken one is refused', async (t) => {
      const request = requestIn(t, { epochs: 3 })
      const { checkpoint } = await interrupted(request, 3)
      await refused(
        { ...request, resume: checkpoint.file, recipe: { ...request.recipe, learningRate: 0.5 } },
        /another request.*learningRate 0\.01, not 0\.5/,
      )
      const examples = writeExamples(join(request.output, 'other.jsonl'), [{ prompt: 'x', completion: 'y' }])
      await refused({ ...request, resume: checkpoint.file, examples }, /another request: the examples differ/)
      const cut = join(request.output, 'cut.safetensors')
      writeFileSync(cut, readFileSync(checkpoint.file).subarray(0, -100))
      await refused({ ...request, resume: cut }, /cut\.safetensors cannot be read/)
      await refused({ ...request, resume: join(request.output, 'absent') }, /no checkpoint .*absent/)
    })

    test('a warm start goes on from where the adapter was', async (t) => {
      const request = requestIn(t, { epochs: 8, schedule: 'constant' })
      const trained = await run(request)
      const { folder } = first(trained, 'finished')
      const warm = { ...request, adapter: folder, output: join(request.output, 'warm') }
      const again = await run({ ...warm, recipe: { ...request.recipe, epochs: 1 } })
      assert.ok(first(again, 'step').loss < 0.8 * first(trained, 'step').loss)
      const method = { ...tinyRecipe.method, kind: 'lora', rank: 8 } as Recipe['method']
      await refused({ ...warm, recipe: { ...request.recipe, method } }, /rank 4, but the recipe asks for 8/)
    })

    test('only the assistant’s turns are learned', async (t) => {
      const messages = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'One?' },
        { role: 'assistant', content: '1' },
        { role: 'user', content: 'Two?' },
        { role: 'assistant', content: 'II' },
      ]
      const request = requestIn(t, { maxSteps: 1, maxLength: 64 })
      const events = await run({ ...request, examples: writeExamples(join(request.output, 'chat.jsonl'), [{ messages }]) })
      // '1', 'II' and the end of each of the two turns.
      assert.equal(first(events, 'planned').lossTokens, 1 + 2 + 2)
    })

    test('an example longer than maxLength is cut and counted', async (t) => {
      const request = requestIn(t, { maxSteps: 1, maxLength: 8 })
      const examples = [
        { text: 'just six' },
        { text: 'far longer than that' },
        { prompt: 'ab', completion: 'cdefghijkl' },
        { text: 'short' },
      ]
      const events = await run({ ...request, examples: writeExamples(join(request.output, 'texts.jsonl'), examples) })
      // A text's first token is never predicted; 'just six' loses its end token.
      const { cut, lossTokens } = first(events, 'planned')
      assert.deepEqual({ cut, lossTokens }, { cut: 3, lossTokens: 7 + 7 + 6 + 5 })
    })

    test('the estimate is what the plan says, and a run that cannot fit is refused with the parts named', async (t) => {
      const request = requestIn(t, { maxSteps: 1 })
      const estimate = await trainer.estimate(request)
      assert.equal(
        estimate.bytes,
        estimate.parts.reduce((sum, [, bytes]) => sum + bytes, 0),
      )
      assert.equal(first(await run(request), 'planned').estimatedBytes, estimate.bytes)
      await refused({ ...request, memoryBudget: 1e6 }, /would take about \d+ MB \(.*activations of 4 × \d+ tokens \d+ MB.*only 1 MB/)
    })

    test('what cannot work is refused before the first step, in words', async (t) => {
      const request = requestIn(t, {})
      const lora = (change: object) => ({ method: { ...tinyRecipe.method, ...change } })
      const recipes: [Partial<Recipe>, RegExp][] = [
        [lora({ rank: 33 }), /Rank 33 exceeds input size 32 of model\.layers\.0\.self_attn\.q_proj; choose a rank up to 16/],
        [
          lora({ targetModules: ['q_proj', 'lm_head'] }),
          /no target module "lm_head"; choose among q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj/,
        ],
        [{ maxLength: 65 }, /maxLength is 65; choose a whole number from 2 to 64, as the base was made for 64 tokens/],
      ]
      for (const [change, words] of recipes) await refused({ ...request, recipe: { ...request.recipe, ...change } }, words)

      const examples: [string, RegExp][] = [
        ['', /is empty; give it at least one example/],
        ['{"prompt": "a", "completion": "b"}\n{"prompt": "a"\n', /Line 2 of bad\.jsonl cannot be read/],
        ['{"question": "a", "answer": "b"}\n', /Line 1 of bad\.jsonl is no training example; write/],
        [
          '{"text": "good"}\n\n{"messages": [{"role": "user", "content": "Hello?"}]}\n',
          /line 3 of bad\.jsonl has nothing to learn from: the assistant says nothing/,
        ],
        [`${JSON.stringify({ prompt: 'x'.repeat(40), completion: 'y' })}\n`, /line 1 .* cut at 32 of its 42 tokens.*raise maxLength/],
      ]
      for (const [text, words] of examples) {
        const file = join(request.output, 'bad.jsonl')
        writeFileSync(file, text)
        await refused({ ...request, examples: file }, words)
      }

      const strange = writeTinyBase(join(temporaryFolder(t), 'base'))
      const config = JSON.parse(readFileSync(join(strange, 'config.json'), 'utf8')) as Record<string, unknown>
      writeFileSync(join(strange, 'config.json'), JSON.stringify({ ...config, architectures: ['MambaForCausalLM'] }))
      await refused({ ...request, base: strange }, /MambaForCausalLM.*LlamaForCausalLM/)
      writeFileSync(join(strange, 'config.json'), JSON.stringify({ ...config, intermediate_size: 40 }))
      await refused({ ...request, base: strange }, /shape|config\.json/)
    })

    test('a run whose loss explodes ends with what to change, and keeps its last checkpoint', async (t) => {
      const request = requestIn(t, {
        method: { kind: 'full' },
        learningRate: 1,
        schedule: 'constant',
        clip: null,
        epochs: 100,
        warmup: 0.01,
      })
      await refused(request, /diverged at step \d+ .*Lower learningRate/)
      assert.ok(!existsSync(join(request.output, 'model')))
    })

    test('a search for a rate raises it by one factor, says each loss, suggests a rate, and writes nothing', async (t) => {
      const { output, ...request } = requestIn(t, {})
      const before = readdirSync(output)
      const search = { from: 1e-5, to: 1, steps: 40 }
      const events = await Array.fromAsync(trainer.findRate(request, search))
      const steps = events.filter((event) => event.kind === 'step')
      assert.ok(steps.length > 20 && steps.length <= 40)
      for (const [i, { rate, step }] of steps.entries()) {
        assert.equal(step, i + 1)
        assert.ok(Math.abs(rate / (1e-5 * 1e5 ** (i / 39)) - 1) < 1e-9)
      }
      const last = events.at(-1)
      assert.ok(last?.kind === 'finished' && last.suggested! > 1e-4 && last.suggested! < 1, JSON.stringify(last))
      assert.deepEqual(readdirSync(output), before)
      assert.deepEqual(await Array.fromAsync(trainer.findRate(request, search)), events, 'the same request finds the same')
      const stop = new AbortController()
      const stopped = (async () => {
        for await (const _ of trainer.findRate(request, { ...search, steps: 1000, to: 1e-4 }, { signal: stop.signal })) stop.abort()
      })()
      await assert.rejects(stopped, { name: 'AbortError' })
    })

    test('a trace asks each example once, and the one asked about pulls most', async (t) => {
      const request = requestIn(t, { epochs: 1 })
      const adapter = first(await run(request), 'finished').folder
      const queries = writeExamples(join(request.output, 'queries.jsonl'), [letterExamples[5]])
      const { output: _, ...study } = { ...request, adapter, queries }
      const events = await Array.fromAsync(trainer.trace(study))
      assert.deepEqual(events[0], { kind: 'planned', examples: 24 })
      const traced = events.filter((event) => event.kind === 'traced')
      assert.deepEqual(new Set(traced.map(({ example }) => example)), new Set(letterExamples.keys()))
      assert.equal(traced.length, 24)
      assert.equal([...traced].sort((a, b) => b.products[0]! - a.products[0]!)[0]!.example, 5)
      const preferences = { ...study, queries: writeExamples(queries, letterPreferences) }
      await assert.rejects(Array.fromAsync(trainer.trace(preferences)), { code: 'invalid', message: /queries hold preferences/ })
    })

    test('the mean of adapters has the mean of each weight, and adapters of two forms have none', async (t) => {
      const request = requestIn(t, { epochs: 1 })
      const folders: string[] = []
      for (const learningRate of [0.01, 0.02]) {
        const output = join(request.output, String(learningRate))
        folders.push(first(await run({ ...request, output, recipe: { ...request.recipe, learningRate } }), 'finished').folder)
      }
      const folder = await trainer.average({ base: request.base, adapters: folders, output: request.output })
      const name = 'base_model.model.model.layers.1.mlp.down_proj.lora_B.weight'
      const weightsOf = async (from: string) => {
        const file = await openSafetensors(bytesSource(readFileSync(join(from, 'adapter_model.safetensors'))))
        const { buffer, byteOffset, byteLength } = await file.bytes(name)
        return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer)
      }
      const [mean, a, b] = await Promise.all([folder, ...folders].map(weightsOf))
      for (const [i, value] of mean!.entries()) assert.equal(value, Math.fround((a![i]! + b![i]!) / 2))
      const wider = { ...request, recipe: { ...request.recipe, method: { ...request.recipe.method, rank: 8 } as Recipe['method'] } }
      const other = first(await run({ ...wider, output: join(request.output, 'wider') }), 'finished').folder
      const mixed = trainer.average({ base: request.base, adapters: [folders[0]!, other], output: request.output })
      await assert.rejects(mixed, { code: 'invalid', message: /rank 8/ })
    })

    async function run(request: TrainingRequest): Promise<TrainingEvent[]> {
      mkdirSync(request.output, { recursive: true })
      return Array.fromAsync(trainer.train(request))
    }

    async function refused(request: TrainingRequest, words: RegExp): Promise<void> {
      mkdirSync(request.output, { recursive: true })
      await assert.rejects(Array.fromAsync(trainer.train(request)), { name: 'AppError', code: 'invalid', message: words })
    }

    /** Aborts the run when it reports the step; says what it reported and threw. */
    async function interrupted(request: TrainingRequest, at: number) {
      const stop = new AbortController()
      const reason = new Error('enough')
      const seen: EventOf<'step'>[] = []
      let checkpoint: EventOf<'checkpoint'> | undefined
      let thrown: unknown
      try {
        for await (const event of trainer.train(request, { signal: stop.signal })) {
          if (event.kind === 'step') seen.push(event)
          if (event.kind === 'step' && event.step === at) stop.abort(reason)
          if (event.kind === 'checkpoint') checkpoint = event
        }
      } catch (error) {
        thrown = error
      }
      assert.ok(checkpoint, `no checkpoint; ended with ${String(thrown)}`)
      return { checkpoint, seen, reason, thrown }
    }
  })
}

function requestIn(t: TestContext, change: Partial<Recipe>): TrainingRequest {
  const folder = temporaryFolder(t)
  const output = join(folder, 'output')
  mkdirSync(output)
  return {
    base: writeTinyBase(join(folder, 'base')),
    examples: writeExamples(join(folder, 'examples.jsonl')),
    recipe: { ...tinyRecipe, ...change },
    output,
  }
}

function all<K extends TrainingEvent['kind']>(events: readonly TrainingEvent[], kind: K): EventOf<K>[] {
  return events.filter((event): event is EventOf<K> => event.kind === kind)
}

function first<K extends TrainingEvent['kind']>(events: readonly TrainingEvent[], kind: K): EventOf<K> {
  const found = all(events, kind)[0]
  assert.ok(found, `no event of kind ${kind}`)
  return found
}

function weightsOf(events: readonly TrainingEvent[]): Buffer {
  return readFileSync(join(first(events, 'finished').folder, 'adapter_model.safetensors'))
}
