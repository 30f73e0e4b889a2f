/** The embedded database: Postgres compiled to WebAssembly (PGlite), in a folder that is fsynced and locked, or in memory for tests. */

import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PGlite, types, type PGliteOptions } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import {
  CompiledQuery,
  createQueryId,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  RawNode,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import { AppError } from '../errors.ts'
import { Database, parseInteger } from './database.ts'
import { lockFolder, type FolderLock } from './folder-lock.ts'

/** Postgres's default is 128 MB, taken from this process; 16 MB measured no slower here and takes the process from 310 to 180 MB. */
const SHARED_BUFFERS = '16MB'

/** PGlite's own parameters start with -F (no fsync at all); the folder's go without it. */
const inMemoryParameters = [...PGlite.defaultStartParams, '-c', `shared_buffers=${SHARED_BUFFERS}`]
const durableParameters = [...inMemoryParameters.filter((parameter) => parameter !== '-F'), '-c', 'fsync=on', '-c', 'wal_sync_method=fsync']

/** So that both implementations give the same JavaScript values; see Database. */
const parsers = {
  [types.INT8]: parseInteger,
  [types.NUMERIC]: Number,
  [types.DATE]: (text: string) => text,
  // PGlite's own turn each byte into a string of its own: 20 seconds of CPU for the 32 MB of a dataset's digests, where these take a moment.
  [types.BYTEA]: (text: string) => new Uint8Array(Buffer.from(text.slice(2), 'hex')),
}
const serializers = {
  [types.BYTEA]: (bytes: unknown) => {
    if (bytes instanceof Uint8Array) return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`
    throw new TypeError('A bytea parameter must be a Uint8Array.')
  },
}

interface NodeFsStream {
  readonly nfd?: number
  readonly node: unknown
}
interface NodeFsModule {
  stream_ops: { fsync?: (stream: NodeFsStream) => number }
  realPath(node: unknown): string
}

/** errno of a failed disk in Emscripten's numbering: Postgres then stops rather than believe it wrote. */
const EIO = 29

/** NodeFS leaves fsync out, so that Postgres's own fsyncs do nothing (PGlite issue 1107). This one hands them to the operating system. */
class DurableNodeFS extends NodeFS {
  override async init(...values: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const initialised = await super.init(...values)
    initialised.emscriptenOpts.preRun = [
      ...(initialised.emscriptenOpts.preRun ?? []),
      (module: { NODEFS: unknown }) => {
        const nodefs = module.NODEFS as NodeFsModule
        nodefs.stream_ops.fsync = (stream) => fsyncStream(nodefs, stream)
      },
    ]
    return initialised
  }
}

function fsyncStream(nodefs: NodeFsModule, stream: NodeFsStream): number {
  try {
    if (stream.nfd !== undefined) fsyncSync(stream.nfd)
    else if (process.platform !== 'win32') fsyncPath(nodefs.realPath(stream.node)) // a folder; Windows has no fsync for those
    return 0
  } catch {
    return EIO
  }
}

function fsyncPath(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Opens, or makes, the database in `folder`. @param template a dump of a data folder to start a new one from instead of initdb. */
export async function openFolder(folder: string, template?: Blob): Promise<Database> {
  const path = resolve(folder)
  const lock = lockFolder(path)
  try {
    const data = join(path, 'data')
    if (!existsSync(data)) await makeData(path, data, template)
    const pglite = await PGlite.create({ fs: new DurableNodeFS(data), startParams: durableParameters, parsers, serializers })
    return databaseOver(pglite, lock)
  } catch (error) {
    lock.release()
    if (error instanceof AppError) throw error
    throw new AppError(
      'unavailable',
      `The database in ${path} cannot be opened: ${sentence(error)}. Restore the folder from a copy, or name another with --home.`,
      {
        cause: error,
      },
    )
  }
}

/** Opens a database that lives and dies with this process. Not durable: for tests. */
export async function openInMemory(template?: Blob): Promise<Database> {
  return databaseOver(await PGlite.create({ startParams: inMemoryParameters, parsers, serializers, ...loading(template) }))
}

/** What `openFolder` and `openInMemory` start from. The database must be one of theirs. */
export async function dumpOf(database: Database): Promise<Blob> {
  const pglite = opened.get(database)
  if (!pglite) throw new Error('Only an embedded database can be dumped.')
  return pglite.dumpDataDir('none')
}

const opened = new WeakMap<Database, PGlite>()

/** Makes the data beside its place and moves it there whole: a process killed on the way leaves nothing that could be taken for a database. */
async function makeData(path: string, data: string, template: Blob | undefined): Promise<void> {
  const unfinished = join(path, 'data.unfinished')
  rmSync(unfinished, { recursive: true, force: true })
  const pglite = await PGlite.create({ fs: new DurableNodeFS(unfinished), startParams: durableParameters, ...loading(template) })
  await pglite.close()
  renameSync(unfinished, data)
  if (process.platform !== 'win32') fsyncPath(path)
}

function loading(template: Blob | undefined): PGliteOptions {
  return template ? { loadDataDir: template } : {}
}

function sentence(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}

function databaseOver(pglite: PGlite, lock?: FolderLock): Database {
  const database = new Database((assertOutside) => {
    const driver = new EmbeddedDriver(pglite, lock, assertOutside)
    const dialect: Dialect = {
      createAdapter: () => new EmbeddedAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    }
    return { kind: 'embedded', dialect, listen: (channel, notified) => driver.listen(channel, notified), close: () => driver.close() }
  })
  opened.set(database, pglite)
  return database
}

class EmbeddedAdapter extends PostgresAdapter {
  /** The driver queues callers itself, so that it can check them first. */
  override get supportsMultipleConnections(): boolean {
    return true
  }
  // The folder has one process and one connection: nobody else can migrate.
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

/**
 * One connection, handed to one caller at a time in order of asking. Kysely's own PGlite driver does the same, but queues before a driver can
 * look at the caller (a query inside a transaction would wait for ever), never returns when BEGIN fails, and ignores the isolation level.
 */
class EmbeddedDriver implements Driver {
  readonly #pglite: PGlite
  readonly #lock: FolderLock | undefined
  readonly #assertOutside: () => void
  readonly #connection: DatabaseConnection
  #last: Promise<void> = Promise.resolve()
  #release: () => void = () => {}

  constructor(pglite: PGlite, lock: FolderLock | undefined, assertOutside: () => void) {
    this.#pglite = pglite
    this.#lock = lock
    this.#assertOutside = assertOutside
    this.#connection = {
      executeQuery: (query) => this.#execute(query),
      streamQuery: () => {
        throw new Error('The embedded database does not stream rows; read in pages.')
      },
    }
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    this.#assertOutside()
    const turn = this.#last
    const { promise, resolve: done } = Promise.withResolvers<void>()
    this.#last = promise
    await turn
    this.#release = done
    return this.#connection
  }

  async releaseConnection(): Promise<void> {
    this.#release()
  }

  async beginTransaction(_connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const isolation = settings.isolationLevel ? ` isolation level ${settings.isolationLevel}` : ''
    const access = settings.accessMode ? ` ${settings.accessMode}` : ''
    await this.#pglite.query(`start transaction${isolation}${access}`)
  }

  async commitTransaction(): Promise<void> {
    const { command } = await this.#pglite.query('commit')
    if (command === 'ROLLBACK') throw new Error('The transaction was rolled back: one of its queries had failed.')
  }

  async rollbackTransaction(): Promise<void> {
    await this.#pglite.query('rollback')
  }

  async savepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await connection.executeQuery(raw(`savepoint "${name}"`))
  }

  async rollbackToSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await connection.executeQuery(raw(`rollback to savepoint "${name}"`))
  }

  async releaseSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await connection.executeQuery(raw(`release savepoint "${name}"`))
  }

  async listen(channel: string, notified: () => void): Promise<() => Promise<void>> {
    await this.#alone(() => this.#pglite.query(`listen "${channel}"`))
    const stop = this.#pglite.onNotification((name) => {
      if (name === channel) notified()
    })
    return async () => stop()
  }

  /** The connection outlives Kysely's view of it: see close. */
  async destroy(): Promise<void> {}

  async close(): Promise<void> {
    await this.#alone(async () => {
      if (!this.#pglite.closed) await this.#pglite.close()
    })
    this.#lock?.release()
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    await this.acquireConnection()
    try {
      return await work()
    } finally {
      await this.releaseConnection()
    }
  }

  async #execute<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, affectedRows } = await this.#pglite.query<R>(query.sql, [...query.parameters])
    return { rows, ...(affectedRows === undefined ? {} : { numAffectedRows: BigInt(affectedRows) }) }
  }
}

function raw(sql: string): CompiledQuery {
  return { ...CompiledQuery.raw(sql), query: RawNode.createWithSql(sql), queryId: createQueryId() }
}
