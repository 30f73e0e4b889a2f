import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openInMemory } from '../pglite.ts'
import { migrations } from './index.ts'

test('a community from before the rules keeps its quorum, as a fixed one, and meets no limit it did not set', async (t) => {
  const db = await openInMemory()
  t.after(() => db.close())
  const at = migrations.findIndex(({ name }) => name === '0006-review-rules')
  const run = async (some: typeof migrations) => {
    for (const { up } of some) await up(db)
  }
  await run(migrations.slice(0, at))
  await sql`insert into base_models (name, licence, source, digest, config, files, parameters, served, has_chat_template)
    values ('tiny', 'MIT', '', 'sha256:0', '{}', '[]', 1, '[]', false)`.execute(db)
  await sql`insert into community_models (owner, name, base_id, description, charter, quorum, recipe, licence_policy)
    values ('marathi', 'saathi', 1, '', '[]', 3, '', '{}'), ('tamil', 'nanban', 1, '', '[]', 1, '', '{}')`.execute(db)
  await run(migrations.slice(at))
  const rows = await db.selectFrom('reviewRules').selectAll().orderBy('modelId').execute()
  assert.deepEqual(
    rows.map(({ rules }) => (rules as { quorum: unknown }).quorum),
    [
      { kind: 'fixed', n: 3 },
      { kind: 'fixed', n: 1 },
    ],
  )
  const { newcomers, patrol } = rows[0]?.rules as { newcomers: object; patrol: { enabled: boolean } }
  assert.deepEqual(newcomers, { openAtOnce: null, examplesPerDay: null, commentsPerHour: null, mentorQueue: false })
  assert.equal(patrol.enabled, false)
})
