/** What every implementation of the database must do alike. */

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { sql } from 'kysely'
import { openDatabase, type Database, type DatabaseConfig } from './database.ts'
import { migrate, migrations, pendingMigrations } from './migrations/index.ts'
import type { Lifetime } from './testing.ts'

/**
 * @param fresh makes a place for a new, empty database; a string says why this machine cannot
 * @param migrated one that may be migrated already, where that is quicker
 */
export function databaseConformance(name: string, fresh: (lifetime: Lifetime) => Promise<DatabaseConfig | string>, migrated = fresh): void {
  suite(`database: ${name}`, () => {
    test('one dialect', async (t) => {
      const place = await migrated(t)
      if (typeof place === 'string') {
        t.skip(place)
        return
      }
      const db = await openDatabase(place)
      t.after(() => db.close())
      await migrate(db)
      await values(t, db)
      await transactions(t, db)
      await notifications(t, db)
    })

    test('migrations run once, also when several processes start together, and a newer database is left alone', async (t) => {
      const place = await fresh(t)
      if (typeof place === 'string') {
        t.skip(place)
        return
      }
      const names = migrations.map(({ name }) => name)
      const one = await openDatabase(place)
      t.after(() => one.close())
      assert.deepEqual(await pendingMigrations(one), names)
      if (place.kind === 'postgres') {
        const two = await openDatabase(place)
        const ran = await Promise.all([migrate(one), migrate(two)])
        assert.deepEqual(ran.flat().sort(), names)
        await two.close()
      } else assert.deepEqual(await migrate(one), names)
      assert.deepEqual(await pendingMigrations(one), [])
      assert.deepEqual(await migrate(one), [])
      await one.close()

      const again = await openDatabase(place)
      t.after(() => again.close())
      await sql`insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2099-01-01')`.execute(again)
      await assert.rejects(migrate(again), { code: 'conflict', message: /newer Commonweights \(9999-from-the-future\)/ })
    })
  })
}

type T = Parameters<NonNullable<Parameters<typeof test>[0]>>[0]

async function values(t: T, db: Database): Promise<void> {
  await t.test('values come back as the JavaScript values that were agreed', async () => {
    const { rows } = await sql`select
      9007199254740991::bigint as safe, 9007199254740993::bigint as beyond, sum(x)::numeric as total, count(*) as many,
      date '2026-02-03' as day, timestamptz '2026-02-03T04:05:06.789Z' as moment, '\\x00ff10'::bytea as bytes,
      '{"snake_key": {"other_key": [1, null, "ॐ"]}}'::jsonb as json, array['a', 'b,"c'] as texts, null as nothing, 0.5::float8 as half
      from generate_series(1, 4) as x`.execute(db)
    assert.deepEqual(rows, [
      {
        safe: 9007199254740991,
        beyond: 9007199254740993n,
        total: 10,
        many: 4,
        day: '2026-02-03',
        moment: new Date('2026-02-03T04:05:06.789Z'),
        bytes: new Uint8Array([0, 255, 16]),
        json: { snake_key: { other_key: [1, null, 'ॐ'] } },
        texts: ['a', 'b,"c'],
        nothing: null,
        half: 0.5,
      },
    ])
  })

  await t.test('values go in as they come out', async () => {
    const moment = new Date('2026-11-20T10:11:12.345Z')
    const bytes = new Uint8Array([1, 0, 254])
    const json = JSON.stringify([{ snake_key: 1 }])
    const texts = ['a', 'b,"c', '\\']
    const { rows } = await sql`select ${moment}::timestamptz as moment, ${bytes}::bytea as bytes, ${json}::jsonb as json,
      ${texts}::text[] as texts, ${5_000_000_000}::bigint as large, ${true}::boolean as yes, ${null}::text as nothing`.execute(db)
    assert.deepEqual(rows, [{ moment, bytes, json: [{ snake_key: 1 }], texts, large: 5_000_000_000, yes: true, nothing: null }])
  })

  await t.test('a broken rule is told by its SQLSTATE and its constraint', async () => {
    await db.insertInto('people').values({ name: 'Once', role: 'reviewer' }).execute()
    await assert.rejects(db.insertInto('people').values({ name: 'Once', role: 'reviewer' }).execute(), {
      code: '23505',
      constraint: 'people_name_key',
    })
    const removed = await db.deleteFrom('people').where('name', '=', 'Once').executeTakeFirst()
    assert.equal(removed.numDeletedRows, 1n)
  })
}

async function transactions(t: T, db: Database): Promise<void> {
  const names = async (): Promise<string[]> =>
    (await db.selectFrom('people').select('name').orderBy('id').execute()).map(({ name }) => name)

  await t.test('a transaction is whole or not at all', async () => {
    await db.transaction().execute(async (db) => {
      await db.insertInto('people').values({ name: 'Kept', role: 'reviewer' }).execute()
    })
    const mistake = new Error('changed my mind')
    const failing = db.transaction().execute(async (db) => {
      await db.insertInto('people').values({ name: 'Never', role: 'reviewer' }).execute()
      throw mistake
    })
    await assert.rejects(failing, (error) => error === mistake)
    assert.deepEqual(await names(), ['Kept'])
  })

  await t.test('a transaction that swallowed the failure of a query does not pretend to have committed', async () => {
    const failing = db.transaction().execute(async (db) => {
      await db.insertInto('people').values({ name: 'Lost', role: 'reviewer' }).execute()
      await sql`select 1 / 0`.execute(db).catch(() => {})
    })
    await assert.rejects(failing)
    assert.deepEqual(await names(), ['Kept'])
  })

  await t.test('queries and transactions that run at once do not mix', async () => {
    const add = (name: string, fail: boolean): Promise<void> =>
      db.transaction().execute(async (db) => {
        await db.insertInto('people').values({ name, role: 'reviewer' }).execute()
        await new Promise((resolve) => setImmediate(resolve))
        if (fail) throw new Error('failed on purpose')
      })
    const seen = Array.from({ length: 5 }, () => names())
    const work = Array.from({ length: 20 }, (_, i) => add(`P${i}`, i % 2 === 1))
    const ended = await Promise.allSettled(work)
    assert.equal(ended.filter(({ status }) => status === 'fulfilled').length, 10)
    for (const list of await Promise.all(seen)) assert.ok(list.every((name) => name === 'Kept' || Number(name.slice(1)) % 2 === 0))
    assert.equal((await names()).length, 11)
    await db.deleteFrom('people').execute()
  })

  await t.test('a query or transaction on the outer handle inside a transaction throws instead of waiting for ever', async () => {
    for (const mistake of [
      () => db.selectFrom('people').selectAll().execute(),
      () => db.transaction().execute(async () => {}),
      () => sql`select 1`.execute(db),
    ])
      await assert.rejects(
        db.transaction().execute(async () => void (await mistake())),
        /outer database handle inside a transaction/,
      )
    await db
      .transaction()
      .setIsolationLevel('serializable')
      .execute(async (inner) => {
        const { rows } = await sql<{ level: string }>`select current_setting('transaction_isolation') as level`.execute(inner)
        assert.equal(rows[0]?.level, 'serializable')
        await assert.rejects(names(), /outer database handle/)
      })
    // After the transaction, what was begun in it may use the database again.
    assert.deepEqual(await names(), [])
  })

  await t.test('a savepoint undoes a part', async () => {
    const transaction = await db.startTransaction().execute()
    await transaction.insertInto('people').values({ name: 'A', role: 'reviewer' }).execute()
    const point = await transaction.savepoint('half').execute()
    await point.insertInto('people').values({ name: 'B', role: 'reviewer' }).execute()
    await point.rollbackToSavepoint('half').execute()
    await transaction.commit().execute()
    assert.deepEqual(await names(), ['A'])
    await db.deleteFrom('people').execute()
  })
}

async function notifications(t: T, db: Database): Promise<void> {
  await t.test('a listener hears of what committed, and nothing of what did not', async () => {
    let heard = 0
    let wake = Promise.withResolvers<void>()
    const stop = await db.listen('test_channel', () => {
      heard++
      wake.resolve()
    })
    const notify = (fail: boolean): Promise<void> =>
      db.transaction().execute(async (db) => {
        await sql`select pg_notify('test_channel', '')`.execute(db)
        assert.equal(heard, 0)
        if (fail) throw new Error('failed on purpose')
      })
    await assert.rejects(notify(true), /on purpose/)
    await notify(false)
    await wake.promise
    assert.equal(heard, 1)
    await stop()
    wake = Promise.withResolvers()
    await sql`select pg_notify('test_channel', '')`.execute(db)
    await sql`select 1`.execute(db)
    assert.equal(heard, 1)
  })
}
