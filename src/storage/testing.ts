/** What tests of every folder use: a migrated database that is ready at once, and folders that go away. Not for the program itself. */

import { createHash } from 'node:crypto'
import {
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { sql } from 'kysely'
import type { Database } from './database.ts'
import { migrate } from './migrations/index.ts'
import { dumpOf, openFolder, openInMemory } from './pglite.ts'

/** A test's context `t`, or `{ after }` from node:test for what a whole file shares. */
export interface Lifetime {
  after(cleanUp: () => Promise<void> | void): void
}

/** Databases of finished tests, emptied: emptying takes 20 ms, making one half a second. */
const idle: Database[] = []
after(async () => {
  for (const database of idle.splice(0)) await database.close()
})

/** An empty database in memory with the current schema: `const db = await temporaryDatabase(t)`. It is the real Postgres dialect, only not durable. */
export async function temporaryDatabase(lifetime: Lifetime): Promise<Database> {
  const database = idle.pop() ?? (await openInMemory(await template()))
  lifetime.after(async () => {
    await empty(database)
    idle.push(database)
  })
  return database
}

/** An empty folder: `const folder = temporaryFolder(t)`. */
export function temporaryFolder(lifetime: Lifetime): string {
  const folder = mkdtempSync(join(tmpdir(), 'commonweights-test-'))
  lifetime.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

/** A home folder whose `database` is made and migrated, for tests that start the program: a copy of files, where initdb takes seconds. */
export async function temporaryHome(lifetime: Lifetime): Promise<string> {
  const home = temporaryFolder(lifetime)
  const prepared = cached('folder')
  if (!existsSync(prepared)) await prepareFolder(prepared)
  cpSync(prepared, join(home, 'database'), { recursive: true, mode: constants.COPYFILE_FICLONE })
  return home
}

async function prepareFolder(prepared: string): Promise<void> {
  const unfinished = `${prepared}.${process.pid}`
  const database = await openFolder(unfinished, await template())
  await database.close()
  try {
    renameSync(unfinished, prepared)
  } catch {
    // Another test process was first.
    rmSync(unfinished, { recursive: true, force: true })
  }
}

async function empty(database: Database): Promise<void> {
  const { rows } = await sql<{
    name: string
  }>`select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename not like 'kysely_%'`.execute(database)
  if (rows.length > 0) await sql.raw(`truncate ${rows.map(({ name }) => name).join(', ')} restart identity cascade`).execute(database)
}

let made: Promise<Blob> | undefined

/** A dump of a migrated data folder. */
function template(): Promise<Blob> {
  made ??= readOrMakeTemplate()
  return made
}

async function readOrMakeTemplate(): Promise<Blob> {
  const file = cached('tar')
  try {
    return new Blob([readFileSync(file)])
  } catch {
    const database = await openInMemory()
    await migrate(database)
    await sql`checkpoint`.execute(database)
    const dump = await dumpOf(database)
    await database.close()
    mkdirSync(cache, { recursive: true })
    for (const old of readdirSync(cache)) if (!old.startsWith(key())) rmSync(join(cache, old), { recursive: true, force: true })
    writeFileSync(`${file}.${process.pid}`, Buffer.from(await dump.arrayBuffer()))
    renameSync(`${file}.${process.pid}`, file)
    return dump
  }
}

/** What is prepared once for all test processes, under a name that changes with PGlite and with any migration. */
const cache = join(import.meta.dirname, '../../node_modules/.cache/commonweights/database')
const cached = (kind: 'tar' | 'folder'): string => join(cache, `${key()}.${kind}`)

function key(): string {
  const hash = createHash('sha256').update(readFileSync(new URL(import.meta.resolve('@electric-sql/pglite/pglite.wasm'))))
  const folder = join(import.meta.dirname, 'migrations')
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)))
  return hash.digest('hex').slice(0, 16)
}
