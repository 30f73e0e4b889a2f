/**
 * Every architecture in llama.cpp against transformers and PEFT: the GGUF base, the GGUF adapter over it, and the two merged, for the tiny checkpoints of
 * ml/golden/architectures. Differences are in log-probability (nats), over all positions and all tokens likelier than 1e-6.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { tinyTokenizer } from '../domain/testing.ts'
import { adapterToGguf, modelToGguf, type HfModel } from '../formats/hf-to-gguf.ts'
import { traitsOf } from '../formats/architectures/traits.ts'
import type { GgufWriteType } from '../formats/gguf-write.ts'
import { readAdapter } from '../formats/peft.ts'
import { judge } from '../formats/testing/llama-cpp.ts'
import { architectureGoldens, readArchitectureGolden, type ArchitectureGolden } from '../ml/testing/architecture-goldens.ts'

/** llama.cpp looks GELU up in a table of 16-bit numbers, whatever the precision of the rest. */
const tolerances = { 'full precision': 1e-4, 'full precision but for GELU': 0.01, 'F16 weights and cache': 0.05, Q8_0: 0.2 } as const
/** The largest differences, for docs/design/architectures.md: MEASURE=1 node --test. */
const seen = new Map<string, number>()
after(() => process.env['MEASURE'] && console.log(Object.fromEntries([...seen].map(([what, most]) => [what, Number(most.toPrecision(2))]))))

async function modelOf(golden: ArchitectureGolden): Promise<HfModel> {
  return {
    config: golden.config,
    weights: await golden.base('F32'),
    tokenizer: tinyTokenizer(),
    tokenizerConfig: { bos_token: '<s>', eos_token: '</s>' },
  }
}

/** The first sequence of the golden batch, as far as llama.cpp and transformers mean the same: up to a window that llama.cpp does not know. */
function sequenceOf(golden: ArchitectureGolden): number[] {
  const { slidingWindow, normsAfter } = traitsOf(golden.config)
  const length = slidingWindow === null || normsAfter ? golden.shape.length : slidingWindow
  return Array.from((golden.tensor('tokens') as BigInt64Array).subarray(0, length), Number)
}

function assertAgrees(
  kind: keyof typeof tolerances,
  golden: ArchitectureGolden,
  found: readonly Map<number, number>[],
  logits: string,
): void {
  const { vocabSize } = golden.config
  const expected = golden.tensor(logits) as Float32Array
  let most = 0
  found.forEach((logprobs, position) => {
    const row = [...expected.subarray(position * vocabSize, (position + 1) * vocabSize)]
    const largest = Math.max(...row)
    const total = largest + Math.log(row.reduce((mass, logit) => mass + Math.exp(logit - largest), 0))
    row.forEach((logit, token) => {
      const logprob = logit - total
      if (logprob > Math.log(1e-6)) most = Math.max(most, Math.abs((logprobs.get(token) ?? -Infinity) - logprob))
    })
  })
  const what = `${golden.config.architecture}, ${kind}`
  seen.set(what, Math.max(seen.get(what) ?? 0, most))
  assert.ok(most < tolerances[kind], `${logits} in ${kind}: off by ${most}`)
}

for (const name of architectureGoldens) {
  const golden = await readArchitectureGolden(name)
  const ids = sequenceOf(golden)
  const base = async (type: GgufWriteType, adapter: Awaited<ReturnType<typeof readAdapter>> | null = null) =>
    modelToGguf(await modelOf(golden), { name, type, adapter })
  const adapter = await readAdapter(golden.adapterJson, await golden.savedAdapter(), golden.config)
  const overlay = () => adapterToGguf(adapter, golden.config, { name })

  test(`${name}: llama.cpp's base, base with adapter, and merged model are those of transformers and PEFT`, async () => {
    const fullPrecision = true
    const kind = traitsOf(golden.config).activation === 'silu' ? 'full precision' : 'full precision but for GELU'
    const plain = await judge({ base: await base('F32'), fullPrecision }, (it) => it.allNextTokens(ids))
    assert.equal(plain.length, ids.length)
    assertAgrees(kind, golden, plain, 'logits')
    const adapted = await judge({ base: await base('F32'), adapter: overlay(), fullPrecision }, (it) => it.allNextTokens(ids))
    assertAgrees(kind, golden, adapted, 'logits_after')
    const merged = await judge({ base: await base('F32', adapter), fullPrecision }, (it) => it.allNextTokens(ids))
    assertAgrees(kind, golden, merged, 'logits_after')
  })

  if (!name.endsWith('-window'))
    test(`${name}: so they are as served, with weights, keys and values in 16 bits, and nearly so in Q8_0 where rows are long enough for it`, async () => {
      const served = await judge({ base: await base('F16'), adapter: overlay() }, (it) => it.allNextTokens(ids))
      assertAgrees('F16 weights and cache', golden, served, 'logits_after')
      // At a width of 32 only down_proj has rows of more than one block, and in some of these checkpoints not even that.
      if (golden.config.intermediateSize % 32 !== 0) return
      const small = await judge({ base: await base('Q8_0'), adapter: overlay() }, (it) => it.allNextTokens(ids))
      assertAgrees('Q8_0', golden, small, 'logits_after')
    })
}
