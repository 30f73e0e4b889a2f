/** Contract: one Postgres dialect, embedded (PGlite in a folder) or a server. Every implementation runs database.conformance.ts. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { CamelCasePlugin, Kysely, type Dialect, type Driver, type Transaction, type TransactionBuilder } from 'kysely'
import type { Schema } from './schema.ts'

export type DatabaseConfig =
  | { readonly kind: 'embedded'; /** Made on first use. One process at a time. */ readonly folder: string }
  | { readonly kind: 'postgres'; /** postgres://user:password@host:port/database, Postgres 15 or newer. */ readonly url: string }

/** What helpers take: the database, or the transaction that the public function opened. */
export type Db = Kysely<Schema>

/** What the two implementations add to a Kysely dialect. */
export interface Connector {
  readonly kind: DatabaseConfig['kind']
  readonly dialect: Dialect
  /** See Database.listen. */
  listen(channel: string, notified: () => void): Promise<() => Promise<void>>
  /** Waits for running queries and lets go of everything. Called once. */
  close(): Promise<void>
}

/** The async contexts that are inside a transaction callback, and of which database. */
const openTransactions = new AsyncLocalStorage<Database>()

/**
 * The database. Values come back alike from both implementations: bigint and numeric as number (a bigint beyond 2^53 as BigInt, so that it
 * cannot lose digits silently), timestamptz as Date, date as 'YYYY-MM-DD', bytea as Uint8Array, json and jsonb parsed. Column names are
 * camelCase here and snake_case in SQL; keys inside json are left alone. jsonb is written as text: `JSON.stringify(value)`.
 *
 * When a commit returns, it is on disk: kill -9 and power loss keep it.
 *
 * Inside `db.transaction().execute(async (db) => …)` use the callback's `db`. A query on the outer handle would wait for the transaction
 * that waits for it (embedded) or silently escape it (server), so it throws, on both.
 */
export class Database extends Kysely<Schema> {
  readonly kind: DatabaseConfig['kind']
  readonly #connector: Connector
  #closed: Promise<void> | undefined

  constructor(connect: (assertOutside: () => void) => Connector) {
    // `this` does not exist before super(), and the connector wants the check; hence the box.
    const box: { database?: Database } = {}
    const connector = connect(() => {
      if (box.database && openTransactions.getStore() === box.database)
        throw new Error(
          'A query on the outer database handle inside a transaction: use the db that the transaction passes to its callback.',
        )
    })
    super({ dialect: connector.dialect, plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })] })
    box.database = this
    this.kind = connector.kind
    this.#connector = connector
  }

  override transaction(): TransactionBuilder<Schema> {
    return guarded(super.transaction(), this)
  }

  /**
   * Calls back after another transaction (of this or another process) that ran `notify` on the channel has committed; several may be
   * told as one. A lost connection may lose notifications: whoever listens must also look by itself now and then.
   * @returns a function that stops listening
   */
  listen(channel: string, notified: () => void): Promise<() => Promise<void>> {
    return openTransactions.exit(() => this.#connector.listen(channel, notified))
  }

  /** Waits for running queries and lets go of everything, the folder's lock included. Closing twice is no error. */
  close(): Promise<void> {
    return this.destroy()
  }

  /** Kysely's own does nothing where no query was made, and would leave the folder locked. */
  override destroy(): Promise<void> {
    this.#closed ??= super.destroy().then(() => this.#connector.close())
    return this.#closed
  }
}

/** The builder, with its callback run inside `openTransactions`. */
function guarded(builder: TransactionBuilder<Schema>, database: Database): TransactionBuilder<Schema> {
  return new Proxy(builder, {
    get(target, name) {
      if (name === 'execute')
        return <T>(callback: (db: Transaction<Schema>) => Promise<T>) =>
          target.execute((db) => openTransactions.run(database, () => callback(db)))
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...values: unknown[]) => guarded(member.apply(target, values) as TransactionBuilder<Schema>, database)
    },
  })
}

/** Makes a driver check, before it hands out a connection, that the caller is not inside a transaction of the same database. */
export function checkingDriver(driver: Driver, assertOutside: () => void): Driver {
  const acquire = driver.acquireConnection.bind(driver)
  driver.acquireConnection = async (...values) => {
    assertOutside()
    return acquire(...values)
  }
  return driver
}

/** Opens the database; does not migrate (see migrations/index.ts). Throws `conflict` where another process holds the folder, `unavailable` where the server cannot be reached. */
export async function openDatabase(config: DatabaseConfig): Promise<Database> {
  // Loaded when needed: an embedded server never loads pg, a Postgres one never loads 15 MB of WebAssembly.
  switch (config.kind) {
    case 'embedded':
      return (await import('./pglite.ts')).openFolder(config.folder)
    case 'postgres':
      return (await import('./postgres.ts')).openServer(config.url)
    default:
      return config satisfies never
  }
}

/** A bigint or numeric of the wire as a number; a bigint too large for that as BigInt. */
export function parseInteger(text: string): number | bigint {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}
