/** Restores a backup into an empty database and blob store: everything is checked against its digest, and the database comes whole or not at all. */

import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { AppError } from '../errors.ts'
import { FormatError } from '../formats/format-error.ts'
import { readTar, type TarEntry } from '../formats/tar.ts'
import { backupFormat, digestOf, exactTexts, tablesOf, type BackupHead, type BackupManifest, type KeptFile } from './backup.ts'
import type { Blobs, Digest } from './blobs.ts'
import type { Database, Db } from './database.ts'
import { appliedMigrations, migrate, migrations } from './migrations/index.ts'

export interface Restored {
  readonly head: BackupHead
  readonly tables: number
  readonly rows: number
  readonly blobs: number
  /** Bytes of the blobs. */
  readonly bytes: number
  readonly keys: readonly KeptFile[]
}

/** A key or a manifest is held in memory; nothing that is one has more. */
const heldBytes = 256 * 1024 * 1024

/**
 * Blobs are stored as they come, under their digests; the tables follow in one transaction, which ends when the manifest has said that all was there.
 * Throws `conflict` where the database holds anything or the backup is of a newer program, `invalid` where the file is damaged or cut short.
 */
export async function restoreBackup(
  app: { readonly db: Database; readonly blobs: Blobs },
  source: AsyncIterable<Uint8Array>,
): Promise<Restored> {
  await requireEmpty(app.db)
  const seen = new Map<string, { size: number; digest: Digest }>()
  const entries = readTar(source)[Symbol.asyncIterator]()
  try {
    const head = await readHead(await nextOf(entries), seen)
    await requireNoFurther(app.db, head)
    await migrate(app.db, head.migrations.at(-1))
    const keys: KeptFile[] = []
    const stored = { count: 0, bytes: 0 }
    let entry = await nextOf(entries)
    for (; !entry.name.startsWith('tables/') && entry.name !== 'manifest.json'; entry = await nextOf(entries)) {
      if (entry.name.startsWith('keys/')) keys.push({ name: entry.name.slice('keys/'.length), bytes: await whole(entry, seen) })
      else if (entry.name.startsWith('blobs/')) {
        const { digest, size } = await app.blobs.put(entry.bytes, { expected: `sha256:${entry.name.slice('blobs/'.length)}` })
        seen.set(entry.name, { digest, size })
        stored.count++
        stored.bytes += size
      } else throw new AppError('invalid', `The backup holds ${entry.name.slice(0, 100)}, which no backup of this kind has.`)
    }
    const manifest = await app.db.transaction().execute((db) => fill(db, entry, entries, seen))
    await migrate(app.db)
    const rows = Object.values(manifest.tables).reduce((sum, table) => sum + table.rows, 0)
    return { head, tables: Object.keys(manifest.tables).length, rows, blobs: stored.count, bytes: stored.bytes, keys }
  } catch (error) {
    if (error instanceof FormatError)
      throw new AppError('invalid', `This is no whole backup: ${error.message} Nothing of its database was kept.`, { cause: error })
    throw error
  } finally {
    await entries.return?.()
  }
}

async function requireEmpty(db: Database): Promise<void> {
  for (const { table } of await tablesOf(db)) {
    const { rows } = await sql`select from ${sql.id(table)} limit 1`.execute(db)
    if (rows.length > 0)
      throw new AppError(
        'conflict',
        `The database is not empty (there is something in ${table}); restore into a new folder (--home) or an empty database.`,
      )
  }
}

/** Migrations go forward only. */
async function requireNoFurther(db: Database, { migrations: there, version }: BackupHead): Promise<void> {
  const further = (await appliedMigrations(db)).filter((name) => !there.includes(name))
  if (further.length > 0)
    throw new AppError(
      'conflict',
      `The database is empty but migrated further (${further.join(', ')}) than the backup of Commonweights ${version}; restore into a new folder (--home) or a new database.`,
    )
}

async function nextOf(entries: AsyncIterator<TarEntry>): Promise<TarEntry> {
  const next = await entries.next()
  if (next.done) throw new FormatError('it ends before its manifest.')
  return next.value
}

type Seen = Map<string, { size: number; digest: Digest }>

async function whole({ name, size, bytes }: TarEntry, seen: Seen): Promise<Buffer> {
  if (size > heldBytes) throw new FormatError(`${name} has ${size} bytes; at most ${heldBytes} are read.`)
  const pieces = await Array.fromAsync(bytes)
  const all = Buffer.concat(pieces)
  seen.set(name, { size: all.length, digest: digestOf(createHash('sha256').update(all)) })
  return all
}

async function readHead(entry: TarEntry, seen: Seen): Promise<BackupHead> {
  if (entry.name !== 'backup.json') throw new FormatError('it does not begin with backup.json.')
  const head = parse<BackupHead>(await whole(entry, seen), entry.name)
  if (head.format !== backupFormat)
    throw new AppError(
      'conflict',
      `The backup has format ${head.format}; this program reads ${backupFormat}. Restore it with Commonweights ${head.version}.`,
    )
  const known = new Set(migrations.map(({ name }) => name))
  const newer = head.migrations.filter((name) => !known.has(name))
  if (newer.length > 0)
    throw new AppError(
      'conflict',
      `The backup is of a newer Commonweights, ${head.version} (${newer.join(', ')}); restore it with that one.`,
    )
  return head
}

function parse<T>(bytes: Uint8Array, name: string): T {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as T
  } catch (cause) {
    throw new FormatError(`${name} is no JSON.`, undefined, { cause })
  }
}

/** All rows, with references between tables and indexes set aside until they are there: putting those back checks every reference. */
async function fill(db: Db, first: TarEntry, entries: AsyncIterator<TarEntry>, seen: Seen): Promise<BackupManifest> {
  await exactTexts(db)
  const tables = new Map((await tablesOf(db)).map((table) => [table.table, table]))
  const setAside = await takeAway(db)
  // What migrations put into an empty database is in the backup as it became.
  await sql.raw(`truncate ${[...tables.keys()].map((name) => `"${name}"`).join(', ')}`).execute(db)
  const counts = new Map<string, number>()
  let entry = first
  for (; entry.name !== 'manifest.json'; entry = await nextOf(entries)) {
    const name = /^tables\/([a-z_]+)\/\d+\.jsonl$/.exec(entry.name)?.[1]
    const table = name === undefined ? undefined : tables.get(name)
    if (!table) throw new FormatError(`${entry.name.slice(0, 100)} belongs to no table.`)
    const lines = (await whole(entry, seen)).toString('utf8').trimEnd()
    const count = lines.split('\n').length
    counts.set(table.table, (counts.get(table.table) ?? 0) + count)
    const values = table.types.map((type, i) => sql`(line ->> ${sql.lit(i)})::${sql.raw(type)}`)
    await sql`insert into ${sql.id(table.table)} (${sql.join(table.columns.map((column) => sql.id(column)))}) overriding system value
      select ${sql.join(values)} from json_array_elements(${`[${lines.replaceAll('\n', ',')}]`}::json) line`.execute(db)
  }
  const manifest = parse<BackupManifest>(await whole(entry, new Map()), entry.name)
  check(manifest, seen, counts, tables)
  for (const statement of setAside) await sql.raw(statement).execute(db)
  for (const [sequence, value] of Object.entries(manifest.sequences))
    if (value !== null) await sql`select setval(quote_ident(${sequence})::regclass, ${value}::bigint)`.execute(db)
  return manifest
}

/** Drops foreign keys and plain indexes; returns the statements that put them back. */
async function takeAway(db: Db): Promise<readonly string[]> {
  const { rows: keys } = await sql<{ drop: string; back: string }>`
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
      format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as back
    from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`.execute(db)
  const { rows: indexes } = await sql<{ drop: string; back: string }>`
    select format('drop index %s', indexrelid::regclass) as drop, pg_get_indexdef(indexrelid) as back
    from pg_index join pg_class tables on tables.oid = indrelid
    where tables.relnamespace = 'public'::regnamespace and tables.relname not like 'kysely\\_%'
      and not exists (select from pg_constraint where conindid = indexrelid)`.execute(db)
  for (const { drop } of [...keys, ...indexes]) await sql.raw(drop).execute(db)
  return [...indexes, ...keys].map(({ back }) => back)
}

/** What was read against what was written. */
function check(
  manifest: BackupManifest,
  seen: Seen,
  counts: ReadonlyMap<string, number>,
  tables: ReadonlyMap<string, { readonly columns: readonly string[] }>,
): void {
  for (const [name, { size, digest }] of Object.entries(manifest.entries)) {
    const found = seen.get(name)
    if (!found) throw new FormatError(`${name} is missing.`)
    if (found.size !== size || found.digest !== digest)
      throw new FormatError(`${name} is not what was written: its digest is ${found.digest}, not ${digest}.`)
  }
  for (const name of seen.keys()) if (!Object.hasOwn(manifest.entries, name)) throw new FormatError(`${name} is not in the manifest.`)
  for (const [name, { columns, rows }] of Object.entries(manifest.tables)) {
    if (tables.get(name)?.columns.join() !== columns.join()) throw new FormatError(`the table ${name} has other columns.`)
    if ((counts.get(name) ?? 0) !== rows)
      throw new FormatError(`the table ${name} has ${counts.get(name) ?? 0} rows where ${rows} were written.`)
  }
}
