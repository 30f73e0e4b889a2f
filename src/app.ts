/** Composition root: Config → App. The one file that names implementations. */

import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { pino, type Logger } from 'pino'
import type { Config } from './config.ts'
import { heavyJobs, jobHandlers } from './domain/job-handlers.ts'
import { indexWhereBehind } from './domain/datasets/index-examples.ts'
import { startHousekeeping } from './domain/housekeeping.ts'
import { startDepartures } from './domain/release-train/departures-clock.ts'
import { llamaCppEngine } from './engines/llama-cpp.ts'
import { AppError } from './errors.ts'
import { createHttp, type HttpApp } from './http/server.ts'
import { openDatabase } from './storage/database.ts'
import { writeBackup, type KeptFile } from './storage/backup.ts'
import { openFiles } from './storage/files.ts'
import { restoreBackup, type Restored } from './storage/restore.ts'
import { openJobs } from './storage/jobs.ts'
import { migrate as migrateDatabase } from './storage/migrations/index.ts'
import { localTrainer } from './trainers/local/local-trainer.ts'

export interface App extends HttpApp {
  readonly http: Hono
  /** Begins to work on the queue. */
  start(): Promise<void>
  /** Takes the configured port. Throws `conflict` where it is in use. */
  listen(): Promise<Listening>
  close(): Promise<void>
}

export interface Listening {
  readonly url: string
  /** Takes no new connections and lets requests that run end, for so long. */
  close(graceSeconds: number): Promise<void>
}

/** How long running jobs get to end by themselves when the app closes; they go on from their last checkpoint anyway. */
const JOB_GRACE_SECONDS = 5

/**
 * Opens everything, database first: its lock says whether this data folder is ours. Throws `conflict` where another process holds it.
 * @param pages false where nobody looks: a command that asks the API in its own process
 */
export async function openApp(config: Config, { pages = true }: { readonly pages?: boolean } = {}): Promise<App> {
  await makeHome(config.home)
  const log = openLog(config)
  await using opened = new AsyncDisposableStack()
  const db = opened.adopt(await openDatabase(config.database), (it) => it.close())
  await migrateDatabase(db)
  const blobs = await openFiles(config.blobs)
  const jobs = opened.adopt(
    await openJobs(db, { heavy: heavyJobs, onError: (err, job) => log.error({ err, job }, 'a job failed with a bug') }),
    (it) => it.stop({ graceSeconds: JOB_GRACE_SECONDS }),
  )
  const engine = opened.adopt(llamaCppEngine({ blobs, threads: config.threads }), (it) => it.close())
  const parts = {
    db,
    blobs,
    jobs,
    engine,
    log,
    trainer: localTrainer({ threads: config.threads, portable: config.portableTraining }),
    workFolder: join(config.home, 'work'),
    ...(config.memoryBudget !== null && { trainingMemory: config.memoryBudget }),
    automaticPreviews: config.automaticPreviews,
    hub: config.hub,
    openCommunities: config.openCommunities,
    signUp: config.signUp,
    provider: config.provider,
    publicOrigin: config.publicOrigin,
    proxies: config.proxies,
    operatorKey: await operatorKey(config.home),
    version: packageVersion(),
  }
  const all: typeof parts & { backup: (signal?: AbortSignal) => AsyncIterable<Uint8Array> } = {
    ...parts,
    backup: (signal) => writeBackup({ ...parts, keyFiles: () => keyFiles(config.home) }, signal),
  }
  const http = createHttp(all, pages ? (await import('./web/pages.ts')).createPages(all) : null)
  const stack = opened.move()
  return {
    ...all,
    http,
    start: async () => {
      await startDepartures(parts)
      await indexWhereBehind(parts)
      await startHousekeeping(parts)
      await jobs.work(jobHandlers(parts))
    },
    listen: () => listen(http, config),
    close: () => stack.disposeAsync(),
  }
}

/** Brings the database to the current shape; returns what was applied. */
export async function migrate(config: Config): Promise<string[]> {
  await makeHome(config.home)
  const db = await openDatabase(config.database)
  try {
    return await migrateDatabase(db)
  } finally {
    await db.close()
  }
}

/** Puts a backup into an empty data folder or database. Throws `conflict` where there is something already. */
export async function restore(config: Config, bytes: AsyncIterable<Uint8Array>): Promise<Restored> {
  await makeHome(config.home)
  const db = await openDatabase(config.database)
  try {
    const restored = await restoreBackup({ db, blobs: await openFiles(config.blobs) }, bytes)
    for (const { name, bytes } of restored.keys) {
      if (!keyFile.test(name))
        throw new AppError('invalid', `The backup holds a key called ${JSON.stringify(name.slice(0, 60))}, which no instance has.`)
      await writeFile(join(config.home, name), bytes, { mode: 0o600 })
    }
    return restored
  } finally {
    await db.close()
  }
}

const keyFile = /^[a-z-]+\.key$/

/** What the data folder holds besides the database and the blobs, and cannot be made again. */
async function keyFiles(home: string): Promise<readonly KeptFile[]> {
  const names = (await readdir(home)).filter((name) => keyFile.test(name)).sort()
  return Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(home, name)) })))
}

async function makeHome(home: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new AppError('unavailable', `The data folder ${home} cannot be made: ${(cause as Error).message}. Name another with --home.`, {
      cause,
    })
  })
}

/** To stderr: stdout is for results. Requests are not logged with what they carry. */
function openLog({ logLevel }: Config): Logger {
  return pino({ level: logLevel, redact: ['req.headers', '*.token', '*.authorization'] }, pino.destination({ fd: 2, sync: true }))
}

/** Known to whoever can read the data folder, who is the operator. */
async function operatorKey(home: string): Promise<string> {
  const file = join(home, 'operator.key')
  const made = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return null
    throw error
  })
  if (made === null) return (await readFile(file, 'utf8')).trim()
  const key = randomBytes(32).toString('base64url')
  await made.writeFile(`${key}\n`)
  await made.sync()
  await made.close()
  return key
}

async function listen(http: Hono, { host, port }: Config): Promise<Listening> {
  const answer = getRequestListener(http.fetch, { hostname: host })
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen(port, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const name = host.includes(':') ? `[${host}]` : host
  return { url: `http://${name}:${address.port}`, close: (graceSeconds) => closeServer(server, graceSeconds) }
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): AppError {
  const sentence =
    error.code === 'EADDRINUSE'
      ? `Port ${port} on ${host} is in use by another program; choose another with --port, or 0 for any free one.`
      : error.code === 'EACCES'
        ? `Port ${port} on ${host} is not allowed to you; choose one above 1023 with --port.`
        : `${host}:${port} cannot be listened on (${error.code}); choose another --host or --port.`
  return new AppError('conflict', sentence, { cause: error })
}

async function closeServer(server: Server, graceSeconds: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const patience = setTimeout(() => server.closeAllConnections(), graceSeconds * 1000)
  await closed
  clearTimeout(patience)
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version
}
