import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { databaseConformance } from './database.conformance.ts'
import { openDatabase } from './database.ts'
import { startPostgres } from './test-postgres.ts'

const postgres = await startPostgres({ after })

databaseConformance('postgres', async () =>
  typeof postgres === 'string' ? postgres : { kind: 'postgres', url: await postgres.freshDatabase() },
)

test('connections that break are replaced, and a listener hears again', async (t) => {
  if (typeof postgres === 'string') {
    t.skip(postgres)
    return
  }
  const url = await postgres.freshDatabase()
  const db = await openDatabase({ kind: 'postgres', url })
  t.after(() => db.close())
  let heard = Promise.withResolvers<void>()
  t.after(await db.listen('test_channel', () => heard.resolve()))
  await sql`select 1`.execute(db)
  await postgres.disconnectAll(url)
  await heard.promise // told once, because what was said meanwhile is lost
  heard = Promise.withResolvers()
  await sql`select pg_notify('test_channel', '')`.execute(db)
  await heard.promise
})

test('a server that cannot be reached is said in words, without the password', async () => {
  const url = 'postgres://someone:hunter2@127.0.0.1:1/nowhere'
  await assert.rejects(openDatabase({ kind: 'postgres', url }), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'unavailable')
    assert.match(error.message, /127\.0\.0\.1:1\/nowhere cannot be used: .*ECONNREFUSED.*DATABASE_URL/)
    assert.doesNotMatch(error.message, /hunter2/)
    return true
  })
})
