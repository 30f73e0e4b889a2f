/** What the queue must do on every database. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { sql } from 'kysely'
import { AppError } from '../errors.ts'
import { openDatabase, type Database, type DatabaseConfig } from './database.ts'
import { openJobs, type JobHandler, type Jobs, type JobsOptions } from './jobs.ts'
import { migrate } from './migrations/index.ts'
import type { Lifetime } from './testing.ts'

/** @param place where a migrated or new database is; a string says why this machine cannot */
export function jobsConformance(name: string, place: (lifetime: Lifetime) => Promise<DatabaseConfig | string>): void {
  suite(`jobs: ${name}`, () => {
    test('in one process', async (t) => {
      const config = await place(t)
      if (typeof config === 'string') {
        t.skip(config)
        return
      }
      const db = await openDatabase(config)
      t.after(() => db.close())
      await migrate(db)
      for (const [fact, check] of facts) {
        await t.test(fact, (t) => check(t, db))
        await db.deleteFrom('jobs').execute()
      }
    })

    test('a job whose process is killed runs again after a restart, once, and nothing acknowledged is lost', async (t) => {
      const config = await place(t)
      if (typeof config === 'string') {
        t.skip(config)
        return
      }
      if (config.kind === 'postgres') await migrateAt(config)
      const child = startProcess(config)
      t.after(() => child.kill())
      const acknowledged = Number(await child.line())
      assert.match(await child.line(), /^running \d+$/)
      await child.kill()

      await using db = await openDatabase(config)
      const jobs = await openJobs(db, { leaseSeconds: 2 })
      const attempts: number[] = []
      await jobs.work({
        long: async (payload, { attempt }) => {
          assert.deepEqual(payload, { n: 1 })
          attempts.push(attempt)
        },
        short: async () => {},
      })
      for (let id = 1; id <= acknowledged; id++) assert.equal((await jobs.ended(id)).state, 'done')
      assert.deepEqual(attempts, [2])
      await jobs.stop({ graceSeconds: 5 })
    })
  })
}

type T = Lifetime
type Fact = readonly [string, (t: T, db: Database) => Promise<void>]

const facts: readonly Fact[] = [
  [
    'a job that failed is listed, and waits again when somebody asks, unless another of its key does',
    async (t, db) => {
      const jobs = await begin(t, db)
      let broken = true
      await jobs.work({
        try: async () => {
          if (broken) throw new AppError('conflict', 'Not yet.')
        },
      })
      const id = await jobs.enqueue(db, 'try', {}, { key: 'the one' })
      assert.equal((await jobs.ended(id)).state, 'failed')
      assert.deepEqual(
        (await jobs.list({ state: 'failed' })).map(({ id, error }) => [id, error]),
        [[id, 'Not yet.']],
      )
      assert.deepEqual(await jobs.list({ state: 'failed', after: id }), [])
      const other = await jobs.enqueue(db, 'try', {}, { key: 'the one', runAfter: new Date(Date.now() + 3_600_000) })
      await assert.rejects(jobs.retry(id), /same thing waits/)
      await jobs.cancel(other)
      broken = false
      await jobs.retry(id)
      const ended = await jobs.ended(id)
      assert.deepEqual([ended.state, ended.attempt, ended.error], ['done', 1, null])
      await assert.rejects(jobs.retry(id), /only one that failed/)
    },
  ],
  [
    'a job exists exactly if the transaction that asked for it commits, and then begins at once',
    async (t, db) => {
      const jobs = await begin(t, db)
      const seen: unknown[] = []
      await jobs.work({ note: async (payload) => void seen.push(payload) })
      const failing = db.transaction().execute(async (db) => {
        await jobs.enqueue(db, 'note', 'never')
        throw new Error('failed on purpose')
      })
      await assert.rejects(failing, /on purpose/)
      const payload = { text: 'नमस्ते', deep: [1, { snake_key: null }] }
      const id = await db.transaction().execute(async (db) => {
        const id = await jobs.enqueue(db, 'note', payload)
        assert.equal((await jobs.find(id, db)).state, 'waiting')
        return id
      })
      const job = await jobs.ended(id)
      assert.equal(job.state, 'done')
      assert.ok(job.startedAt && job.endedAt && job.attempt === 1)
      assert.deepEqual(seen, [payload])
    },
  ],
  [
    'jobs of a kind run in order, one at a time, and heavy kinds take turns with each other but not with light ones',
    async (t, db) => {
      const jobs = await begin(t, db, { heavy: ['train', 'evaluate'], concurrency: { mail: 2 } })
      const running = new Set<string>()
      const order: string[] = []
      const gate = Promise.withResolvers<void>()
      const mails = Promise.withResolvers<void>()
      let mailsRunning = 0
      const heavy: JobHandler = async (payload) => {
        assert.deepEqual([...running], [])
        const name = JSON.stringify(payload)
        running.add(name)
        order.push(name)
        await gate.promise
        running.delete(name)
      }
      const ids: number[] = []
      for (const [kind, n] of [
        ['train', 1],
        ['evaluate', 2],
        ['train', 3],
        ['mail', 4],
        ['mail', 5],
      ] as const)
        ids.push(await jobs.enqueue(db, kind, n))
      await jobs.work({
        train: heavy,
        evaluate: heavy,
        mail: async () => {
          if (++mailsRunning === 2) mails.resolve()
          await mails.promise
        },
      })
      await mails.promise // both at once, while a heavy job runs
      gate.resolve()
      for (const id of ids) assert.equal((await jobs.ended(id)).state, 'done')
      assert.deepEqual(order, ['1', '2', '3'])
    },
  ],
  [
    'with a key, at most one job waits or runs',
    async (t, db) => {
      const jobs = await begin(t, db)
      const add = (): Promise<number> => db.transaction().execute((db) => jobs.enqueue(db, 'once', null, { key: 'run 7' }))
      const ids = await Promise.all(Array.from({ length: 6 }, add))
      assert.equal(new Set(ids).size, 1)
      assert.notEqual(await jobs.enqueue(db, 'once', null, { key: 'run 8' }), ids[0])
      await jobs.work({ once: async () => {} })
      await jobs.ended(ids[0] as number)
      assert.notEqual(await add(), ids[0])
    },
  ],
  [
    'a job for later waits until then, and lets younger ones pass',
    async (t, db) => {
      const jobs = await begin(t, db)
      const order: unknown[] = []
      await jobs.work({ note: async (payload) => void order.push(payload) })
      const due = Date.now() + 700
      const later = await jobs.enqueue(db, 'note', 'later', { runAfter: new Date(due) })
      const never = await jobs.enqueue(db, 'note', 'in an hour', { runAfter: new Date(due + 3_600_000) })
      await jobs.ended(await jobs.enqueue(db, 'note', 'now'))
      assert.equal((await jobs.find(later)).state, 'waiting')
      const { startedAt } = await jobs.ended(later)
      assert.ok((startedAt as Date).getTime() >= due - 5, `it began ${due - (startedAt as Date).getTime()} ms early`)
      assert.deepEqual(order, ['now', 'later'])
      assert.equal((await jobs.find(never)).state, 'waiting')
      assert.equal((await jobs.counts()).oldestWaitingSeconds, 0)
      await jobs.cancel(never)
    },
  ],
  [
    'an AppError fails a job for good with its sentence; anything else is told to the operator and tried again',
    async (t, db) => {
      const told: unknown[] = []
      const jobs = await begin(t, db, { retrySeconds: 0.05, attempts: 3, onError: (error) => told.push(error) })
      const crash = new Error('secret detail')
      let starts = 0
      await jobs.work({
        refuse: async () => {
          throw new AppError('invalid', 'Rank 512 exceeds 288; choose a rank up to 288.')
        },
        recover: async (_payload, { attempt }) => {
          if (attempt < 3) throw crash
        },
        crash: async () => {
          starts++
          throw crash
        },
      })
      const refused = await jobs.ended(await jobs.enqueue(db, 'refuse', null))
      assert.deepEqual([refused.state, refused.error, refused.attempt], ['failed', 'Rank 512 exceeds 288; choose a rank up to 288.', 1])
      assert.deepEqual(told, [])
      const recovered = await jobs.ended(await jobs.enqueue(db, 'recover', null))
      assert.deepEqual([recovered.state, recovered.attempt, recovered.error], ['done', 3, null])
      const crashed = await jobs.ended(await jobs.enqueue(db, 'crash', null))
      assert.deepEqual([crashed.state, starts], ['failed', 3])
      assert.match(crashed.error ?? '', /unexpected .* attempt 3/)
      assert.doesNotMatch(crashed.error ?? '', /secret/)
      assert.deepEqual(new Set(told), new Set([crash]))
      assert.equal((await jobs.counts()).failed, 2)
    },
  ],
  [
    'a waiting job is cancelled at once, a running one by its signal, and one that has ended stays as it is',
    async (t, db) => {
      const jobs = await begin(t, db)
      const started = Promise.withResolvers<void>()
      const seen: unknown[] = []
      await jobs.work({
        long: async (payload, { signal }) => {
          seen.push(payload)
          started.resolve()
          await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
        },
        short: async () => {},
      })
      const running = await jobs.enqueue(db, 'long', 'a')
      const waiting = await jobs.enqueue(db, 'long', 'b')
      await started.promise
      const counts = await jobs.counts()
      assert.deepEqual([counts.waiting, counts.running], [1, 1])
      await jobs.cancel(waiting)
      assert.equal((await jobs.find(waiting)).state, 'cancelled')
      await jobs.cancel(running)
      assert.equal((await jobs.ended(running)).state, 'cancelled')
      assert.deepEqual(seen, ['a'])
      const done = await jobs.enqueue(db, 'short', null)
      await jobs.ended(done)
      await jobs.cancel(done)
      assert.equal((await jobs.find(done)).state, 'done')
      await assert.rejects(jobs.cancel(999_999), { code: 'not-found', message: 'There is no job 999999.' })
      await assert.rejects(jobs.find(999_999), { code: 'not-found' })
    },
  ],
  [
    'stopping lets a job finish within the grace, and hands back one that does not',
    async (t, db) => {
      const jobs = await begin(t, db)
      const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
      const finish = Promise.withResolvers<void>()
      await jobs.work({
        quick: async () => {
          both[0].resolve()
          await finish.promise
        },
        slow: async (_payload, { signal }) => {
          both[1].resolve()
          await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
        },
      })
      const quick = await jobs.enqueue(db, 'quick', null)
      const slow = await jobs.enqueue(db, 'slow', null)
      const later = await jobs.enqueue(db, 'slow', null)
      await Promise.all(both.map(({ promise }) => promise))
      const waiter = assert.rejects(jobs.ended(slow), { code: 'unavailable', message: /goes on when it is started again/ })
      const stopped = jobs.stop({ graceSeconds: 0.3 })
      finish.resolve()
      await Promise.all([stopped, waiter])
      const next = await begin(t, db)
      assert.equal((await next.find(quick)).state, 'done')
      assert.deepEqual(await Promise.all([slow, later].map(async (id) => [(await next.find(id)).state, (await next.find(id)).attempt])), [
        ['waiting', 0],
        ['waiting', 0],
      ])
      await next.work({ slow: async () => {} })
      assert.equal((await next.ended(slow)).attempt, 1)
      assert.equal((await next.ended(later)).state, 'done')
    },
  ],
  [
    'a job that ends its process each time fails in the end, in words',
    async (t, db) => {
      const jobs = await begin(t, db, { attempts: 3 })
      const id = await jobs.enqueue(db, 'fatal', null)
      await db.updateTable('jobs').set({ state: 'waiting', attempt: 3 }).where('id', '=', id).execute()
      await jobs.work({ fatal: async () => assert.fail('it must not start again') })
      const job = await jobs.ended(id)
      assert.equal(job.state, 'failed')
      assert.match(job.error ?? '', /started 3 times and the server ended each time/)
    },
  ],
  [
    'two workers on one database never run the same job, and each hears of cancels that the other asked for',
    async (t, db) => {
      const one = await begin(t, db, { concurrency: { count: 3 } })
      const two = await begin(t, db, { concurrency: { count: 3 } })
      const runs = new Map<number, number>()
      const handlers = {
        count: async (_payload: unknown, { job }: { job: number }) => void runs.set(job, (runs.get(job) ?? 0) + 1),
      }
      const ids = await db.transaction().execute((db) => Promise.all(Array.from({ length: 30 }, (_, n) => one.enqueue(db, 'count', n))))
      const started = Promise.withResolvers<void>()
      await two.work({
        ...handlers,
        long: async (_payload, { signal }) => {
          started.resolve()
          await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
        },
      })
      await one.work(handlers)
      for (const id of ids) await one.ended(id)
      assert.deepEqual(
        [...runs.values()],
        Array.from({ length: 30 }, () => 1),
      )
      const long = await one.enqueue(db, 'long', null)
      await started.promise
      await one.cancel(long)
      assert.equal((await one.ended(long)).state, 'cancelled')
    },
  ],
  [
    'a job that another process has taken over is stopped here, and its end is not written',
    async (t, db) => {
      const jobs = await begin(t, db, { leaseSeconds: 0.3 })
      const started = Promise.withResolvers<void>()
      const stopped = Promise.withResolvers<string>()
      await jobs.work({
        long: async (_payload, { signal }) => {
          started.resolve()
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
          stopped.resolve((signal.reason as Error).message)
        },
      })
      const id = await jobs.enqueue(db, 'long', null)
      await started.promise
      await db
        .updateTable('jobs')
        .set({ worker: 'another', attempt: 2, leaseUntil: sql`now() + interval '1 hour'` })
        .execute()
      assert.match(await stopped.promise, /taken the job over/)
      await jobs.stop({ graceSeconds: 5 })
      const job = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
      assert.deepEqual([job.state, job.worker, job.attempt], ['running', 'another', 2])
    },
  ],
]

async function begin(t: T, db: Database, options: JobsOptions = {}): Promise<Jobs> {
  const jobs = await openJobs(db, { onError: (error) => assert.fail(error as Error), ...options })
  t.after(() => jobs.stop({ graceSeconds: 5 }))
  return jobs
}

async function migrateAt(config: DatabaseConfig): Promise<void> {
  const db = await openDatabase(config)
  await migrate(db)
  await db.close()
}

/** A server of its own that takes a job and never finishes it. Prints how many jobs it acknowledged, then that the first runs. */
function startProcess(config: DatabaseConfig) {
  const source = `
    import { openDatabase } from ${JSON.stringify(new URL('database.ts', import.meta.url).href)}
    import { openJobs } from ${JSON.stringify(new URL('jobs.ts', import.meta.url).href)}
    const db = await openDatabase(${JSON.stringify(config)})
    const jobs = await openJobs(db, { leaseSeconds: 2 })
    await jobs.enqueue(db, 'long', { n: 1 })
    let last
    for (let n = 2; n <= 10; n++) last = await jobs.enqueue(db, 'short', { n })
    console.log(last)
    await jobs.work({ long: async (_payload, { job }) => { console.log('running ' + job); await new Promise(() => setInterval(() => {}, 1000)) } })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const output = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>
  let rest = ''
  return {
    async line(): Promise<string> {
      while (!rest.includes('\n')) {
        const { value, done } = await output.next()
        if (done) throw new Error('The process ended by itself.')
        rest += String(value)
      }
      const [line = '', ...others] = rest.split('\n')
      rest = others.join('\n')
      return line
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL')
      await ended
    },
  }
}
