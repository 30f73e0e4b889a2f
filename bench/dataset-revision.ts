/**
 * What accepting a contribution of 100 examples costs in a dataset of a million: `node bench/dataset-revision.ts [examples] [rounds]`.
 *
 * A real PGlite in a folder, fsync included. The million examples are made by SQL, with their rows in examples and contribution_changes, so that the checks
 * that run again at acceptance look through tables of that size; they have no MinHash bands, which acceptance does not read.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { contribute } from '../src/domain/contributions/contribute.ts'
import { bucketsOf, membersOf } from '../src/domain/datasets/dataset-queries.ts'
import { decideContribution } from '../src/domain/datasets/decide-contribution.ts'
import { reviseDataset } from '../src/domain/datasets/revise-dataset.ts'
import { addBase } from '../src/domain/models/add-base.ts'
import { createModel } from '../src/domain/models/create-model.ts'
import { addPerson } from '../src/domain/people/add-person.ts'
import { operator, type Actor } from '../src/domain/people/actor.ts'
import type { Digest } from '../src/storage/blobs.ts'
import { openDatabase } from '../src/storage/database.ts'
import { openFiles } from '../src/storage/files.ts'
import { migrate } from '../src/storage/migrations/index.ts'

const count = Number(process.argv[2] ?? 1_000_000)
const rounds = Number(process.argv[3] ?? 5)
const perContribution = 100

const folder = mkdtempSync(join(tmpdir(), 'commonweights-bench-'))
const db = await openDatabase({ kind: 'embedded', folder: join(folder, 'database') })
try {
  await migrate(db)
  const app = { db, blobs: await openFiles(join(folder, 'blobs')) }
  await addBase(app, operator, { from: { folder: join(import.meta.dirname, '../examples/base/model') }, name: 'tiny', licence: 'MIT' })
  const model = await createModel(app, operator, 'bench/million', { base: 'tiny' })
  const [asha, bilal] = [await member('asha', 'contributor'), await member('bilal', 'reviewer')]

  const seeding = performance.now()
  const { contribution: first } = await contribute(app, asha, 'bench/million', offer([{ text: 'the first' }]))
  const digests = await seed(first.id)
  const revised = await timed(() =>
    db.transaction().execute((db) => reviseDataset(db, model.id, [first.id], { going: [], coming: digests })),
  )
  await sql`update contributions set state = 'accepted', decided_at = now()`.execute(db)
  console.log(
    `seeded ${count.toLocaleString('en')} examples in ${seconds(performance.now() - seeding)}, of which the tree from scratch ${seconds(revised.ms)}`,
  )

  const accepting: Time[] = []
  const offering: Time[] = []
  for (let round = 0; round < rounds; round++) {
    const examples = Array.from({ length: perContribution }, (_, i) => ({
      prompt: `Question ${round}.${i}`,
      completion: `Answer ${round * i}`,
    }))
    const offered = await timed(() => contribute(app, asha, 'bench/million', offer(examples)))
    const { id } = offered.result.contribution
    const decided = await timed(() => decideContribution(app, bilal, id, { decision: 'accept' }))
    offering.push(offered)
    accepting.push(decided)
    const revision = decided.result.revision
    console.log(
      `round ${round + 1}: offered in ${milliseconds(offered)}, accepted into revision ${revision?.number} (${revision?.count.toLocaleString('en')} examples) in ${milliseconds(decided)}`,
    )
  }
  console.log(`median of ${rounds}: offer ${milliseconds(median(offering))}, accept ${milliseconds(median(accepting))}`)

  const last = await db.selectFrom('datasetRevisions').select('id').orderBy('id', 'desc').limit(1).executeTakeFirstOrThrow()
  const walked = await timed(async () => {
    let members = 0
    for await (const _ of membersOf(db, last)) members++
    return members
  })
  const buckets = await bucketsOf(db, last.id)
  console.log(
    `${walked.result.toLocaleString('en')} members in ${buckets.size.toLocaleString('en')} buckets, walked in ${seconds(walked.ms)}`,
  )
} finally {
  await db.close()
  rmSync(folder, { recursive: true, force: true })
}

/** Examples with a body of ordinary size, made where they are stored, in contributions of 10,000. */
async function seed(modelId: number): Promise<Digest[]> {
  const batch = 10_000
  const digests: Digest[] = []
  for (let from = 0; from < count; from += batch) {
    const to = Math.min(count, from + batch)
    const { rows } = await sql<{ digest: Digest }>`
      insert into examples (digest, content_digest, body)
      select 'sha256:' || encode(sha256(convert_to('example ' || n, 'UTF8')), 'hex'), 'sha256:' || encode(sha256(convert_to('content ' || n, 'UTF8')), 'hex'),
        jsonb_build_object('content', jsonb_build_object('prompt', 'What is number ' || n || '?', 'completion', 'It is the number ' || n || ', as anybody can count.'),
          'provenance', jsonb_build_object('origin', 'human', 'generator', null, 'source', 'by hand', 'licence', 'CC0-1.0', 'language', 'en'))
      from generate_series(${from}::integer, ${to - 1}::integer) n returning digest`.execute(db)
    const { id } = await db
      .insertInto('contributions')
      .values({ modelId, authorId: null, state: 'open', message: 'Counting', round: 1, feedbackId: null, reverts: null, decidedAt: null })
      .returning('id')
      .executeTakeFirstOrThrow()
    await sql`
      insert into contribution_changes (contribution_id, round, position, kind, example_digest)
      select ${id}::integer, 1, n + 1, 'add', 'sha256:' || encode(sha256(convert_to('example ' || n, 'UTF8')), 'hex')
      from generate_series(${from}::integer, ${to - 1}::integer) n`.execute(db)
    digests.push(...rows.map(({ digest }) => digest))
  }
  await sql`analyze`.execute(db)
  return digests
}

async function member(name: string, role: string): Promise<Actor> {
  return { kind: 'person', ...(await addPerson({ db }, operator, { name, role })).person }
}

function offer(contents: readonly unknown[]) {
  const changes = contents.map((content) => ({ kind: 'add', content }) as const)
  return { message: 'Counting', licence: 'CC0-1.0', language: 'en', origin: 'human', source: 'by hand', signOff: 'Asha K', changes }
}

/** Wall time, and this process's own CPU time: on a busy machine the two are far apart. */
interface Time {
  readonly ms: number
  readonly cpu: number
}

async function timed<Result>(work: () => Promise<Result>): Promise<Time & { result: Result }> {
  const [start, before] = [performance.now(), process.cpuUsage()]
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { result, ms: performance.now() - start, cpu: (user + system) / 1000 }
}

function median(times: readonly Time[]): Time {
  const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number
  return { ms: middle(times.map(({ ms }) => ms)), cpu: middle(times.map(({ cpu }) => cpu)) }
}

function milliseconds({ ms, cpu }: Time): string {
  return `${ms.toFixed(0)} ms (${cpu.toFixed(0)} ms CPU)`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
