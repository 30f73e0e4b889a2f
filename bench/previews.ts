/**
 * How fast previews are, and whether they say what a whole build would say: `node bench/previews.ts [--part latency|agreement] [--home folder] [--seeds 1]`.
 *
 * Bundled base, bundled Marathi community, real trainer and engine. `latency`: the whole community but 100 examples is released, then those 100 are proposed.
 * `agreement`: a release of 20 examples a topic; each of 20 proposals (good, wrong, without effect, removing) is previewed, and built whole: cold, with the
 * recipe of the release. With `--home` what was built stays there, so that another warm recipe can be tried against the same whole builds.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { communityFor, type CommunityExample } from '../examples/community/community.ts'
import { communityRecipe } from '../examples/community/recipe.ts'
import { watchBuild } from '../src/domain/builds/build-queries.ts'
import type { Build } from '../src/domain/builds/build.ts'
import { requestBuild } from '../src/domain/builds/request-build.ts'
import { contribute } from '../src/domain/contributions/contribute.ts'
import { findContribution } from '../src/domain/contributions/contribution-queries.ts'
import type { OfferedChange } from '../src/domain/contributions/contribution.ts'
import { latestRevision, membersOf } from '../src/domain/datasets/dataset-queries.ts'
import { decideContribution } from '../src/domain/datasets/decide-contribution.ts'
import { changeWith } from '../src/domain/datasets/draft-changes.ts'
import { draftRevision } from '../src/domain/datasets/revise-dataset.ts'
import { findEvaluation, resultsOf } from '../src/domain/evaluation/evaluation-queries.ts'
import type { Comparison } from '../src/domain/evaluation/evaluation.ts'
import { heavyJobs, jobHandlers } from '../src/domain/job-handlers.ts'
import { addBase } from '../src/domain/models/add-base.ts'
import { addSuite } from '../src/domain/models/add-suite.ts'
import { createModel } from '../src/domain/models/create-model.ts'
import { findBaseById, findModel } from '../src/domain/models/model-queries.ts'
import { listSuites } from '../src/domain/models/suite-queries.ts'
import { addPerson } from '../src/domain/people/add-person.ts'
import { operator, type Actor, type RoleName } from '../src/domain/people/actor.ts'
import { latestPreview } from '../src/domain/previews/preview-queries.ts'
import { reportPreview } from '../src/domain/previews/report-preview.ts'
import { requestPreview } from '../src/domain/previews/request-preview.ts'
import { watchPreview } from '../src/domain/previews/watch-preview.ts'
import { publishRelease } from '../src/domain/releases/publish-release.ts'
import { latestRelease } from '../src/domain/releases/release-queries.ts'
import { endOf, evaluated } from '../src/domain/releases/testing.ts'
import { startRun } from '../src/domain/training/start-run.ts'
import { recipeOf } from '../src/domain/training/wanted-run.ts'
import { llamaCppEngine } from '../src/engines/llama-cpp.ts'
import type { Digest } from '../src/storage/blobs.ts'
import { openDatabase } from '../src/storage/database.ts'
import { openFiles } from '../src/storage/files.ts'
import { openJobs } from '../src/storage/jobs.ts'
import { migrate } from '../src/storage/migrations/index.ts'
import { localTrainer } from '../src/trainers/local/local-trainer.ts'
import type { Recipe } from '../src/trainers/trainer.ts'

const { values: options } = parseArgs({
  options: { part: { type: 'string' }, home: { type: 'string' }, seeds: { type: 'string', default: '1' }, only: { type: 'string' } },
})

/**
 * Passes and batch of the release and of whole builds in `agreement`, so that twenty of them take a quarter of an hour. The bundled community takes 15 passes
 * over five times the examples, in batches of 32.
 */
const wholeRecipe: Partial<Recipe> = { epochs: 9, batchSize: 4 }
const perTopic = 20

const home = options.home ?? mkdtempSync(join(tmpdir(), 'commonweights-previews-'))
mkdirSync(home, { recursive: true })
const db = await openDatabase({ kind: 'embedded', folder: join(home, 'database') })
await migrate(db)
const blobs = await openFiles(join(home, 'blobs'))
const jobs = await openJobs(db, { heavy: heavyJobs, onError: (error) => console.error(error) })
const engine = llamaCppEngine({ blobs })
const app = { db, blobs, jobs, engine, trainer: localTrainer(), workFolder: join(home, 'work') }
mkdirSync(app.workFolder, { recursive: true })
await jobs.work(jobHandlers(app))
const community = communityFor('mr')
/** What each contribution teaches once it is right: days, weekdays, short dates, durations, amounts. */
const topics = community.contributions.flatMap((it) => (it.fate === 'turned-away' ? [] : [it.revision?.examples ?? it.examples]))
// A reviewer, because a newcomer may not have twenty proposals open at once.
const asha = await member('asha', 'reviewer')
const farah = await member('farah', 'reviewer')

try {
  if (options.part !== 'agreement') await latency()
  if (options.part !== 'latency') await agreement()
} finally {
  await jobs.stop({ graceSeconds: 1 })
  await engine.close()
  await db.close()
  if (options.home === undefined) rmSync(home, { recursive: true, force: true })
}

async function latency(): Promise<void> {
  const held = topics.map((examples) => examples.slice(0, 20)).flat()
  await release('latency/saathi', topics.map((examples) => examples.slice(20)).flat()) // prettier-ignore
  // A later run over one folder changes an answer for each proposal there is, so that nothing but the control was built before.
  const runs = await db.selectFrom('contributions').select('id').where('message', 'like', 'bench latency/saathi%').execute()
  const rest = answeredBy(held, ({ messages }, index) =>
    index < runs.length - 1 ? `${messages[1].content} ${runs.length}` : messages[1].content,
  )
  // The dataset moves on by one example, so that the first preview has to build its control too.
  const [one] = answeredBy(held.slice(0, 1), ({ messages }) => `${messages[1].content} ${runs.length + 1000}`)
  const moved = await offer('latency/saathi', adding([{ messages: [{ role: 'user', content: `${one!.messages[0].content} ${runs.length}` }, one!.messages[1]] }])) // prettier-ignore
  await decideContribution(app, farah, moved, { decision: 'accept', message: 'For the bench.' })
  for (const [what, examples] of [
    ['100 examples', rest],
    ['50 examples', rest.filter((_, index) => index % 2 === 0)],
  ] as const) {
    const id = await offer('latency/saathi', adding(examples))
    const before = await cpuSeconds()
    await previewed(id)
    const cpu = (await cpuSeconds()) - before
    const { cost, suites } = await reportPreview(app, id)
    const part = (it: typeof cost.control) =>
      it === null || it.reused ? 'there already' : `${seconds(it.training)} training, ${seconds(it.evaluation)} evaluation`
    console.log(
      `${what}: ready after ${seconds(cost.total)} and ${cpu.toFixed(0)} s of processor (with it: ${part(cost.build)}; without it: ${part(cost.control)}), ` +
        `${suites[0]!.against.samples} questions; load ${loadavg()[0]!.toFixed(1)}`,
    )
  }
}

/** Of this process and the trainers it has waited for: what a busy machine does not change. Linux. */
async function cpuSeconds(): Promise<number> {
  const text = await readFile('/proc/self/stat', 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100
}

interface Row {
  readonly name: string
  readonly seconds: number
  readonly wholeSeconds: number
  readonly noise: boolean
  readonly verdict: Comparison['verdict']
  readonly effect: number
  readonly against: number
  readonly whole: number
  readonly wholeVerdict: Comparison['verdict']
  /** Questions whose rightness the preview says the proposal changed, and of those how many the whole build answers alike. */
  readonly said: number
  readonly saidRight: number
  /** Questions whose rightness the whole build changes, and of those how many the preview answers alike. */
  readonly changed: number
  readonly found: number
}

async function agreement(): Promise<void> {
  const name = 'agreement/saathi'
  await release(name, topics.flatMap((examples) => examples.slice(0, perTopic)), { said: wholeRecipe, everySecond: true }) // prettier-ignore
  await noiseOfWholeBuilds(name)
  const rows: Row[] = []
  for (const [what, changes] of await proposals(name)) {
    if (options.only !== undefined && !what.includes(options.only)) continue
    const row = await measure(name, what, changes)
    rows.push(row)
    console.log(
      `${row.name.padEnd(44)} preview ${points(row.effect)} ${row.verdict.padEnd(9)} ${row.noise ? 'noise' : '     '} (against release ${points(row.against)})  whole ${points(row.whole)} ${row.wholeVerdict.padEnd(9)}` +
        `  said ${row.said} kept ${row.saidRight}  changed ${row.changed} found ${row.found}  ${seconds(row.seconds)} / ${seconds(row.wholeSeconds)}`,
    )
    // What is known so far: the whole takes its time.
    if (rows.length % 5 === 0) summarise(rows)
  }
}

function summarise(rows: readonly Row[]): void {
  const sum = (of: (row: Row) => number) => rows.reduce((all, row) => all + of(row), 0)
  const sorted = rows.map((row) => row.seconds).sort((a, b) => a - b)
  console.log(
    `\n${rows.length} proposals; preview ready after ${seconds(sorted[Math.floor(sorted.length / 2)]!)} (median), ${seconds(sorted.at(-1)!)} at most; load ${loadavg()[0]!.toFixed(1)}`,
  )
  console.log(`Spearman, change of score: preview against control ${spearman(rows.map((it) => it.effect), rows.map((it) => it.whole)).toFixed(2)}, preview against release ${spearman(rows.map((it) => it.against), rows.map((it) => it.whole)).toFixed(2)}`) // prettier-ignore
  console.log(`answers the preview puts down to the proposal: ${sum((it) => it.said)}, of which the whole build agrees on ${share(sum((it) => it.saidRight), sum((it) => it.said))}`) // prettier-ignore
  console.log(`answers the whole build changes: ${sum((it) => it.changed)}, of which the preview agrees on ${share(sum((it) => it.found), sum((it) => it.changed))}`) // prettier-ignore
  for (const verdict of ['better', 'worse', 'undecided'] as const) {
    const of = rows.filter((it) => it.verdict === verdict)
    const counts = (['better', 'worse', 'undecided'] as const).map(
      (whole) => `${of.filter((it) => it.wholeVerdict === whole).length} ${whole}`,
    )
    console.log(`preview says ${verdict} (${of.length}): whole build ${counts.join(', ')}`)
  }
}

/** How much two whole builds of one dataset differ by their seed alone: the floor under any agreement. */
async function noiseOfWholeBuilds(name: string): Promise<void> {
  for (let seed = 1; seed <= Number(options.seeds); seed++) {
    const build = await wholeBuild(name, null, 1000 + seed)
    const { difference, subject, baseline } = build.comparisons![0]!
    const [is, was] = [await rightness(subject.evaluationId), await rightness(baseline.evaluationId)]
    console.log(
      `the release's dataset with another seed: ${points(difference)}, ${is.filter((right, index) => right !== was[index]).length} of ${is.length} answers change their rightness`,
    )
  }
}

async function measure(name: string, what: string, changes: readonly OfferedChange[]): Promise<Row> {
  const id = await offer(name, changes)
  await previewed(id)
  const { suites, onlyNoise, cost } = await reportPreview(app, id)
  const { against, effect, drift } = suites[0]!
  const began = performance.now()
  const whole = (await wholeBuild(name, id)).comparisons![0]!
  const wholeSeconds = (performance.now() - began) / 1000
  const [r, b, c, f] = [
    await rightness(against.baseline.evaluationId),
    await rightness(against.subject.evaluationId),
    await rightness(drift!.subject.evaluationId),
    await rightness(whole.subject.evaluationId),
  ]
  const said = b.flatMap((right, index) => (right !== r[index] && right !== c[index] ? [index] : []))
  const changed = f.flatMap((right, index) => (right !== r[index] ? [index] : []))
  const alike = (indices: readonly number[]) => indices.filter((index) => b[index] === f[index]).length
  return {
    name: what,
    seconds: cost.total!,
    wholeSeconds,
    noise: onlyNoise!,
    verdict: effect!.verdict,
    effect: effect!.difference,
    against: against.difference,
    whole: whole.difference,
    wholeVerdict: whole.verdict,
    said: said.length,
    saidRight: alike(said),
    changed: changed.length,
    found: alike(changed),
  }
}

/** Cold, with the recipe of the release; null: its dataset as it is. */
async function wholeBuild(name: string, contribution: number | null, seed?: number): Promise<Build> {
  const model = await findModel(db, name)
  const base = await findBaseById(db, model.baseId)
  const head = (await latestRevision(db, model.id))!
  const revision =
    contribution === null
      ? head
      : await db
          .transaction()
          .execute(async (db) => draftRevision(db, model.id, head, await changeWith(db, await findContribution(db, contribution))))
  const suites = (await listSuites(db, model.id)).map(({ id }) => id)
  const recipe = recipeOf(model, base, seed === undefined ? {} : { seed })
  const baselineId = (await latestRelease(db, model.id))!.id
  let last = await requestBuild(app, operator, { base, revision, recipe, warmStart: null, baselineId, suites })
  for await (const build of watchBuild(app, last.id)) last = build
  if (last.state !== 'finished') throw new Error(last.error ?? last.state)
  return last
}

async function rightness(evaluation: number): Promise<readonly boolean[]> {
  const results = await resultsOf(app, await findEvaluation(db, evaluation))
  return results.map((result) => result.kind !== 'text' && result.right)
}

async function previewed(id: number): Promise<void> {
  const asked = await requestPreview(app, farah, id)
  for await (const preview of watchPreview(app, id)) if (preview.error !== null) throw new Error(preview.error)
  if ((await latestPreview(db, id))?.state !== 'finished') throw new Error(`preview ${asked.id} did not finish`)
}

/** Good, wrong, without effect, and some that take away. None is ever accepted, so they may share examples. */
async function proposals(name: string): Promise<readonly (readonly [string, readonly OfferedChange[]])[]> {
  const [days, weekdays, short, durations, amounts] = topics.map((examples) => examples.slice(perTopic)) as unknown as readonly [
    E,
    E,
    E,
    E,
    E,
  ]
  const mixed = (each: number) => [days, weekdays, short, durations, amounts].flatMap((examples) => examples.slice(0, each))
  const removing = async (topic: number, count: number): Promise<readonly OfferedChange[]> => {
    const questions = new Set(topics[topic]!.slice(0, perTopic).map(({ messages }) => messages[0].content))
    return (await standing(name)).filter((it) => questions.has(it.question)).slice(0, count).map(({ digest }) => ({ kind: 'remove', target: digest })) // prettier-ignore
  }
  return [
    ['80 durations', adding(durations.slice(0, 80))],
    ['60 short dates', adding(short.slice(0, 60))],
    ['wrong: 60 of all topics with Latin digits', adding(latinDigits(mixed(12)))],
    ['40 durations', adding(durations.slice(0, 40))],
    ['100 of all topics', adding(mixed(20))],
    ['takes 18 durations away', await removing(3, 18)],
    ['15 durations', adding(durations.slice(0, 15))],
    ['50 of all topics', adding(mixed(10))],
    ['takes 18 dates with weekdays away', await removing(1, 18)],
    ['80 amounts', adding(amounts.slice(0, 80))],
    ['wrong: 60 of all topics left in English', adding(inEnglish(mixed(12)))],
    ['no effect expected: 2 days', adding(days.slice(0, 2))],
    ['40 amounts', adding(amounts.slice(0, 40))],
    ['wrong: 55 days with answers of other days', adding(shuffled(days.slice(0, 55)))],
    ['no effect expected: 5, one of a topic', adding(mixed(1))],
    ['60 dates with weekdays', adding(weekdays.slice(0, 60))],
    ['wrong: 60 weekdays with answers of others', adding(shuffled(weekdays.slice(0, 60)))],
    [
      'no effect expected: 12 notes in English',
      Array.from({ length: 12 }, (_, index) => ({
        kind: 'add',
        content: { text: `Note ${index + 1}: somebody will look at this page again.` },
      })),
    ],
    ['55 days', adding(days.slice(0, 55))],
    ['wrong: 80 amounts with answers of others', adding(shuffled(amounts.slice(0, 80)))],
  ]
}

type E = readonly CommunityExample[]

function adding(examples: readonly CommunityExample[]): readonly OfferedChange[] {
  return examples.map((content) => ({ kind: 'add', content }))
}

function answeredBy(examples: E, answer: (example: CommunityExample, index: number) => string): CommunityExample[] {
  return examples.map((example, index) => ({ messages: [example.messages[0], { role: 'assistant', content: answer(example, index) }] }))
}

function inEnglish(examples: E): CommunityExample[] {
  return answeredBy(examples, ({ messages }) => messages[0].content.replace(/^Write (.*) in [^.]*\.$/, '$1'))
}

function shuffled(examples: E): CommunityExample[] {
  return answeredBy(examples, (_, index) => examples[(index + 7) % examples.length]!.messages[1].content)
}

function latinDigits(examples: E): CommunityExample[] {
  return answeredBy(examples, ({ messages }) => messages[1].content.replace(/[०-९]/g, (digit) => String(digit.charCodeAt(0) - 0x966)))
}

async function standing(name: string): Promise<readonly { readonly digest: string; readonly question: string }[]> {
  const head = (await latestRevision(db, (await findModel(db, name)).id))!
  const digests: Digest[] = []
  for await (const digest of membersOf(db, head)) digests.push(digest)
  const rows = await db.selectFrom('examples').select(['digest', 'body']).where('digest', 'in', digests).execute()
  return rows.map(({ digest, body }) => ({ digest, question: (body as { content: CommunityExample }).content.messages[0].content }))
}

interface ReleaseOptions {
  readonly said?: Partial<Recipe>
  /** Of the questions of the suite, half. */
  readonly everySecond?: boolean
}

/** The same changes are offered once, so that a second run over one folder finds what the first built. */
async function offer(model: string, changes: readonly OfferedChange[]): Promise<number> {
  const message = `bench ${model} ${JSON.stringify(changes).length} ${JSON.stringify(changes[0]).slice(0, 200)}`
  const known = await db.selectFrom('contributions').select('id').where('message', '=', message).executeTakeFirst()
  if (known) return known.id
  const declared = { licence: 'Unicode-3.0', language: 'mr', origin: 'generated', generator: 'CLDR', source: 'CLDR', signOff: 'bench' }
  return (await contribute(app, asha, model, { ...declared, message, changes })).contribution.id
}

async function release(
  name: string,
  examples: readonly CommunityExample[],
  { said = {}, everySecond = false }: ReleaseOptions = {},
): Promise<void> {
  const known = await db.selectFrom('communityModels').select('id').where('owner', '=', name.split('/')[0]!).executeTakeFirst()
  if (known) return
  const folder = new URL('../examples/base/model/', import.meta.url).pathname
  const base = await db.selectFrom('baseModels').select('id').where('name', '=', 'bundled').executeTakeFirst()
  if (!base) await addBase(app, operator, { from: { folder }, name: 'bundled', licence: 'Apache-2.0' })
  const { method: _, ...flat } = communityRecipe
  await createModel(app, operator, name, { base: 'bundled', recipe: Object.entries({ ...flat, ...said }).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join('') }) // prettier-ignore
  const samples = Buffer.from(
    community.suite.samples
      .filter((_, index) => !everySecond || index % 2 === 0)
      .map((sample) => `${JSON.stringify(sample)}\n`)
      .join(''),
  )
  await addSuite(app, operator, name, { name: community.suite.name, kind: 'exact', samples })
  const id = await offer(name, adding(examples))
  await decideContribution(app, farah, id, { decision: 'accept', message: 'For the bench.' })
  const began = performance.now()
  const run = await endOf(app, await startRun(app, operator, name))
  if (run.state !== 'finished') throw new Error(run.error ?? run.state)
  const { subject } = await evaluated(app, operator, name)
  await publishRelease(app, operator, name, '0.1.0')
  console.log(
    `${name} 0.1.0: ${examples.length} examples, ${(100 * subject[0]!.score!).toFixed(1)} % right, ${seconds((performance.now() - began) / 1000)}`,
  )
}

async function member(name: string, role: RoleName): Promise<Actor> {
  const known = await db.selectFrom('people').selectAll().where('name', '=', name).executeTakeFirst()
  const { id } = known ?? (await addPerson(app, operator, { name, role })).person
  return { kind: 'person', id, name, role }
}

/** Rank correlation; ties share their mean rank. */
function spearman(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]) =>
    values.map((value) => values.filter((other) => other < value).length + (values.filter((other) => other === value).length - 1) / 2)
  const [x, y] = [ranks(a), ranks(b)]
  const mean = (a.length - 1) / 2
  const covariance = (p: readonly number[], q: readonly number[]) =>
    p.reduce((sum, value, index) => sum + (value - mean) * (q[index]! - mean), 0)
  return covariance(x, y) / Math.sqrt(covariance(x, x) * covariance(y, y))
}

function points(share: number): string {
  return `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(1)}`.padStart(6)
}

function seconds(value: number | null): string {
  return value === null ? '?' : `${value.toFixed(0)} s`
}

function share(some: number, all: number): string {
  return all === 0 ? 'none' : `${((100 * some) / all).toFixed(0)} %`
}
