import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryDatabase } from './testing.ts'

test('a temporary database is migrated and empty, also when it is used again', async (t) => {
  for (let round = 0; round < 2; round++)
    await t.test(`round ${round}`, async (t) => {
      const db = await temporaryDatabase(t)
      assert.deepEqual(await db.selectFrom('people').selectAll().execute(), [])
      const person = await db.insertInto('people').values({ name: 'Asha', role: 'reviewer' }).returningAll().executeTakeFirstOrThrow()
      assert.equal(person.id, 1)
      assert.ok(person.createdAt instanceof Date)
    })
})
