import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openFiles } from '../storage/files.ts'
import { openJobs } from '../storage/jobs.ts'
import { temporaryDatabase, temporaryFolder } from '../storage/testing.ts'
import { grownTables, keepHouse, startHousekeeping } from './housekeeping.ts'
import { keptBlobCount } from './kept-counts.ts'

test('an instance looks after itself', async (t) => {
  const db = await temporaryDatabase(t)
  const blobs = await openFiles(join(temporaryFolder(t), 'blobs'))
  const jobs = await openJobs(db, {})
  t.after(() => jobs.stop({ graceSeconds: 0 }))
  const app = { db, blobs, jobs }
  const noon = new Date('2031-03-05T12:20:00Z')
  const night = new Date('2031-03-05T03:00:00Z')
  const asked = async () =>
    (await db.selectFrom('jobs').select(['key', 'runAfter']).where('kind', '=', 'housekeeping').orderBy('id').execute()).map(
      ({ key }) => key,
    )
  const grow = (from: number, to: number) =>
    sql`insert into examples (digest, content_digest, body) select 'sha256:' || n, 'sha256:' || n, json_build_object('text', repeat(md5(n::text), 20)) from generate_series(${from}::integer, ${to}::integer) n`.execute(
      db,
    )

  await t.test('a small instance is asked for nothing but the next hour', async () => {
    await startHousekeeping(app, noon)
    await startHousekeeping(app, noon)
    assert.deepEqual(await asked(), ['housekeeping at 2031-03-05T13:00:00.000Z'])
  })

  await t.test('a table that has grown is analysed within the hour, and not again until it has grown by half', async () => {
    await grow(1, 20_000)
    assert.deepEqual(await grownTables(db), ['examples'])
    await startHousekeeping(app, noon)
    assert.ok((await asked()).includes('housekeeping at start'))
    await keepHouse(app, noon)
    assert.deepEqual(await grownTables(db), [])
    const { rows } = await sql<{ rows: number }>`select reltuples::integer as rows from pg_class where relname = 'examples'`.execute(db)
    assert.ok(Math.abs((rows[0]?.rows ?? 0) - 20_000) < 2_000, String(rows[0]?.rows))
    await grow(20_001, 22_000)
    assert.deepEqual(await grownTables(db), [])
    await grow(22_001, 60_000)
    assert.deepEqual(await grownTables(db), ['examples'])
  })

  await t.test('files are counted at night; the first look counts them itself', async () => {
    await blobs.put(Buffer.from('one'))
    assert.deepEqual(await keptBlobCount(app), { count: 1, bytes: 3 })
    await blobs.put(Buffer.from('three'))
    await keepHouse(app, noon)
    assert.deepEqual(await keptBlobCount(app), { count: 1, bytes: 3 })
    await keepHouse(app, night)
    assert.deepEqual(await keptBlobCount(app), { count: 2, bytes: 8 })
  })
})
