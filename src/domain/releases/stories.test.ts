/**
 * Real input that nobody here wrote: a checkpoint that others trained on English, and Swahili stories of the African Storybook by several people,
 * some CC BY-NC. The whole loop, from contributions to an exported release, on the files as served.
 */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sharedFile, stories } from '../../formats/testing/model-files.ts'
import { temporaryFolder } from '../../storage/testing.ts'
import { compare } from '../evaluation/compare.ts'
import { samplesOf } from '../evaluation/evaluation-queries.ts'
import { addSuite } from '../models/add-suite.ts'
import { createModel } from '../models/create-model.ts'
import type { Actor } from '../people/actor.ts'
import { stepsOf } from '../training/run-queries.ts'
import { startRun } from '../training/start-run.ts'
import { exportRelease } from './export-release.ts'
import { previewRelease, publishRelease } from './publish-release.ts'
import { findRelease, servedModelOf } from './release-queries.ts'
import { addBaseFolder, contributeAccepted, endOf, evaluated, openLoop, personOf } from './testing.ts'

interface Story {
  readonly lang: string
  readonly title: string
  readonly pages: readonly string[]
  readonly licence: string
  readonly text_by: string
  readonly translation_by: string
  readonly source: string
}

const file = sharedFile('01-language/parallel-stories.jsonl')
const missing = stories.skip || file.skip
const spdx: Readonly<Record<string, string>> = { 'CC-BY': 'CC-BY-4.0', 'CC-BY-NC': 'CC-BY-NC-4.0' }
const model = 'afrika/hadithi'

test(
  'stories by real people teach a real checkpoint Swahili, and a release says who, under which licence, by how much',
  { skip: missing },
  async (t) => {
    const loop = await openLoop(t)
    const maintainer = await personOf(loop, 'wanjiru', 'maintainer')
    const reviewer = await personOf(loop, 'otieno', 'reviewer')
    await addBaseFolder(loop, stories.path, 'stories260k')
    await createModel(loop, maintainer, model, { base: 'stories260k', description: 'Tells children stories in Swahili.' })

    const told = readFileSync(file.path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Story)
      .filter(({ lang }) => lang === 'sw')
    // Whole stories are held out, so that no page of a tested story was ever trained on.
    const heldOut = told.filter((_, index) => index % 9 === 0)
    const tested = heldOut.flatMap(pagesOf)
    await addSuite(loop, maintainer, model, {
      name: 'unseen-stories',
      kind: 'text',
      samples: Buffer.from(tested.map((text) => `${JSON.stringify({ text })}\n`).join('')),
      tolerance: 0.05,
    })

    const groups = groupsOf(
      told.filter((_, index) => index % 9 !== 0),
      tested,
    )
    const tellers = new Map<string, Actor>()
    for (const { teller } of groups) if (!tellers.has(teller)) tellers.set(teller, await personOf(loop, teller, 'contributor'))
    for (const { teller, licence, source, pages } of groups)
      await contributeAccepted(loop, tellers.get(teller)!, reviewer, model, {
        contents: pages.map((text) => ({ text })),
        licence,
        language: 'sw',
        source,
        message: `${pages.length} pages told by ${teller}`,
      })

    const run = await endOf(
      loop,
      await startRun(loop, reviewer, model, { recipe: 'rank: 16\nepochs: 2\nbatchSize: 8\nmaxLength: 256\nlearningRate: 0.005' }),
    )
    assert.equal(run.state, 'finished', run.error ?? '')
    const steps = await stepsOf(loop.db, run.id)
    assert.deepEqual(
      steps.map(({ step }) => step),
      Array.from({ length: run.progress.steps! }, (_, index) => index + 1),
    )
    assert.ok(steps.at(-1)!.loss < steps[0]!.loss)

    const { subject, base } = await evaluated(loop, reviewer, model)
    const comparison = await compare(loop, subject[0]!.id, base[0]!.id)
    const { score: before } = comparison.baseline
    t.diagnostic(
      `${run.revision.count} pages of ${groups.length} authors, ${steps.length} steps in ${run.progress.result!.seconds.toFixed(1)} s; bits per byte on ${tested.length} unseen pages ${before.toFixed(3)} → ${comparison.subject.score.toFixed(3)}, interval ${comparison.interval.map((end) => end.toFixed(3)).join(' to ')}`,
    )
    assert.ok(comparison.interval[1] < 0, 'the interval excludes zero')
    assert.equal((await samplesOf(loop, subject[0]!.id)).length, tested.length)

    const report = await previewRelease(loop, model)
    assert.equal(report.passed, true, report.suites[0]?.reason)
    const release = await publishRelease(loop, maintainer, model, '0.1.0')
    assert.equal(release.licence.commercialUse, 'not-allowed')
    assert.match(
      release.licence.summary,
      /^Not for commercial use, because \d+ rows of contribution \d+ are CC-BY-NC-4\.0; without them, yes\.$/,
    )
    assert.deepEqual(
      release.changelog.contributions.map(({ author, reviewers }) => [author, reviewers]),
      groups.map(({ teller }) => [teller, ['otieno']]),
    )
    assert.match(
      release.card,
      /^---\nlanguage:\n {2}- sw\nlicense: other\nlicense_name: CC-BY-4\.0 AND CC-BY-NC-4\.0 AND MIT\nbase_model: stories260k\n/,
    )
    assert.match(release.card, /is not legal advice/)
    assert.ok(release.card.includes(run.revision.digest))

    const answered = async (): Promise<string> => {
      const served = await servedModelOf(loop.db, { release: await findRelease(loop.db, model, 'latest') })
      let text = ''
      for await (const part of loop.engine.complete(served, 'Hapo zamani za kale', {
        temperature: 0,
        topP: 1,
        seed: null,
        maxTokens: 40,
        stop: [],
        logprobs: null,
      }))
        if (part.kind === 'text') text += part.text
      return text
    }
    assert.notEqual((await answered()).trim(), '')

    const folder = join(temporaryFolder(t), 'exported')
    for (const [format, files] of [
      ['peft', ['DATA_CARD.md', 'README.md', 'SHA256SUMS', 'adapter_config.json', 'adapter_model.safetensors']],
      ['gguf', ['DATA_CARD.md', 'README.md', 'SHA256SUMS', 'adapter.gguf', 'base.gguf']],
      ['gguf-merged', ['DATA_CARD.md', 'README.md', 'SHA256SUMS', 'model.gguf']],
    ] as const) {
      await exportRelease(loop, model, '0.1.0', format, join(folder, format))
      assert.deepEqual(readdirSync(join(folder, format)).sort(), files)
      for (const line of readFileSync(join(folder, format, 'SHA256SUMS'), 'utf8')
        .trim()
        .split('\n')) {
        const [sum, path] = line.split('  ') as [string, string]
        assert.equal(
          createHash('sha256')
            .update(readFileSync(join(folder, format, path)))
            .digest('hex'),
          sum,
        )
      }
    }
    const config = JSON.parse(readFileSync(join(folder, 'peft', 'adapter_config.json'), 'utf8')) as Record<string, unknown>
    assert.equal(config['base_model_name_or_path'], 'stories260k')
    const merged = await loop.blobs.put(readFileSync(join(folder, 'gguf-merged', 'model.gguf')))
    const text = tested[0]!
    const [apart, together] = await Promise.all(
      [await servedModelOf(loop.db, { release }), { base: merged.digest, adapter: null }].map(async (served) => {
        const { tokens } = await loop.engine.score(served, { context: '', continuation: text })
        return tokens.reduce((sum, { logprob }) => sum + logprob, 0)
      }),
    )
    assert.ok(Math.abs(apart! - together!) < 0.01 * Math.abs(apart!), `${apart} apart, ${together} merged`)
  },
)

/** Pages that fit the checkpoint's context of 512 tokens, of at least a sentence. */
function pagesOf(story: Story): string[] {
  return story.pages.map((page) => page.replaceAll(/\s+/g, ' ').trim()).filter((page) => page.length >= 40 && page.length <= 600)
}

interface Group {
  readonly teller: string
  readonly licence: string
  readonly source: string
  readonly pages: readonly string[]
}

/** Eighty pages each, for the test's sake: four tellers with the most pages, and the stories one of them gave not for commercial use. Refrains that also stand in a tested story are nobody's. */
function groupsOf(told: readonly Story[], tested: readonly string[]): Group[] {
  const seen = new Set(tested)
  const groups = [
    ...Map.groupBy(told, ({ translation_by: translator, text_by: writer, licence }) => `${translator || writer}|${licence}`).values(),
  ]
    .map(([first, ...others]): Group => {
      const pages = [first!, ...others].flatMap(pagesOf).filter((page) => !seen.has(page))
      const name = first!.translation_by || first!.text_by
      return {
        teller: name
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
          .slice(0, 40),
        licence: spdx[first!.licence]!,
        source: `African Storybook, told by ${name}, ${first!.source}`,
        pages: [...new Set(pages)].slice(0, 80),
      }
    })
    .sort((a, b) => b.pages.length - a.pages.length)
  const free = groups.filter(({ licence }) => licence === 'CC-BY-4.0').slice(0, 4)
  const bound = groups.find(({ licence }) => licence === 'CC-BY-NC-4.0')
  return [...free, ...(bound ? [bound] : [])]
}
