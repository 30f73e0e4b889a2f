/**
 * Teaches the bundled base each of the 22 scheduled languages in turn and measures what it learned, through the real trainer and the real engine.
 * `npm run bench:languages` writes docs/languages.md; `-- --languages mr,ta` does some, `-- --base folder` another base, `-- --output file` another page,
 * `-- --failures` prints wrong answers.
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { communityFor, type Community } from '../examples/community/community.ts'
import { communityRecipe } from '../examples/community/recipe.ts'
import { scheduledLanguages, type ScheduledLanguage } from '../examples/languages.ts'
import { wilson } from '../src/domain/evaluation/statistics.ts'
import type { Engine, ServedModel } from '../src/engines/engine.ts'
import { llamaCppEngine } from '../src/engines/llama-cpp.ts'
import { parseHfConfig } from '../src/formats/hf-config.ts'
import { adapterToGguf, modelToGguf } from '../src/formats/hf-to-gguf.ts'
import { readAdapter } from '../src/formats/peft.ts'
import { openSafetensors } from '../src/formats/safetensors.ts'
import type { Blobs } from '../src/storage/blobs.ts'
import { openFiles } from '../src/storage/files.ts'
import { fileSource } from '../src/trainers/local/files.ts'
import { localTrainer } from '../src/trainers/local/local-trainer.ts'

const { values: options } = parseArgs({
  options: {
    languages: { type: 'string', default: scheduledLanguages.map(({ tag }) => tag).join(',') },
    base: { type: 'string', default: join(import.meta.dirname, '../examples/base/model') },
    output: { type: 'string', default: join(import.meta.dirname, '../docs/languages.md') },
    failures: { type: 'boolean', default: false },
  },
})

interface Row {
  readonly language: ScheduledLanguage
  readonly examples: number
  readonly samples: number
  readonly base: number
  readonly release: number
  readonly seconds: number
  readonly gaps: readonly string[]
}

const work = await mkdtemp(join(tmpdir(), 'commonweights-languages-'))
const blobs = await openFiles(join(work, 'blobs'))
const engine = llamaCppEngine({ blobs })
const rows: Row[] = []
try {
  const served: ServedModel = { base: await importBase(blobs), adapter: null }
  for (const tag of options.languages.split(',')) {
    const language = scheduledLanguages.find((known) => known.tag === tag)
    if (!language) throw new Error(`${tag} is not one of the 22: ${scheduledLanguages.map((known) => known.tag).join(', ')}`)
    rows.push(await teach(language, served))
  }
} finally {
  await engine.close()
  await rm(work, { recursive: true, force: true })
}
const page = await languagesPage()
if (rows.length === scheduledLanguages.length || options.output !== join(import.meta.dirname, '../docs/languages.md'))
  await writeFile(options.output, page)
else console.log(page)

async function teach(language: ScheduledLanguage, base: ServedModel): Promise<Row> {
  const community = communityFor(language.tag)
  const examples = community.contributions.flatMap(({ fate, examples, revision }) =>
    fate === 'turned-away' ? [] : (revision?.examples ?? examples),
  )
  const before = await answers(engine, base, community)
  const file = join(work, `${language.tag}.jsonl`)
  await writeFile(file, examples.map((example) => JSON.stringify(example) + '\n').join(''))
  const started = performance.now()
  let folder = ''
  for await (const event of localTrainer({ threads: 2 }).train({
    base: options.base,
    examples: file,
    recipe: communityRecipe,
    output: join(work, language.tag),
  })) {
    if (event.kind === 'finished') folder = event.folder
  }
  const seconds = (performance.now() - started) / 1000
  const after = await answers(engine, { base: base.base, adapter: await importAdapter(blobs, folder) }, community)
  const right = (given: readonly string[]) => given.filter((answer, index) => answer === community.suite.samples[index]?.expected).length
  const row: Row = {
    language,
    examples: examples.length,
    samples: community.suite.samples.length,
    base: right(before),
    release: right(after),
    seconds,
    gaps: community.gaps,
  }
  console.error(
    `${language.tag} ${language.name}: base ${row.base}, release ${row.release} of ${row.samples}, ${seconds.toFixed(0)} s of training`,
  )
  if (options.failures) {
    community.suite.samples.forEach(({ messages, expected }, index) => {
      if (after[index] !== expected) console.error(`  ${messages[0].content} → ${after[index] ?? ''} (expected ${expected})`)
    })
  }
  return row
}

/** The engine's greedy answers to a suite. All are asked at once: the engine batches them. */
function answers(engine: Engine, model: ServedModel, { suite }: Community): Promise<string[]> {
  return Promise.all(
    suite.samples.map(async ({ messages }) => {
      let answer = ''
      const sampling = { temperature: 0, topP: 1, seed: null, maxTokens: 64, stop: [], logprobs: null }
      for await (const generated of engine.chat(model, messages, sampling)) if (generated.kind === 'text') answer += generated.text
      return answer.trim()
    }),
  )
}

async function importBase(blobs: Blobs): Promise<ServedModel['base']> {
  const json = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(options.base, name), 'utf8'))
  const source = await fileSource(join(options.base, 'model.safetensors'))
  try {
    const model = {
      config: parseHfConfig(await json('config.json')),
      weights: await openSafetensors(source),
      tokenizer: await json('tokenizer.json'),
      tokenizerConfig: await json('tokenizer_config.json'),
    }
    return (await blobs.put(modelToGguf(model, { name: 'bundled base', type: 'F16' }))).digest
  } finally {
    await source.close()
  }
}

async function importAdapter(blobs: Blobs, folder: string): Promise<ServedModel['base']> {
  const config = parseHfConfig(JSON.parse(await readFile(join(options.base, 'config.json'), 'utf8')))
  const source = await fileSource(join(folder, 'adapter_model.safetensors'))
  try {
    const adapter = await readAdapter(
      JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')),
      await openSafetensors(source),
      config,
    )
    return (await blobs.put(adapterToGguf(adapter, config, { name: 'adapter', baseName: 'bundled base' }))).digest
  } finally {
    await source.close()
  }
}

async function languagesPage(): Promise<string> {
  const percent = (right: number, samples: number) => `${((100 * right) / samples).toFixed(1)} %`
  const interval = (right: number, samples: number) => {
    const [low, high] = wilson(right, samples)
    return `${(100 * low).toFixed(0)}–${(100 * high).toFixed(0)}`
  }
  const mean = (of: (row: Row) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length
  const worst = rows.reduce((a, b) => (b.release / b.samples < a.release / a.samples ? b : a))
  const recipe = communityRecipe
  const rank = recipe.method.kind === 'lora' ? recipe.method.rank : 0
  const lines = rows.map(
    ({ language, examples, samples, base, release, seconds }) =>
      `| ${language.name} (${language.tag}) | ${language.script} | ${examples} | ${percent(base, samples)} | ${percent(release, samples)} | ${interval(release, samples)} | ${seconds.toFixed(0)} |`,
  )
  const gaps = rows.filter((row) => row.gaps.length > 0).map(({ language, gaps }) => `- ${language.name}: ${gaps.join('; ')}.`)
  const card = JSON.parse(await readFile(join(options.base, 'build.json'), 'utf8').catch(() => '{"weights":"unknown"}')) as {
    weights: string
  }
  return `# The 22 languages

Written by \`npm run bench:languages\`: the bundled base learns each language from its bundled community, one adapter per language (LoRA rank ${rank}, learning rate
${recipe.learningRate}, ${recipe.epochs} passes), and is asked the ${suiteWords()} combinations of the suite that no contribution contains. An answer counts where it equals CLDR's, character by character.
Release is the adapter as served: GGUF over the F16 GGUF base in llama.cpp. The interval is Wilson's, 95 %. Seconds are the training's, start to end, on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}.
Node ${process.version}, CLDR ${process.versions['cldr'] ?? 'unknown'}; base ${card.weights}.

| language | script | examples | base | release | 95 % | seconds |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
${lines.join('\n')}
| **mean** | | | **${(100 * mean((row) => row.base / row.samples)).toFixed(1)} %** | **${(100 * mean((row) => row.release / row.samples)).toFixed(1)} %** | | ${mean((row) => row.seconds).toFixed(0)} |

Worst: ${worst.language.name}, ${percent(worst.release, worst.samples)}.

## What CLDR does not say

In these languages CLDR ${process.versions['cldr'] ?? ''} falls back to Latin forms such as “+5 d” or “12.5 kg” for some kinds of phrase. Those are neither taught nor asked; the suite has more of the other kinds instead.

${gaps.join('\n')}
`
}

function suiteWords(): string {
  const sizes = new Set(rows.map((row) => row.samples))
  return [...sizes].join(' or ')
}
