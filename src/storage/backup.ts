/**
 * A backup: everything an instance knows in one tar file, taken while it runs and checked byte by byte when it is restored.
 *
 *   backup.json                what made it, when, and at which migrations
 *   keys/<name>                key files of the data folder
 *   blobs/<64 digits>          every blob, by digest
 *   tables/<table>/<n>.jsonl   rows as JSON lists of texts, in pieces of a few megabytes
 *   manifest.json              digest and size of every entry before it
 *
 * The tables are read in one repeatable-read transaction: they are those of one moment. Values are written as Postgres prints them and read as it reads
 * them, which is exact for every type and the same embedded and on a server, so that a backup of one restores into the other. Blobs never change and are
 * copied after the tables were read: whatever the tables name is there. The rows lie in a file meanwhile, so that a slow reader holds nobody up.
 */

import { createHash, randomUUID, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { tarEnd, tarFile } from '../formats/tar.ts'
import type { Blobs, Digest } from './blobs.ts'
import type { Database, Db } from './database.ts'
import { appliedMigrations } from './migrations/index.ts'

export const backupFormat = 1

export interface BackupHead {
  readonly format: number
  /** Of the program. */
  readonly version: string
  readonly createdAt: string
  /** Names, in order. */
  readonly migrations: readonly string[]
}

export interface BackupManifest {
  readonly entries: Readonly<Record<string, { readonly size: number; readonly digest: Digest }>>
  readonly tables: Readonly<Record<string, { readonly columns: readonly string[]; readonly rows: number }>>
  /** Last values of the sequences that ids come from, as texts; null: none was given yet. */
  readonly sequences: Readonly<Record<string, string | null>>
}

export interface KeptFile {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface BackupApp {
  readonly db: Database
  readonly blobs: Blobs
  readonly version: string
  /** Where the rows lie while the backup is written. */
  readonly workFolder: string
  /** Keys of the data folder. */
  readonly keyFiles: () => Promise<readonly KeptFile[]>
}

/** Bytes of rows in one piece, nearly. */
const pieceBytes = 4 * 1024 * 1024
const mostRows = 20_000

/** The bytes of the backup as they are written. Throws `unavailable` where a blob is damaged: what cannot be restored is no backup. */
export async function* writeBackup(app: BackupApp, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  await mkdir(app.workFolder, { recursive: true, mode: 0o700 })
  const spool = join(app.workFolder, `backup.${process.pid}.${randomUUID()}`)
  try {
    const entries: Record<string, { size: number; digest: Digest }> = {}
    const { tables, sequences } = await spoolTables(app.db, spool, entries, signal)
    const head: BackupHead = {
      format: backupFormat,
      version: app.version,
      createdAt: new Date().toISOString(),
      migrations: await appliedMigrations(app.db),
    }
    yield* file('backup.json', json(head), entries)
    for (const { name, bytes } of await app.keyFiles()) yield* file(`keys/${name}`, bytes, entries)
    for await (const { digest, size } of app.blobs.list()) {
      signal?.throwIfAborted()
      const name = `blobs/${digest.slice('sha256:'.length)}`
      const { header, padding } = tarFile(name, size)
      yield header
      yield* app.blobs.read(digest)
      yield padding
      entries[name] = { size, digest }
    }
    yield* createReadStream(spool) as AsyncIterable<Buffer>
    const manifest: BackupManifest = { entries, tables, sequences }
    yield* file('manifest.json', json(manifest), {})
    yield tarEnd
  } finally {
    await rm(spool, { force: true })
  }
}

const json = (value: unknown) => Buffer.from(`${JSON.stringify(value, null, 1)}\n`)

function* file(name: string, bytes: Uint8Array, entries: Record<string, { size: number; digest: Digest }>): Iterable<Uint8Array> {
  const { header, padding } = tarFile(name, bytes.length)
  entries[name] = { size: bytes.length, digest: digestOf(createHash('sha256').update(bytes)) }
  yield header
  yield bytes
  yield padding
}

export const digestOf = (hash: Hash): Digest => `sha256:${hash.digest('hex')}`

/** Every table as it is at one moment, as entries of the archive. */
async function spoolTables(
  db: Database,
  spool: string,
  entries: Record<string, { size: number; digest: Digest }>,
  signal: AbortSignal | undefined,
): Promise<Pick<BackupManifest, 'tables' | 'sequences'>> {
  const out = await open(spool, 'wx', 0o600)
  try {
    return await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (db) => {
        await exactTexts(db)
        const tables: Record<string, { columns: string[]; rows: number }> = {}
        for (const { table, columns } of await tablesOf(db)) {
          let rows = 0
          let piece = 0
          for await (const lines of linesOf(db, table, columns)) {
            signal?.throwIfAborted()
            rows += lines.length
            await append(out, `tables/${table}/${String(++piece).padStart(6, '0')}.jsonl`, Buffer.from(`${lines.join('\n')}\n`), entries)
          }
          tables[table] = { columns, rows }
        }
        return { tables, sequences: await sequencesOf(db) }
      })
  } finally {
    await out.close()
  }
}

async function append(
  out: FileHandle,
  name: string,
  bytes: Uint8Array,
  entries: Record<string, { size: number; digest: Digest }>,
): Promise<void> {
  for (const part of file(name, bytes, entries)) if (part.length > 0) await out.writeFile(part)
}

/** However the server is set: the same texts everywhere, from which the same values come back. */
export async function exactTexts(db: Db): Promise<void> {
  for (const [setting, value] of Object.entries({
    datestyle: 'ISO',
    timezone: 'UTC',
    bytea_output: 'hex',
    extra_float_digits: '1',
    intervalstyle: 'postgres',
  }))
    await sql`select set_config(${setting}, ${value}, true)`.execute(db)
}

/** Ours, without the notes of the migrator, which a restore makes itself. */
export async function tablesOf(db: Db): Promise<readonly { table: string; columns: string[]; types: string[] }[]> {
  const { rows } = await sql<{ table: string; column: string; type: string }>`
    select tables.relname as "table", columns.attname as "column", format_type(columns.atttypid, columns.atttypmod) as type
    from pg_class tables join pg_attribute columns on columns.attrelid = tables.oid
    where tables.relnamespace = 'public'::regnamespace and tables.relkind = 'r' and tables.relname not like 'kysely\\_%'
      and columns.attnum > 0 and not columns.attisdropped and columns.attgenerated = ''
    order by tables.relname collate "C", columns.attnum`.execute(db)
  const found = new Map<string, { table: string; columns: string[]; types: string[] }>()
  for (const { table, column, type } of rows) {
    const entry = found.get(table) ?? { table, columns: [], types: [] }
    entry.columns.push(column)
    entry.types.push(type)
    found.set(table, entry)
  }
  return [...found.values()]
}

/** Rows as lines, some megabytes of them at a time, however large a row is. */
async function* linesOf(db: Db, table: string, columns: readonly string[]): AsyncIterable<string[]> {
  const values = sql.join(columns.map((column) => sql`${sql.id(column)}::text`))
  await sql`declare backup no scroll cursor for select json_build_array(${values})::text as line from ${sql.id(table)}`.execute(db)
  for (let count = 10; ;) {
    const { rows } = await sql<{ line: string }>`fetch forward ${sql.lit(count)} from backup`.execute(db)
    if (rows.length === 0) break
    yield rows.map(({ line }) => line)
    const bytes = rows.reduce((sum, { line }) => sum + line.length, 0)
    count = Math.max(1, Math.min(mostRows, count * 4, Math.floor((rows.length * pieceBytes) / Math.max(1, bytes))))
  }
  await sql`close backup`.execute(db)
}

async function sequencesOf(db: Db): Promise<Record<string, string | null>> {
  const { rows } = await sql<{ name: string; value: string | null }>`
    select sequencename as name, last_value::text as value from pg_sequences where schemaname = 'public' order by sequencename collate "C"`.execute(
    db,
  )
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}

/** Bytes that a backup of the blobs takes, and how many there are. */
export async function measureBlobs(blobs: Blobs): Promise<{ readonly count: number; readonly bytes: number }> {
  let [count, bytes] = [0, 0]
  for await (const { size } of blobs.list()) {
    count++
    bytes += size
  }
  return { count, bytes }
}
