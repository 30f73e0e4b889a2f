/**
 * The queue of background work: one table in the same database, so that a job exists exactly if the transaction that asked for it committed.
 *
 * A job is done at least once: a process that dies after a handler's last write but before the queue's runs it again, so handlers must be
 * able to begin again where the records say they are.
 */

import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { AppError } from '../errors.ts'
import type { Database, Db } from './database.ts'
import type { JobsTable } from './schema.ts'

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue }
export type JobId = number

export interface Job {
  readonly id: JobId
  readonly kind: string
  readonly payload: JsonValue
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  /** How often it was started. */
  readonly attempt: number
  /** For a person. Of a failed job, or of the last attempt of one that waits to be tried again. */
  readonly error: string | null
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
}

export interface JobContext {
  readonly job: JobId
  /** 1 the first time. */
  readonly attempt: number
  /** Aborted when the job is cancelled, when the process stops, and when another process has taken the job over. */
  readonly signal: AbortSignal
}

/**
 * Does one job. Returning makes it done. Throwing an AppError fails it for good with that sentence; anything else is reported to `onError`
 * and tried again. Once the signal is aborted, whatever it throws means that it stopped: a cancelled job is cancelled, one stopped by a
 * shutdown is handed back and begins again later. Its payload is what `enqueue` was given.
 */
export type JobHandler = (payload: JsonValue, context: JobContext) => Promise<void>

export interface Jobs {
  /**
   * Adds a job, in the caller's transaction if `db` is one: it exists, and is looked at within milliseconds, exactly if that commits. With a `key`, at
   * most one job with that key waits or runs; where there is one, its id is returned and nothing is added. With `runAfter` it waits at least until then.
   */
  enqueue(db: Db, kind: string, payload: JsonValue, options?: { key?: string; runAfter?: Date }): Promise<JobId>
  /** Starts to work on jobs of these kinds, oldest first, until `stop`. Returns when it has begun. Once per Jobs. */
  work(handlers: Readonly<Record<string, JobHandler>>): Promise<void>
  /** A waiting job is cancelled at once; a running one's signal is aborted, in whichever process it runs. One that has ended stays as it is. Throws `not-found`. */
  cancel(job: JobId, db?: Db): Promise<void>
  /** Throws `not-found`. */
  find(job: JobId, db?: Db): Promise<Job>
  /** The newest first; a page goes on below id `after`. Where nothing is said, 50 of every state. */
  list(filter?: {
    readonly state?: Job['state'] | undefined
    readonly after?: number | undefined
    readonly limit?: number | undefined
  }): Promise<readonly Job[]>
  /** Lets a job that failed or was cancelled wait again, with all its attempts. Throws `conflict` for any other, and where one of the same key waits or runs. */
  retry(job: JobId): Promise<void>
  /** Waits until the job has ended in one way or another. Throws `not-found`, or the signal's reason. */
  ended(job: JobId, options?: { signal?: AbortSignal }): Promise<Job>
  /** For health: how many jobs wait and run, and how long the oldest that could run has waited. */
  counts(): Promise<{ waiting: number; running: number; failed: number; oldestWaitingSeconds: number }>
  /** Takes no more jobs, gives running ones `graceSeconds` to finish, then aborts them and hands them back. Waiters of `ended` are let go with an error. */
  stop(options: { graceSeconds: number }): Promise<void>
}

export interface JobsOptions {
  /** Jobs of a kind that this process runs at once; 1 where nothing is said. */
  readonly concurrency?: Readonly<Record<string, number>>
  /** Kinds that take the whole machine: of all of them together this process runs one job at a time. */
  readonly heavy?: readonly string[]
  /** Starts a job gets before it fails for good, process deaths included: a job that exhausts memory must not do so for ever. Default 5. */
  readonly attempts?: number
  /** Before the second attempt; doubles each time. Default 1. */
  readonly retrySeconds?: number
  /** On a server, how long a process may be silent before others take over its jobs. Default 60: a process busy with a graph answers later than one would think. */
  readonly leaseSeconds?: number
  /** Told of anything unexpected that a handler or the queue itself threw. */
  readonly onError?: (error: unknown, job?: JobId) => void
}

const CHANNEL = 'commonweights_jobs'
/** Between looks when nobody notified: notifications may be lost with a connection, and a lease may have ended. One query each. */
const LOOK_SECONDS = 5
/** After its signal, before a handler that does not stop is left behind. */
const ABORT_SECONDS = 10
/** Tries to write down how a job ended, a second apart, before that is left to the lease. */
const RECORD_TRIES = 5

const columns = ['id', 'kind', 'payload', 'state', 'attempt', 'error', 'createdAt', 'startedAt', 'endedAt'] as const

/** Names of the workers that live in this process, by database: what an embedded database says is run by anybody else is run by nobody. */
const living = new WeakMap<Database, Set<string>>()

/** Opens the queue. On an embedded database, whose lock is ours, every job that a dead process ran waits again at once. */
export async function openJobs(database: Database, options: JobsOptions = {}): Promise<Jobs> {
  const jobs = new JobQueue(database, options)
  await jobs.open()
  return jobs
}

type Ending =
  | { readonly state: 'done' | 'cancelled' }
  | { readonly state: 'failed'; readonly error: string }
  | { readonly state: 'retry'; readonly error: string; readonly afterSeconds: number }
  | { readonly state: 'handed-back' }

interface Running {
  readonly kind: string
  readonly attempt: number
  readonly controller: AbortController
  readonly settled: Promise<void>
  stopped?: 'cancelled' | 'shutdown' | 'lost'
}

class JobQueue implements Jobs {
  readonly #database: Database
  readonly #options: Required<Omit<JobsOptions, 'onError'>>
  readonly #onError: NonNullable<JobsOptions['onError']>
  readonly #worker = randomUUID()
  readonly #running = new Map<JobId, Running>()
  #handlers: Readonly<Record<string, JobHandler>> = {}
  #unlisten: () => Promise<void> = async () => {}
  #loop: Promise<void> = Promise.resolve()
  #stopping = false
  #stopped: Promise<void> | undefined
  #nextWake = Promise.withResolvers<void>()
  #lastHeartbeat = 0

  constructor(database: Database, { onError = () => {}, ...options }: JobsOptions) {
    this.#database = database
    this.#options = { concurrency: {}, heavy: [], attempts: 5, retrySeconds: 1, leaseSeconds: 60, ...options }
    this.#onError = onError
  }

  async open(): Promise<void> {
    const alive = living.get(this.#database) ?? new Set()
    living.set(this.#database, alive)
    if (this.#database.kind === 'embedded') {
      const others = [...alive]
      let orphans = this.#database.updateTable('jobs').where('state', '=', 'running')
      if (others.length > 0) orphans = orphans.where('worker', 'not in', others)
      await orphans.set({ state: 'waiting', worker: null, runAfter: sql`now()` }).execute()
    }
    alive.add(this.#worker)
    this.#unlisten = await this.#database.listen(CHANNEL, () => this.#wake())
  }

  async enqueue(db: Db, kind: string, payload: JsonValue, options: { key?: string; runAfter?: Date } = {}): Promise<JobId> {
    const key = options.key ?? null
    const values = { kind, payload: JSON.stringify(payload), key, ...(options.runAfter && { runAfter: options.runAfter }) }
    for (;;) {
      const added = await db
        .insertInto('jobs')
        .values(values)
        .onConflict((conflict) =>
          conflict
            .column('key')
            .where(sql<boolean>`key is not null and state in ('waiting', 'running')`)
            .doNothing(),
        )
        .returning('id')
        .executeTakeFirst()
      if (added) {
        await notify(db)
        return added.id
      }
      const there = await db
        .selectFrom('jobs')
        .select('id')
        .where('key', '=', key)
        .where('state', 'in', ['waiting', 'running'])
        .executeTakeFirst()
      if (there) return there.id
      // It ended between the two statements: now there is room.
    }
  }

  async work(handlers: Readonly<Record<string, JobHandler>>): Promise<void> {
    if (this.#stopping || Object.keys(this.#handlers).length > 0) throw new Error('This queue works already, or has stopped.')
    this.#handlers = handlers
    this.#loop = this.#work()
  }

  async cancel(job: JobId, db: Db = this.#database): Promise<void> {
    await db
      .updateTable('jobs')
      .where('id', '=', job)
      .where('state', 'in', ['waiting', 'running'])
      .set({
        cancelAsked: true,
        state: sql`case state when 'waiting' then 'cancelled' else state end`,
        endedAt: sql`case state when 'waiting' then now() end`,
      })
      .execute()
    await this.find(job, db)
    await notify(db)
  }

  async find(job: JobId, db: Db = this.#database): Promise<Job> {
    const found = await db.selectFrom('jobs').select(columns).where('id', '=', job).executeTakeFirst()
    if (!found) throw new AppError('not-found', `There is no job ${job}.`)
    return { ...found, payload: found.payload as JsonValue }
  }

  async list({ state, after, limit = 50 }: Parameters<Jobs['list']>[0] = {}): Promise<readonly Job[]> {
    let query = this.#database.selectFrom('jobs').select(columns)
    if (state !== undefined) query = query.where('state', '=', state)
    if (after !== undefined) query = query.where('id', '<', after)
    const rows = await query.orderBy('id', 'desc').limit(limit).execute()
    return rows.map((row) => ({ ...row, payload: row.payload as JsonValue }))
  }

  async retry(job: JobId): Promise<void> {
    const { state, kind } = await this.find(job)
    const waits = {
      state: 'waiting',
      attempt: 0,
      runAfter: sql<Date>`now()`,
      error: null,
      endedAt: null,
      cancelAsked: false,
      worker: null,
    } as const
    const ended = this.#database.updateTable('jobs').where('id', '=', job).where('state', 'in', ['failed', 'cancelled'])
    const taken = sql<boolean>`not exists (select from jobs other where other.key = jobs.key and other.state in ('waiting', 'running'))`
    const { numUpdatedRows } = await ended.where(taken).set(waits).executeTakeFirst()
    if (numUpdatedRows === 0n)
      throw new AppError(
        'conflict',
        state === 'failed' || state === 'cancelled'
          ? `Another ${kind} job for the same thing waits or runs already.`
          : `Job ${job} is ${state}; only one that failed or was cancelled can be tried again.`,
      )
    await notify(this.#database)
  }

  async ended(job: JobId, options: { signal?: AbortSignal } = {}): Promise<Job> {
    const { signal } = options
    const interrupted = signal ? [aborted(signal)] : []
    for (;;) {
      const woken = this.#nextWake.promise
      signal?.throwIfAborted()
      const found = await this.find(job)
      if (found.endedAt) return found
      if (this.#stopping) throw new AppError('unavailable', `The server is stopping; job ${job} goes on when it is started again.`)
      await raceWithTimer([woken, ...interrupted], LOOK_SECONDS)
    }
  }

  async counts(): Promise<{ waiting: number; running: number; failed: number; oldestWaitingSeconds: number }> {
    const states = await this.#database
      .selectFrom('jobs')
      .select(['state', (eb) => eb.fn.countAll<number>().as('jobs')])
      // Those that are done are kept for a while, and are many.
      .where('state', 'in', ['waiting', 'running', 'failed'])
      .groupBy('state')
      .execute()
    const oldest = await this.#database
      .selectFrom('jobs')
      .select(sql<number>`coalesce(extract(epoch from now() - min(run_after)), 0)::float8`.as('seconds'))
      .where('state', '=', 'waiting')
      .executeTakeFirst()
    const count = (state: Job['state']): number => states.find((row) => row.state === state)?.jobs ?? 0
    return {
      waiting: count('waiting'),
      running: count('running'),
      failed: count('failed'),
      oldestWaitingSeconds: Math.max(0, oldest?.seconds ?? 0),
    }
  }

  stop({ graceSeconds }: { graceSeconds: number }): Promise<void> {
    this.#stopped ??= this.#stop(graceSeconds)
    return this.#stopped
  }

  async #stop(graceSeconds: number): Promise<void> {
    this.#stopping = true
    this.#wake()
    await this.#loop
    const settled = (): Promise<unknown> => Promise.all([...this.#running.values()].map((running) => running.settled))
    const keepLease = setInterval(() => void this.#heartbeat().catch(this.#onError), (this.#options.leaseSeconds * 1000) / 3)
    await raceWithTimer([settled()], graceSeconds)
    for (const running of this.#running.values()) stopRunning(running, 'shutdown')
    await raceWithTimer([settled()], ABORT_SECONDS)
    clearInterval(keepLease)
    // A handler that ignored its signal: hand its job back all the same; what it still writes, it writes alone.
    for (const [id, running] of this.#running) await this.#record(id, running, { state: 'handed-back' }).catch(this.#onError)
    await this.#unlisten()
    living.get(this.#database)?.delete(this.#worker)
  }

  #wake(): void {
    const waiting = this.#nextWake
    this.#nextWake = Promise.withResolvers()
    waiting.resolve()
  }

  async #work(): Promise<void> {
    while (!this.#stopping) {
      const woken = this.#nextWake.promise
      let seconds = LOOK_SECONDS
      try {
        await this.#heartbeat()
        while (!this.#stopping && (await this.#claim()));
        seconds = Math.min(LOOK_SECONDS, this.#options.leaseSeconds / 3, await this.#secondsToNext())
      } catch (error) {
        this.#onError(error)
      }
      if (!this.#stopping) await raceWithTimer([woken], seconds)
    }
  }

  /** Says that this process lives, and learns which of its jobs were cancelled or taken over. */
  async #heartbeat(): Promise<void> {
    const ids = [...this.#running.keys()]
    if (ids.length === 0) return
    const ours = await this.#database
      .selectFrom('jobs')
      .select(['id', 'cancelAsked', 'attempt'])
      .where('id', 'in', ids)
      .where('worker', '=', this.#worker)
      .where('state', '=', 'running')
      .execute()
    for (const [id, running] of this.#running) {
      const row = ours.find((each) => each.id === id && each.attempt === running.attempt)
      if (ids.includes(id) && !row) stopRunning(running, 'lost')
      else if (row?.cancelAsked) stopRunning(running, 'cancelled')
    }
    if (this.#database.kind === 'embedded' || performance.now() - this.#lastHeartbeat < (this.#options.leaseSeconds * 1000) / 4) return
    await this.#database
      .updateTable('jobs')
      .set({ leaseUntil: this.#lease() })
      .where('id', 'in', ids)
      .where('worker', '=', this.#worker)
      .where('state', '=', 'running')
      .execute()
    this.#lastHeartbeat = performance.now()
  }

  #lease() {
    return this.#database.kind === 'embedded' ? null : sql<Date>`now() + make_interval(secs => ${this.#options.leaseSeconds})`
  }

  /** Kinds of which this process has room for one more. */
  #freeKinds(): string[] {
    const running = [...this.#running.values()].map(({ kind }) => kind)
    const { concurrency, heavy } = this.#options
    const heavyRuns = running.some((kind) => heavy.includes(kind))
    return Object.keys(this.#handlers).filter(
      (kind) => running.filter((each) => each === kind).length < (concurrency[kind] ?? 1) && !(heavyRuns && heavy.includes(kind)),
    )
  }

  /** Takes the oldest job that may run, and starts it. False where there is none. */
  async #claim(): Promise<boolean> {
    const kinds = this.#freeKinds()
    if (kinds.length === 0) return false
    const job = await this.#database.transaction().execute(async (db) => {
      const next = await db
        .selectFrom('jobs')
        .select(['id', 'attempt', 'cancelAsked'])
        .where('kind', 'in', kinds)
        .where((eb) =>
          eb.or([
            eb('state', '=', 'waiting').and('runAfter', '<=', sql<Date>`now()`),
            eb('state', '=', 'running').and('leaseUntil', '<', sql<Date>`now()`),
          ]),
        )
        .orderBy('id')
        .limit(1)
        .forUpdate()
        .skipLocked()
        .executeTakeFirst()
      if (!next) return undefined
      const row = db.updateTable('jobs').where('id', '=', next.id).returning(columns)
      if (next.cancelAsked) return row.set({ state: 'cancelled', endedAt: sql`now()` }).executeTakeFirstOrThrow()
      if (next.attempt >= this.#options.attempts) {
        const error = `The job was started ${next.attempt} times and the server ended each time before it did. The operator's log may say why; ask for it again after that is mended.`
        return row.set({ state: 'failed', error, endedAt: sql`now()` }).executeTakeFirstOrThrow()
      }
      return row
        .set({ state: 'running', worker: this.#worker, attempt: next.attempt + 1, leaseUntil: this.#lease(), startedAt: sql`now()` })
        .executeTakeFirstOrThrow()
    })
    if (job?.state === 'running') this.#start(job)
    else if (job) await notify(this.#database)
    return job !== undefined
  }

  #start(job: Pick<Job, 'id' | 'kind' | 'attempt'> & { readonly payload: unknown }): void {
    const handler = this.#handlers[job.kind]
    if (!handler) throw new Error(`No handler for ${job.kind}.`)
    const controller = new AbortController()
    const { promise: settled, resolve } = Promise.withResolvers<void>()
    const running: Running = { kind: job.kind, attempt: job.attempt, controller, settled }
    this.#running.set(job.id, running)
    const work = async (): Promise<void> => {
      const ending = await this.#run(handler, job, running)
      try {
        if (ending) await this.#record(job.id, running, ending)
      } catch (error) {
        this.#onError(error, job.id)
      } finally {
        this.#running.delete(job.id)
        resolve()
        this.#wake()
      }
    }
    void work()
  }

  /** Runs the handler and says what became of the job; nothing where it is no longer ours. */
  async #run(
    handler: JobHandler,
    job: Pick<Job, 'id' | 'attempt'> & { readonly payload: unknown },
    running: Running,
  ): Promise<Ending | undefined> {
    try {
      await handler(job.payload as JsonValue, { job: job.id, attempt: job.attempt, signal: running.controller.signal })
      return { state: 'done' }
    } catch (error) {
      if (running.stopped === 'lost') return undefined
      if (running.stopped === 'cancelled') return { state: 'cancelled' }
      if (running.stopped === 'shutdown') return { state: 'handed-back' }
      if (error instanceof AppError) return { state: 'failed', error: error.message }
      this.#onError(error, job.id)
      const { attempts, retrySeconds } = this.#options
      const sentence = `Something unexpected happened in attempt ${job.attempt} of job ${job.id}; the operator's log has the details.`
      return job.attempt >= attempts
        ? { state: 'failed', error: sentence }
        : { state: 'retry', error: sentence, afterSeconds: retrySeconds * 2 ** (job.attempt - 1) }
    }
  }

  async #record(id: JobId, running: Running, ending: Ending): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#database
          .updateTable('jobs')
          .set(columnsOf(ending))
          .where('id', '=', id)
          .where('worker', '=', this.#worker)
          .where('attempt', '=', running.attempt)
          .where('state', '=', 'running')
          .execute()
        return await notify(this.#database)
      } catch (error) {
        if (tries === RECORD_TRIES) throw error
        await raceWithTimer([], 1)
      }
    }
  }

  async #secondsToNext(): Promise<number> {
    const kinds = this.#freeKinds()
    if (kinds.length === 0) return LOOK_SECONDS
    const row = await this.#database
      .selectFrom('jobs')
      .select(sql<number | null>`extract(epoch from min(run_after) - now())::float8`.as('seconds'))
      .where('state', '=', 'waiting')
      .where('kind', 'in', kinds)
      .executeTakeFirst()
    return Math.max(0, row?.seconds ?? LOOK_SECONDS)
  }
}

function columnsOf(ending: Ending) {
  const now = sql<Date>`now()`
  switch (ending.state) {
    case 'done':
    case 'cancelled':
      return { state: ending.state, error: null, endedAt: now }
    case 'failed':
      return { state: ending.state, error: ending.error, endedAt: now }
    case 'retry':
      return { state: 'waiting' as const, error: ending.error, runAfter: sql<Date>`now() + make_interval(secs => ${ending.afterSeconds})` }
    case 'handed-back':
      // A start that a shutdown ended is not the job's fault.
      return { state: 'waiting' as const, attempt: sql<JobsTable['attempt']['__select__']>`attempt - 1`, runAfter: now }
    default:
      return ending satisfies never
  }
}

function stopRunning(running: Running, why: NonNullable<Running['stopped']>): void {
  if (running.stopped) return
  running.stopped = why
  const sentences = {
    cancelled: 'The job was cancelled.',
    shutdown: 'The server is stopping; the job goes on when it is started again.',
    lost: 'Another server has taken the job over.',
  }
  running.controller.abort(new AppError('conflict', sentences[why]))
}

async function notify(db: Db): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, '')`.execute(db)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** Until one of the promises is settled or the time is over; leaves no timer behind. */
async function raceWithTimer(promises: readonly Promise<unknown>[], seconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise((resolve) => (timer = setTimeout(resolve, seconds * 1000)))
  try {
    await Promise.race([...promises, timeout])
  } finally {
    clearTimeout(timer)
  }
}
