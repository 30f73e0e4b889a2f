/** A Postgres server, by DATABASE_URL. */

import pg from 'pg'
import { PostgresDialect, type Dialect } from 'kysely'
import { AppError } from '../errors.ts'
import { checkingDriver, Database, parseInteger } from './database.ts'

/** Connections of one process. A server of ours does a few short transactions at a time; Postgres allows 100 in all by default. */
const POOL_SIZE = 10
const CONNECT_TIMEOUT_MS = 10_000

/** So that both implementations give the same JavaScript values; see Database. */
const parsers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, parseInteger],
  [pg.types.builtins.NUMERIC, Number],
  [pg.types.builtins.DATE, (text: string) => text],
  [pg.types.builtins.BYTEA, (text: string) => new Uint8Array(Buffer.from(text.slice(2), 'hex'))],
])
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    (format === 'binary' ? undefined : parsers.get(oid)) ?? (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
}

export async function openServer(url: string): Promise<Database> {
  const options: pg.PoolConfig = { connectionString: url, max: POOL_SIZE, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, types }
  const pool = new pg.Pool(options)
  // An idle connection that breaks is replaced by the pool at the next query; without a listener it would end the process.
  pool.on('error', () => {})
  try {
    const { rows } = await pool.query<{ version: number }>("select current_setting('server_version_num')::int as version")
    const version = rows[0]?.version ?? 0
    if (version < 150_000)
      throw new AppError('unavailable', `The Postgres server is version ${Math.floor(version / 10_000)}; Commonweights needs 15 or newer.`)
  } catch (error) {
    await pool.end()
    if (error instanceof AppError) throw error
    throw new AppError('unavailable', `The Postgres server at ${addressOf(url)} cannot be used: ${messageOf(error)}. Check DATABASE_URL.`, {
      cause: error,
    })
  }
  return new Database((assertOutside) => {
    const inner = new PostgresDialect({ pool })
    const dialect: Dialect = {
      createAdapter: () => inner.createAdapter(),
      createDriver: () => checkingDriver(inner.createDriver(), assertOutside),
      createIntrospector: (db) => inner.createIntrospector(db),
      createQueryCompiler: () => inner.createQueryCompiler(),
    }
    return {
      kind: 'postgres',
      dialect,
      listen: (channel, notified) => listen(url, channel, notified),
      close: async () => void (pool.ended || (await pool.end())),
    }
  })
}

/** A connection of its own: a pooled one would take its subscription to the next borrower. */
async function listen(url: string, channel: string, notified: () => void): Promise<() => Promise<void>> {
  let client: pg.Client | undefined
  let retry: NodeJS.Timeout | undefined
  let stopped = false
  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true })
    next.on('notification', notified)
    next.on('error', () => {})
    next.on('end', () => {
      if (!stopped && client === next) reconnectSoon()
    })
    try {
      await next.connect()
      await next.query(`listen "${channel}"`)
    } catch (error) {
      await next.end().catch(() => {})
      throw error
    }
    if (stopped) await next.end()
    else client = next
  }
  const reconnectSoon = (): void => {
    retry = setTimeout(() => {
      // What was said meanwhile is lost: look once.
      connect().then(notified, reconnectSoon)
    }, 1000)
    retry.unref()
  }
  await connect()
  return async () => {
    stopped = true
    clearTimeout(retry)
    await client?.end()
  }
}

/** Host, port and database: a URL carries a password, and errors are shown. */
function addressOf(url: string): string {
  try {
    const { host, pathname } = new URL(url)
    return host + pathname
  } catch {
    return 'the given address'
  }
}

/** Node reports a refused connection to several addresses as an AggregateError with an empty message. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map((each) => messageOf(each)).join('; ')
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}
