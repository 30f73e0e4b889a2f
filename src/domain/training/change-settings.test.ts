import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addSuite } from '../models/add-suite.ts'
import { changeSuiteGate } from '../models/change-suite.ts'
import { findModel } from '../models/model-queries.ts'
import { listSuites } from '../models/suite-queries.ts'
import { operator } from '../people/actor.ts'
import { openCommunity } from '../testing.ts'
import { changeSettings, settingsLog } from './change-settings.ts'

test('settings of a community', async (t) => {
  const { db, blobs, model, name, asha } = await openCommunity(t, { description: 'Everyday Marathi' })
  const app = { db, blobs }

  await t.test('a change is kept with who made it and why, and the history begins at the beginning', async () => {
    const changes = { recipe: 'rank: 8', licencePolicy: { allow: ['CC-BY-4.0'] } }
    await changeSettings(app, operator, name, { changes, message: 'Smaller, and freer.' })
    const { description, recipe, licencePolicy } = await findModel(db, name)
    assert.deepEqual({ description, recipe, licencePolicy }, { description: 'Everyday Marathi', ...changes })
    const log = await settingsLog(db, model.id)
    assert.deepEqual(
      log.map((it) => [it.message, it.by, it.settings.recipe]),
      [
        ['Smaller, and freer.', 'operator', 'rank: 8'],
        ['As it began.', 'operator', ''],
      ],
    )
  })

  await t.test('a recipe or licence that cannot be read, silence, and nothing at all are refused; nothing changes', async () => {
    const before = await findModel(db, name)
    const refused = async (changes: Parameters<typeof changeSettings>[3]['changes'], message: string, pattern: RegExp) =>
      assert.rejects(changeSettings(app, operator, name, { changes, message }), { message: pattern })
    await refused({ recipe: 'rnk: 8' }, 'why', /rnk/)
    await refused({ recipe: 'rank: [' }, 'why', /YAML/)
    await refused({ licencePolicy: { allow: ['NOT-A-LICENCE'] } }, 'why', /NOT-A-LICENCE/)
    await refused({ licencePolicy: { allow: [] } }, 'why', /allows no licence/)
    await refused({ recipe: 'rank: 4' }, '  ', /Say in the message/)
    await refused({ recipe: 'rank: 8' }, 'why', /are so already/)
    assert.deepEqual(await findModel(db, name), before)
  })

  await t.test('only maintainers change them', async () => {
    await assert.rejects(changeSettings(app, asha, name, { changes: { description: 'Mine' }, message: 'why' }), { code: 'forbidden' })
  })

  await t.test('what a suite asks of a release changes by a new record with the same questions', async () => {
    const line = { messages: [{ role: 'user', content: 'दोन तास?' }], expected: '२ तास' }
    const samples = new TextEncoder().encode(`${JSON.stringify(line)}\n`)
    const before = await addSuite(app, operator, name, { name: 'everyday', kind: 'exact', samples })
    const after = await changeSuiteGate(app, operator, name, 'everyday', { target: false, tolerance: 0.05 })
    assert.deepEqual([after.target, after.tolerance, after.digest, after.supersedes], [false, 0.05, before.digest, before.id])
    assert.deepEqual(
      (await listSuites(db, model.id)).map(({ id }) => id),
      [after.id],
    )
    const keys = await db.selectFrom('suiteKeys').select('key').where('suiteId', '=', after.id).execute()
    assert.ok(keys.length > 0, 'its questions still guard the dataset')
    await assert.rejects(changeSuiteGate(app, operator, name, 'everyday', { tolerance: -1 }), { code: 'invalid' })
    await assert.rejects(changeSuiteGate(app, operator, name, 'everyday', {}), { code: 'conflict' })
    await assert.rejects(changeSuiteGate(app, asha, name, 'everyday', { target: true }), { code: 'forbidden' })
  })
})
