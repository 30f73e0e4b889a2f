import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { sql } from 'kysely'
import { exactTexts, tablesOf, writeBackup } from '../storage/backup.ts'
import { openDatabase, type Database } from '../storage/database.ts'
import { openFiles } from '../storage/files.ts'
import { migrate } from '../storage/migrations/index.ts'
import { openInMemory } from '../storage/pglite.ts'
import { restoreBackup } from '../storage/restore.ts'
import { startPostgres } from '../storage/test-postgres.ts'
import { temporaryDatabase, temporaryFolder, type Lifetime } from '../storage/testing.ts'
import { contribute } from './contributions/contribute.ts'
import { createUpload } from './contributions/prepare-upload.ts'
import { decideContribution } from './datasets/decide-contribution.ts'
import { searchExamples } from './datasets/example-search.ts'
import { adding, offerOf, openCommunity, type Community } from './testing.ts'

const postgres = await startPostgres({ after })

async function filled(t: Lifetime, database?: Database): Promise<Community> {
  const app = await openCommunity(t, {}, database)
  const { contribution } = await contribute(
    app,
    app.asha,
    app.name,
    offerOf(adding({ text: 'एक "quoted" \\ back\nline' }, { text: 'ᱫᱚᱱ' })),
  )
  await decideContribution(app, app.bilal, contribution.id, { decision: 'accept' })
  await contribute(app, app.asha, app.name, offerOf(adding({ text: 'तीन' })))
  await createUpload(app, app.asha, app.name, { name: 'odd', format: 'jsonl', bytes: Buffer.from('{"text":"\\u0000\\ud800"}\nnull\n') })
  // Values of every kind that loses something when it goes through another language.
  await sql`insert into jobs (kind, payload, created_at) values ('odd', 'null', '2031-03-05 01:02:03.123456+05:30'), ('odd', '{"n": 12345678901234567890.5}', 'infinity')`.execute(
    app.db,
  )
  await sql`update jobs set state = 'done', ended_at = now() where kind = 'odd'`.execute(app.db)
  await sql`select setval('people_id_seq', 77)`.execute(app.db)
  return app
}

const bytesOf = (app: Community, lifetime: Lifetime) =>
  Array.fromAsync(
    writeBackup({
      db: app.db,
      blobs: app.blobs,
      version: '0.1.0',
      workFolder: temporaryFolder(lifetime),
      keyFiles: async () => [{ name: 'operator.key', bytes: Buffer.from('secret\n') }],
    }),
  ).then((pieces) => Buffer.concat(pieces))

async function* inPieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 60_000) yield bytes.subarray(at, at + 60_000)
}

/** Every value of every table, as text. */
async function contents(db: Database): Promise<Record<string, unknown>> {
  return db.transaction().execute(async (db) => {
    await exactTexts(db)
    const all: Record<string, unknown> = {}
    for (const { table, columns } of await tablesOf(db)) {
      const { rows } = await sql<{ row: string }>`
        select json_build_array(${sql.join(columns.map((column) => sql`${sql.id(column)}::text`))})::text as row from ${sql.id(table)}`.execute(
        db,
      )
      all[table] = rows.map(({ row }) => row).sort()
    }
    return all
  })
}

async function structure(db: Database): Promise<unknown> {
  const { rows: indexes } = await sql`select indexdef from pg_indexes where schemaname = 'public' order by 1`.execute(db)
  const { rows: keys } = await sql`select conrelid::regclass::text as of, conname, pg_get_constraintdef(oid) as is from pg_constraint
    where connamespace = 'public'::regnamespace and contype <> 'n' order by 1, 2`.execute(db)
  return { indexes, keys }
}

async function emptyStores(t: Lifetime, db?: Database) {
  const folder = temporaryFolder(t)
  return { db: db ?? (await temporaryDatabase(t)), blobs: await openFiles(join(folder, 'blobs')), folder }
}

async function requireSame(from: Community, to: { db: Database; blobs: Community['blobs'] }): Promise<void> {
  assert.deepEqual(await contents(to.db), await contents(from.db))
  assert.deepEqual(await structure(to.db), await structure(from.db))
  const blobs = await Array.fromAsync(from.blobs.list())
  assert.ok(blobs.length > 0)
  for (const { digest } of blobs)
    assert.equal(
      `sha256:${createHash('sha256')
        .update(await to.blobs.get(digest))
        .digest('hex')}`,
      digest,
    )
  assert.equal((await Array.fromAsync(to.blobs.list())).length, blobs.length)
}

describe('backups', () => {
  test('a backup restored into an empty folder is the same, value by value and blob by blob, and goes on where it was', async (t) => {
    const app = await filled(t)
    const restored = await emptyStores(t)
    const { rows, keys } = await restoreBackup(restored, inPieces(await bytesOf(app, t)))
    assert.ok(rows > 20)
    assert.deepEqual(
      keys.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]),
      [['operator.key', 'secret\n']],
    )
    await requireSame(app, restored)
    assert.equal((await searchExamples(restored.db, app.model.id, { text: 'ᱫᱚᱱ' })).examples.length, 1)
    const { id } = await restored.db
      .insertInto('people')
      .values({ name: 'dev', role: 'contributor' })
      .returning('id')
      .executeTakeFirstOrThrow()
    assert.equal(id, 78, 'ids that were given are not given again')
    await assert.rejects(restoreBackup(restored, inPieces(await bytesOf(app, t))), { code: 'conflict', message: /not empty/ })
  })

  test(
    'a backup of the embedded database restores into a server, and the other way round',
    { skip: typeof postgres === 'string' ? postgres : false },
    async (t) => {
      if (typeof postgres === 'string') return
      const server = await openDatabase({ kind: 'postgres', url: await postgres.freshDatabase() })
      t.after(() => server.close())
      const app = await filled(t)
      const onServer = await emptyStores(t, server)
      await restoreBackup(onServer, inPieces(await bytesOf(app, t)))
      await requireSame(app, onServer)
      const back = await emptyStores(t)
      await restoreBackup(back, inPieces(await bytesOf({ ...app, ...onServer }, t)))
      await requireSame(app, back)
    },
  )

  test('what was damaged or cut short is refused, and nothing of its database is kept', async (t) => {
    const app = await filled(t)
    const whole = await bytesOf(app, t)
    const row = whole.indexOf('ᱫᱚᱱ')
    const blob = whole.indexOf('# Tiny')
    for (const [what, bytes] of [
      ['cut short', whole.subarray(0, whole.length - 3_000)],
      ['a changed row', Buffer.concat([whole.subarray(0, row), Buffer.from('ᱫᱚᱲ'), whole.subarray(row + 9)])],
      ['a changed blob', Buffer.concat([whole.subarray(0, blob), Buffer.from('# Tinz'), whole.subarray(blob + 6)])],
    ] as const) {
      const restored = await emptyStores(t)
      await assert.rejects(restoreBackup(restored, inPieces(bytes)), { code: 'invalid' }, what)
      assert.deepEqual(await restored.db.selectFrom('people').selectAll().execute(), [], what)
    }
  })

  test('a backup from before newer migrations is restored and migrated; one of a newer program is refused in words', async (t) => {
    const old = await openInMemory()
    t.after(() => old.close())
    await migrate(old, '0008-previews')
    await sql`insert into people (name, role) values ('asha', 'contributor')`.execute(old)
    const from = await emptyStores(t, old)
    const parts = { version: '0.0.9', workFolder: from.folder, keyFiles: async () => [] }
    const bytes = Buffer.concat(await Array.fromAsync(writeBackup({ ...from, ...parts })))
    const to = await openInMemory()
    t.after(() => to.close())
    assert.equal((await restoreBackup(await emptyStores(t, to), inPieces(bytes))).head.version, '0.0.9')
    assert.deepEqual(await to.selectFrom('people').select(['name', 'bio']).execute(), [{ name: 'asha', bio: '' }])
    await assert.rejects(restoreBackup(await emptyStores(t), inPieces(bytes)), { code: 'conflict', message: /migrated further/ })
    const newer = Buffer.from(bytes.toString('latin1').replaceAll('"0008-previews"', '"9999-previews"'), 'latin1')
    const other = await emptyStores(t)
    await assert.rejects(restoreBackup(other, inPieces(newer)), { code: 'conflict', message: /newer Commonweights/ })
  })
})
