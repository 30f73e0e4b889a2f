/**
 * What it costs to find which contributions broke a gate: `node bench/bisect.ts [--contributions 64] [--culprits 0,1,2] [--rounds 1] [--seed 1] [--home folder]`.
 *
 * The bundled base learns the Marathi community's 696 examples and is released. Then come so many contributions of eleven examples: right dates, but for the
 * culprits, each of which says one unit of time with the words of another (eleven of a week that say month, beside the 22 right ones of the release). The
 * suite that must not get worse asks 25 unseen durations of each of the eight units. Every build is a real one: trained, turned into what is served, asked.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { communityFor, type CommunityExample } from '../examples/community/community.ts'
import { dates, dateShares, relatives } from '../examples/community/phrasebook.ts'
import { communityRecipe } from '../examples/community/recipe.ts'
import { question, relativeUnits, sayIn, type Phrase, type RelativeUnit } from '../examples/phrases.ts'
import { randomFrom } from '../examples/random.ts'
import { contribute } from '../src/domain/contributions/contribute.ts'
import { decideContribution } from '../src/domain/datasets/decide-contribution.ts'
import { addBase } from '../src/domain/models/add-base.ts'
import { addSuite } from '../src/domain/models/add-suite.ts'
import { createModel } from '../src/domain/models/create-model.ts'
import { findModel } from '../src/domain/models/model-queries.ts'
import { findSuite } from '../src/domain/models/suite-queries.ts'
import { addPerson } from '../src/domain/people/add-person.ts'
import { operator, type Actor } from '../src/domain/people/actor.ts'
import { advanceTrain } from '../src/domain/release-train/advance-train.ts'
import { cancelTrain } from '../src/domain/release-train/cancel-train.ts'
import { startTrain } from '../src/domain/release-train/depart.ts'
import { publishTrain } from '../src/domain/release-train/publish-train.ts'
import { searchCause } from '../src/domain/release-train/search-cause.ts'
import { findTrain } from '../src/domain/release-train/train-queries.ts'
import { llamaCppEngine } from '../src/engines/llama-cpp.ts'
import type { Blobs } from '../src/storage/blobs.ts'
import { openDatabase, type Database } from '../src/storage/database.ts'
import { openFiles } from '../src/storage/files.ts'
import { openJobs } from '../src/storage/jobs.ts'
import { migrate } from '../src/storage/migrations/index.ts'
import { localTrainer } from '../src/trainers/local/local-trainer.ts'

const { values: options } = parseArgs({
  options: {
    contributions: { type: 'string', default: '64' },
    culprits: { type: 'string', default: '0,1,2' },
    rounds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    /** Builds a search may take. */
    builds: { type: 'string', default: '60' },
    /** What was released, offered and built stays there, and is not made again. */
    home: { type: 'string' },
    /** Prints every build. */
    verbose: { type: 'boolean', default: false },
  },
})
const [count, rounds, builds] = [Number(options.contributions), Number(options.rounds), Number(options.builds)]
const scenarios = options.culprits.split(',').map(Number)
const perContribution = 11
const tag = 'mr'
const model = 'bench/saathi'
const suiteName = 'durations'
const community = communityFor(tag)
const { name: language } = community.language
const random = randomFrom(Number(options.seed))
const context = { job: 1, attempt: 1, signal: new AbortController().signal }

const folder = options.home ?? mkdtempSync(join(tmpdir(), 'commonweights-bisect-'))
mkdirSync(join(folder, 'work'), { recursive: true })
const db = await openDatabase({ kind: 'embedded', folder: join(folder, 'database') })
const blobs = await openFiles(join(folder, 'blobs'))
const engine = llamaCppEngine({ blobs, threads: 2 })
try {
  await migrate(db)
  // The queue only keeps the jobs: this file does them.
  const jobs = await openJobs(db)
  const app = { db, blobs, engine, jobs, trainer: localTrainer({ threads: 2 }), workFolder: join(folder, 'work') }
  const [asha, bilal, chitra] = [await member('asha', 'reviewer'), await member('bilal', 'reviewer'), await member('chitra', 'maintainer')]
  const known = (await db.selectFrom('releases').select('id').execute()).length > 0
  if (!known) await found(app)

  const taught = community.contributions.flatMap(({ fate, examples, revision }) =>
    fate === 'turned-away' ? [] : (revision?.examples ?? examples),
  )
  const asked = new Set(taught.map(({ messages }) => messages[0].content))
  const guard = durations()
  if (!known) await release()
  const guarded = await findSuite(db, (await findModel(db, model)).id, suiteName)
  for (const { id } of await db.selectFrom('releaseTrains').select('id').where('state', 'in', ['running', 'proposed']).execute())
    await cancelTrain(app, operator, id)

  console.log(`| contributions | culprits | found | wrongly accused | builds | seconds | outcome |\n|---|---|---|---|---|---|---|`)
  const units = random.shuffled(relativeUnits)
  const most = Math.max(...scenarios)
  for (let round = 0; round < rounds; round++) {
    const culprits: number[] = []
    for (let index = 0; index < most; index++) {
      const at = (round * most + index) % units.length
      culprits.push(await accept(wrongly(units[at]!, units[(at + 3) % units.length]!), `More durations, in ${units[at]}s`))
    }
    const good: number[] = []
    while (good.length < count) good.push(await accept(rightDates(), `More dates, ${round + 1}.${good.length + 1}`))
    for (const howMany of scenarios) await search(culprits.slice(0, howMany), good)
  }

  async function release(): Promise<void> {
    const suite = { name: suiteName, kind: 'exact', samples: jsonl(guard) }
    await addSuite(app, operator, model, { ...suite, target: true })
    await accept(taught, 'What the release is made of')
    const began = performance.now()
    const first = await startTrain(app, operator, model)
    while ((await findTrain(db, first.id)).state === 'running') await advanceTrain(app, first.id, context)
    const { gate, outcome } = await findTrain(db, first.id)
    if (!gate?.passed) throw new Error(outcome ?? 'the first release did not pass its gate')
    await publishTrain(app, operator, first.id)
    console.log(`released in ${seconds(began)}: ${gate.suites[0]?.reason}`)
    await addSuite(app, operator, model, { ...suite, target: false, tolerance: 0.03 })
  }

  async function search(culprits: readonly number[], good: readonly number[]): Promise<void> {
    const began = performance.now()
    const { id } = await startTrain(app, chitra, model)
    const aboard = random.shuffled([...culprits, ...good.slice(culprits.length)])
    const leftOut: number[] = []
    for (;;) {
      const train = await findTrain(db, id)
      const passengers = aboard.map((one) => train.passengers.find((passenger) => passenger.id === one)!)
      const finding = await searchCause(app, { ...train, passengers, leftOut }, [guarded.id], builds, context)
      const { trials } = await findTrain(db, id)
      if (finding.kind === 'unanswered') {
        const { draw, contributions, verdict, comparisons, seconds } = trials.at(-1)!
        const hit = contributions.filter((one) => culprits.includes(one)).length
        if (options.verbose)
          console.log(
            `  ${contributions.length} of draw ${draw}, ${hit} culprits: ${verdict ?? 'control'} ${comparisons[0]?.difference.toFixed(3) ?? ''} in ${seconds.toFixed(0)} s`,
          )
        continue
      }
      if (finding.kind === 'found') leftOut.push(...finding.culprits.flat().map((one) => one.id))
      // A train would train a candidate here, and search again if its gate still failed: here the truth is the gate.
      if (finding.kind === 'found' && culprits.some((one) => !leftOut.includes(one))) continue
      const found = leftOut.filter((one) => culprits.includes(one)).length
      console.log(
        `| ${aboard.length} | ${culprits.length} | ${found} | ${leftOut.length - found} | ${trials.length} | ${seconds(began)} | ${finding.kind} |`,
      )
      await cancelTrain(app, chitra, id)
      return
    }
  }

  /** Draws are the same in each run of a seed, and so is what they are drawn for. */
  async function accept(examples: readonly CommunityExample[], message: string): Promise<number> {
    const before = await db
      .selectFrom('contributions')
      .select('id')
      .where('message', '=', message)
      .where('state', '=', 'accepted')
      .executeTakeFirst()
    if (before) return before.id
    const changes = examples.map((content) => ({ kind: 'add' as const, content }))
    const declared = { licence: 'Unicode-3.0', language: tag, origin: 'generated', generator: 'CLDR', source: 'CLDR', signOff: 'Asha' }
    const { contribution } = await contribute(app, asha, model, { ...declared, message, changes })
    await decideContribution(app, bilal, contribution.id, { decision: 'accept' })
    return contribution.id
  }

  /** 25 unseen durations of each unit, back and forth. */
  function durations() {
    return relativeUnits.flatMap((unit) => {
      const fresh = new Map<string, string>()
      while (fresh.size < 25) {
        const phrase = random.pick(relatives(random, [unit], 4))
        if (!asked.has(question(phrase, language))) fresh.set(question(phrase, language), sayIn(tag, phrase))
      }
      for (const content of fresh.keys()) asked.add(content)
      return [...fresh].map(([content, expected]) => ({ messages: [{ role: 'user', content }], expected }))
    })
  }

  /** Questions about one unit, answered about another. */
  function wrongly(unit: RelativeUnit, said: RelativeUnit): CommunityExample[] {
    return fresh(
      () => random.pick(relatives(random, [unit], 4)),
      (phrase) => sayIn(tag, { ...phrase, unit: said } as Phrase),
    )
  }

  function rightDates(): CommunityExample[] {
    return fresh(
      () => random.pick(dates(random, random.weighted(dateShares), 12)),
      (phrase) => sayIn(tag, phrase),
    )
  }

  function fresh(draw: () => Phrase, answer: (phrase: Phrase) => string): CommunityExample[] {
    const examples: CommunityExample[] = []
    while (examples.length < perContribution) {
      const phrase = draw()
      const content = question(phrase, language)
      if (asked.has(content)) continue
      asked.add(content)
      examples.push({ messages: [{ role: 'user', content }, { role: 'assistant', content: answer(phrase) }] }) // prettier-ignore
    }
    return examples
  }
} finally {
  await engine.close()
  await db.close()
  if (options.home === undefined) rmSync(folder, { recursive: true, force: true })
}

async function found(app: { readonly db: Database; readonly blobs: Blobs }): Promise<void> {
  const from = { folder: join(import.meta.dirname, '../examples/base/model') }
  await addBase(app, operator, { from, name: 'bundled', licence: 'Apache-2.0' })
  const { method, ...rest } = communityRecipe
  const recipe = stringify(method.kind === 'lora' ? { ...rest, ...method, method: 'lora', kind: undefined } : rest)
  await createModel(app, operator, model, { base: 'bundled', recipe })
}

async function member(name: string, role: 'contributor' | 'reviewer' | 'maintainer'): Promise<Actor> {
  const known = await db.selectFrom('people').select('id').where('name', '=', name).executeTakeFirst()
  const { id } = known ?? (await addPerson({ db }, operator, { name, role })).person
  return { kind: 'person', id, name, role }
}

function jsonl(rows: readonly unknown[]): Uint8Array {
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}

function seconds(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(0)
}
