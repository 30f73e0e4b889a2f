import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { databaseConformance } from './database.conformance.ts'
import { openDatabase } from './database.ts'
import { temporaryDatabase, temporaryFolder, temporaryHome } from './testing.ts'

databaseConformance(
  'embedded',
  async (lifetime) => {
    const folder = join(temporaryFolder(lifetime), 'database')
    // What a process killed while it made the database leaves.
    await mkdir(join(folder, 'data.unfinished', 'base'), { recursive: true })
    await writeFile(join(folder, 'data.unfinished', 'PG_VERSION'), '18\n')
    return { kind: 'embedded', folder }
  },
  async (lifetime) => ({ kind: 'embedded', folder: join(await temporaryHome(lifetime), 'database') }),
)

/** Runs a program in a process of its own, with `db` open on the folder, and gives what it prints as it prints it. */
function withDatabase(folder: string, program: string) {
  const source = `
    import { sql } from 'kysely'
    import { openDatabase } from ${JSON.stringify(new URL('database.ts', import.meta.url).href)}
    const db = await openDatabase({ kind: 'embedded', folder: ${JSON.stringify(folder)} })
    ${program}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  return {
    child,
    lines: child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

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

test('a second process, or a second opening, is refused with the folder, the holder and the way out', async (t) => {
  const folder = join(await temporaryHome(t), 'database')
  const holder = withDatabase(folder, `console.log('open'); setInterval(() => {}, 1000)`)
  await holder.lines.next()
  await assert.rejects(openDatabase({ kind: 'embedded', folder }), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'conflict')
    assert.ok(error.message.includes(folder) && error.message.includes(`process ${holder.child.pid}.`) && error.message.includes('--home'))
    return true
  })
  await holder.kill()
  const db = await openDatabase({ kind: 'embedded', folder }) // a killed holder leaves no lock
  await assert.rejects(openDatabase({ kind: 'embedded', folder }), { code: 'conflict', message: new RegExp(`process ${process.pid}\\.`) })
  await db.close()
  await (await openDatabase({ kind: 'embedded', folder })).close()
})

test('nothing that was acknowledged is lost by kill -9, and no transaction is torn', async (t) => {
  const folder = join(await temporaryHome(t), 'database')
  let expected = 0
  for (let round = 0; round < 3; round++) {
    const writer = withDatabase(
      folder,
      `for (let i = ${expected}; ; i++) {
        await db.transaction().execute(async (db) => {
          for (const part of ['a', 'b']) await db.insertInto('people').values({ name: i + part, role: 'reviewer' }).execute()
        })
        if (i % 20 === 0) await sql\`checkpoint\`.execute(db)
        console.log(i)
      }`,
    )
    let acknowledged = expected
    while (acknowledged < expected + 30 + round * 7) {
      const { value, done } = await writer.lines.next()
      assert.ok(!done, 'the writer ended by itself')
      acknowledged = Number(String(value).trim().split('\n').at(-1))
    }
    await writer.kill()
    const db = await openDatabase({ kind: 'embedded', folder })
    const people = await db.selectFrom('people').select('name').execute()
    await db.close()
    const names = new Set(people.map(({ name }) => name))
    const transactions = names.size / 2
    assert.ok(transactions >= acknowledged + 1, `${transactions} kept of ${acknowledged + 1} acknowledged`)
    for (let i = 0; i < transactions; i++) assert.ok(names.has(`${i}a`) && names.has(`${i}b`), `transaction ${i} is torn`)
    expected = transactions
  }
})

test('every commit reaches the disk by an fsync before it is acknowledged', async (t) => {
  const db = await openDatabase({ kind: 'embedded', folder: join(await temporaryHome(t), 'database') })
  t.after(() => db.close())
  const spy = t.mock.method(fs, 'fsyncSync')
  syncBuiltinESMExports()
  t.after(() => {
    spy.mock.restore()
    syncBuiltinESMExports()
  })
  for (let i = 0; i < 25; i++) {
    const before = spy.mock.callCount()
    await db
      .insertInto('people')
      .values({ name: `P${i}`, role: 'reviewer' })
      .execute()
    assert.ok(spy.mock.callCount() > before, `commit ${i} was not synced`)
  }
  const commits = spy.mock.callCount()
  await sql`checkpoint`.execute(db)
  assert.ok(spy.mock.callCount() > commits + 1, 'a checkpoint syncs the tables')
})

test('a database that was never asked anything lets go of its folder', async (t) => {
  const folder = join(await temporaryHome(t), 'database')
  for (let i = 0; i < 2; i++) {
    await using db = await openDatabase({ kind: 'embedded', folder })
    assert.equal(db.kind, 'embedded')
  }
})

test('a folder that cannot be a database is said in words, and not locked', async (t) => {
  const home = temporaryFolder(t)
  await writeFile(join(home, 'file'), '')
  await assert.rejects(openDatabase({ kind: 'embedded', folder: join(home, 'file', 'database') }), {
    code: 'unavailable',
    message: /cannot be opened for writing/,
  })
  const folder = join(home, 'database')
  await mkdir(join(folder, 'data'), { recursive: true })
  await writeFile(join(folder, 'data', 'PG_VERSION'), '9.6\n')
  for (let i = 0; i < 2; i++)
    await assert.rejects(openDatabase({ kind: 'embedded', folder }), { code: 'unavailable', message: /cannot be opened: / })
})
