/**
 * How well a forecast foretells: `node bench/forecast.ts [--language mr] [--passes 15] [--home folder]`.
 *
 * Bundled base, bundled community, through the real loop: contributed, reviewed, trained on nested fractions, evaluated as served, fitted. The last quarter is
 * hidden and foretold. `--passes` trains with more or fewer passes than the community does; `--home` keeps what was built.
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
import { watchForecast } from '../src/domain/forecasts/forecast-queries.ts'
import { requestForecast } from '../src/domain/forecasts/request-forecast.ts'
import { heavyJobs, jobHandlers } from '../src/domain/job-handlers.ts'
import { addBase } from '../src/domain/models/add-base.ts'
import { addSuite } from '../src/domain/models/add-suite.ts'
import { createModel } from '../src/domain/models/create-model.ts'
import { addPerson } from '../src/domain/people/add-person.ts'
import { operator, type Actor } from '../src/domain/people/actor.ts'
import { llamaCppEngine } from '../src/engines/llama-cpp.ts'
import { openDatabase } from '../src/storage/database.ts'
import { openFiles } from '../src/storage/files.ts'
import { openJobs } from '../src/storage/jobs.ts'
import { migrate } from '../src/storage/migrations/index.ts'
import { localTrainer } from '../src/trainers/local/local-trainer.ts'

const { values: options } = parseArgs({
  options: { language: { type: 'string', default: 'mr' }, passes: { type: 'string' }, home: { type: 'string' } },
})

const home = options.home ?? mkdtempSync(join(tmpdir(), 'commonweights-forecast-'))
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
try {
  if ((await db.selectFrom('communityModels').select('id').execute()).length === 0) await foundCommunity()
  const began = performance.now()
  const asked = await requestForecast(app, operator, name)
  let said = -1
  for await (const forecast of watchForecast(app, asked.id)) {
    if (forecast.progress.done !== said)
      console.error(`${forecast.progress.done} of ${forecast.progress.of} trainings, load ${loadavg()[0]!.toFixed(1)}`)
    said = forecast.progress.done
    if (forecast.state === 'failed') throw new Error(forecast.error ?? 'failed')
    if (forecast.result === null) continue
    console.log(JSON.stringify({ points: forecast.points, result: forecast.result }, null, 1))
    console.log(forecast.sentences.join('\n'))
    console.log(`${((performance.now() - began) / 1000).toFixed(0)} s from asking to reading`)
  }
} finally {
  await jobs.stop({ graceSeconds: 1 })
  await engine.close()
  await db.close()
  if (options.home === undefined) rmSync(home, { recursive: true, force: true })
}

async function foundCommunity(): Promise<void> {
  const folder = join(import.meta.dirname, '../examples/base/model')
  await addBase(app, operator, { from: { folder }, name: 'bundled', licence: 'Apache-2.0' })
  const { method, ...rest } = communityRecipe
  if (method.kind !== 'lora') throw new Error('the bundled recipe is an adapter')
  const passes = options.passes === undefined ? {} : { epochs: Number(options.passes) }
  const recipe = stringify({ ...rest, ...method, method: 'lora', kind: undefined, ...passes })
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
