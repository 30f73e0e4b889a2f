/**
 * What a suggested learning rate and the mean of runs are worth: `node bench/studies.ts [--language mr] [--passes 6] [--home folder]`.
 *
 * Bundled base, bundled community, through the real loop. A rate is searched; runs of one seed train at it and around it, and are evaluated as served beside
 * their mean. Then a few unseen questions with the answers expected are traced in the newest run, with the examples that pull most.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { communityFor } from '../examples/community/community.ts'
import { communityRecipe } from '../examples/community/recipe.ts'
import { contribute } from '../src/domain/contributions/contribute.ts'
import { decideContribution } from '../src/domain/datasets/decide-contribution.ts'
import { watchEvaluations } from '../src/domain/evaluation/watch-evaluations.ts'
import { heavyJobs, jobHandlers } from '../src/domain/job-handlers.ts'
import { addBase } from '../src/domain/models/add-base.ts'
import { addSuite } from '../src/domain/models/add-suite.ts'
import { createModel } from '../src/domain/models/create-model.ts'
import { addPerson } from '../src/domain/people/add-person.ts'
import { operator, type Actor } from '../src/domain/people/actor.ts'
import { evaluateSubject } from '../src/domain/releases/evaluate-subject.ts'
import { rate } from '../src/domain/studies/describe-study.ts'
import { requestRateSearch } from '../src/domain/studies/request-rate-search.ts'
import { requestTrace } from '../src/domain/studies/request-trace.ts'
import { watchStudy } from '../src/domain/studies/study-queries.ts'
import type { Study } from '../src/domain/studies/study.ts'
import { averageRuns } from '../src/domain/training/average-runs.ts'
import type { TrainingRun } from '../src/domain/training/run.ts'
import { startRun } from '../src/domain/training/start-run.ts'
import { watchRun } from '../src/domain/training/watch-run.ts'
import { llamaCppEngine } from '../src/engines/llama-cpp.ts'
import { openDatabase } from '../src/storage/database.ts'
import { openFiles } from '../src/storage/files.ts'
import { openJobs } from '../src/storage/jobs.ts'
import { migrate } from '../src/storage/migrations/index.ts'
import { localTrainer } from '../src/trainers/local/local-trainer.ts'

const { values: options } = parseArgs({
  options: { language: { type: 'string', default: 'mr' }, passes: { type: 'string', default: '6' }, home: { type: 'string' } },
})

const home = options.home ?? mkdtempSync(join(tmpdir(), 'commonweights-studies-'))
mkdirSync(join(home, 'work'), { recursive: true })
const db = await openDatabase({ kind: 'embedded', folder: join(home, 'database') })
await migrate(db)
const blobs = await openFiles(join(home, 'blobs'))
const jobs = await openJobs(db, { heavy: heavyJobs, onError: (error) => console.error(error) })
const engine = llamaCppEngine({ blobs })
const app = { db, blobs, jobs, engine, trainer: localTrainer(), workFolder: join(home, 'work') }
await jobs.work(jobHandlers(app))

const community = communityFor(options.language)
const name = community.model
const told = (text: string): void => console.log(`${text} (load ${loadavg()[0]!.toFixed(1)})`)
try {
  if ((await db.selectFrom('communityModels').select('id').execute()).length === 0) await foundCommunity()
  const began = performance.now()
  const search = await ended(await requestRateSearch(app, operator, name))
  told(`${search.sentences.slice(0, 3).join(' ')} ${((performance.now() - began) / 1000).toFixed(0)} s.`)
  const suggested = search.kind === 'rate' ? search.result!.suggested : null
  if (suggested === null) throw new Error('no rate was suggested')

  const trainedAt = async (factor: number): Promise<TrainingRun> => {
    const learningRate = Number((suggested * factor).toPrecision(2))
    const run = await endOf(await startRun(app, operator, name, { recipe: `learningRate: ${learningRate}` }))
    told(`run ${run.id}, ${rate(learningRate)}: ${run.state === 'finished' ? await scoreOf(run) : (run.error ?? run.state)}`)
    return run
  }
  const meanOf = async (runs: readonly TrainingRun[]): Promise<void> => {
    const ids = runs.map(({ id }) => id)
    const mean = await endOf(await averageRuns(app, operator, name, ids))
    told(`the mean of runs ${ids.join(', ')}: ${mean.state === 'finished' ? await scoreOf(mean) : mean.error}`)
  }
  await trainedAt(1 / 10)
  const best = await trainedAt(1)
  await trainedAt(10)
  await meanOf([await trainedAt(1 / 2), best, await trainedAt(2)])
  await meanOf([await trainedAt(0.9), best, await trainedAt(1.1)])

  const { samples } = community.suite
  for (const { messages, expected } of [samples[0]!, samples[Math.floor(samples.length / 2)]!, samples.at(-1)!]) {
    const asked = performance.now()
    const question = messages[0].content
    const trace = await ended(await requestTrace(app, operator, name, { run: best.id, question, answer: expected, keep: 4 }))
    if (trace.kind !== 'trace') continue
    const of = (side: 'pull' | 'push') =>
      trace.result![side].map(
        ({ content, strength }) =>
          `  ${strength.toFixed(2)} ${'messages' in content ? content.messages.map((turn) => turn.content).join(' → ') : ''}`,
      )
    told(`${question} → ${expected}\n${[...of('pull'), ...of('push')].join('\n')}\n  ${((performance.now() - asked) / 1000).toFixed(0)} s`)
  }
} finally {
  await jobs.stop({ graceSeconds: 1 })
  await engine.close()
  await db.close()
  if (options.home === undefined) rmSync(home, { recursive: true, force: true })
}

async function ended(study: Study): Promise<Study> {
  let last = study
  for await (const update of watchStudy(app, study.id)) last = update
  if (last.state !== 'finished') throw new Error(last.error ?? last.state)
  return last
}

async function endOf(run: TrainingRun): Promise<TrainingRun> {
  let last = run
  for await (const update of watchRun(app, run.id)) last = update.run
  return last
}

/** Right answers of the community's suite, as served, and the training loss at the end. */
async function scoreOf(run: TrainingRun): Promise<string> {
  const asked = await evaluateSubject(app, operator, name, { run: run.id })
  for await (const _ of watchEvaluations(app, asked.subject.map(({ id }) => id))); // prettier-ignore
  const { subject } = await evaluateSubject(app, operator, name, { run: run.id })
  const { score } = subject[0]!
  return `${(100 * (score ?? 0)).toFixed(1)} % right${run.progress.result ? `, training loss ${run.progress.result.loss.toFixed(3)}` : ''}`
}

async function foundCommunity(): Promise<void> {
  const folder = join(import.meta.dirname, '../examples/base/model')
  await addBase(app, operator, { from: { folder }, name: 'bundled', licence: 'Apache-2.0' })
  const { method, ...rest } = communityRecipe
  if (method.kind !== 'lora') throw new Error('the bundled recipe is an adapter')
  const recipe = stringify({ ...rest, ...method, method: 'lora', kind: undefined, epochs: Number(options.passes) })
  await createModel(app, operator, name, { base: 'bundled', recipe })
  const { suite } = community
  await addSuite(app, operator, name, {
    name: suite.name,
    kind: suite.kind,
    samples: Buffer.from(suite.samples.map((sample) => `${JSON.stringify(sample)}\n`).join('')),
  })
  const asha = await member('asha', 'contributor')
  const farah = await member('farah', 'reviewer')
  for (const { fate, examples, revision, review: _, author: __, ...offer } of community.contributions) {
    if (fate === 'turned-away') continue
    const changes = (revision?.examples ?? examples).map((content) => ({ kind: 'add', content }) as const)
    const { contribution } = await contribute(app, asha, name, { ...offer, signOff: 'Asha Deshmukh', changes })
    await decideContribution(app, farah, contribution.id, { decision: 'accept' })
  }
}

async function member(person: string, role: string): Promise<Actor> {
  return { kind: 'person', ...(await addPerson(app, operator, { name: person, role })).person }
}
