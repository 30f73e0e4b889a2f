/**
 * What storage costs on this machine: opening, committing, reading, the queue's latency, and blobs.
 * Run: `node_modules/.bin/node bench/storage.ts` (with DATABASE_URL set, the same on that server). Prints one line per figure.
 */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../src/config.ts'
import { openDatabase } from '../src/storage/database.ts'
import { openFiles } from '../src/storage/files.ts'
import { openJobs } from '../src/storage/jobs.ts'
import { migrate } from '../src/storage/migrations/index.ts'

const home = mkdtempSync(join(tmpdir(), 'commonweights-bench-'))
const { database: place } = loadConfig({ home })

async function lap<T>(what: string, work: () => Promise<T>, per = 1): Promise<T> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const result = await work()
  const wall = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  const each = per > 1 ? `, ${(wall / per).toFixed(2)} ms each` : ''
  console.log(`${what}: ${wall.toFixed(0)} ms${each} (processor ${((user + system) / 1000).toFixed(0)} ms)`)
  return result
}

try {
  await (await lap('first open', () => openDatabase(place))).close()
  const db = await lap('open again', () => openDatabase(place))
  await lap('migrate', () => migrate(db))
  console.log(`memory: ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`)

  const commits = 1000
  const run = Date.now()
  await lap(
    `${commits} commits`,
    async () => {
      for (let i = 0; i < commits; i++)
        await db
          .insertInto('people')
          .values({ name: `bench ${run} ${i}`, role: 'reviewer' })
          .execute()
    },
    commits,
  )
  const reads = 5000
  await lap(
    `${reads} reads by key`,
    async () => {
      for (let i = 0; i < reads; i++)
        await db
          .selectFrom('people')
          .selectAll()
          .where('name', '=', `bench ${run} ${i % commits}`)
          .execute()
    },
    reads,
  )

  const jobs = await openJobs(db)
  let begun = Promise.withResolvers<number>()
  await jobs.work({ bench: async () => begun.resolve(performance.now()) })
  const latencies: number[] = []
  for (let i = 0; i < 50; i++) {
    begun = Promise.withResolvers()
    const start = performance.now()
    const id = await jobs.enqueue(db, 'bench', i)
    latencies.push((await begun.promise) - start)
    await jobs.ended(id)
  }
  latencies.sort((a, b) => a - b)
  console.log(`job asked for → begun: median ${latencies[25]?.toFixed(1)} ms, worst of 50 ${latencies[49]?.toFixed(1)} ms`)
  await lap(
    '200 jobs, one after another',
    async () => {
      let last = 0
      await db.transaction().execute(async (db) => {
        for (let i = 0; i < 200; i++) last = await jobs.enqueue(db, 'bench', i)
      })
      await jobs.ended(last)
    },
    200,
  )
  await jobs.stop({ graceSeconds: 5 })
  await db.deleteFrom('people').where('name', 'like', `bench ${run} %`).execute()
  await db.deleteFrom('jobs').where('kind', '=', 'bench').execute()
  await db.close()

  const blobs = await openFiles(join(home, 'blobs'))
  const bytes = randomBytes(256 << 20)
  const { digest } = await lap('put 256 MiB', () => blobs.put(bytes))
  await lap('get 256 MiB', () => blobs.get(digest))
  const small = Array.from({ length: 200 }, () => randomBytes(1000))
  await lap(
    'put 200 small blobs',
    async () => {
      for (const each of small) await blobs.put(each)
    },
    200,
  )
} finally {
  rmSync(home, { recursive: true, force: true })
}
