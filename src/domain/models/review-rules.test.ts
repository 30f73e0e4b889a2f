import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { operator } from '../people/actor.ts'
import { openCommunity, personNamed } from '../testing.ts'
import { changeRules, defaultRules, differingRules, flatRules } from './review-rules.ts'
import { currentRules, rulesLog } from './review-rules-queries.ts'
import { setReviewRules } from './set-review-rules.ts'

test('rules are changed by maintainers with a reason, and every change is history', async (t) => {
  const app = await openCommunity(t)
  const dina = await personNamed(app, 'dina', 'maintainer')
  const set = (
    actor: Parameters<typeof setReviewRules>[1],
    changes: Parameters<typeof setReviewRules>[3]['changes'],
    message = 'Because',
  ) => setReviewRules(app, actor, app.name, { changes, message })
  assert.deepEqual((await currentRules(app.db, app.model.id)).rules, defaultRules)
  await assert.rejects(set(app.bilal, { patrol: { enabled: true } }), { code: 'forbidden' })
  await assert.rejects(set(dina, { patrol: { enabled: true } }, ' '), { code: 'invalid', message: /Say in the message why/ })
  await assert.rejects(set(dina, {}), { code: 'conflict', message: /so already/ })
  const made = await set(dina, { quorum: { cap: 3 }, patrol: { enabled: true } }, 'We are growing')
  assert.deepEqual([made.by, made.changes], ['dina', ['quorum.cap: 5 → 3', 'patrol.enabled: false → true']])
  await set(operator, { quorum: { kind: 'fixed', n: 2 }, newcomers: { openAtOnce: null } })
  const { rules } = await currentRules(app.db, app.model.id)
  assert.deepEqual([rules.quorum, rules.patrol.enabled, rules.newcomers.openAtOnce], [{ kind: 'fixed', n: 2 }, true, null])
  const log = await rulesLog(app.db, app.model.id)
  assert.deepEqual(
    log.map(({ by, message }) => [by, message]),
    [
      ['operator', 'Because'],
      ['dina', 'We are growing'],
      ['operator', 'The rules it began with.'],
    ],
  )
  assert.deepEqual(log[0]?.changes, [
    'quorum.kind: adaptive → fixed',
    'quorum.n: not there → 2',
    'quorum.share: 0.25 → not there',
    'quorum.cap: 3 → not there',
    'quorum.days: 30 → not there',
    'newcomers.openAtOnce: 5 → no limit',
  ])
  assert.deepEqual((await rulesLog(app.db, app.model.id, { after: log[1]?.id })).length, 1)
})

test('a rule beyond its bounds is refused by name', () => {
  const refused: [Parameters<typeof changeRules>[1], RegExp][] = [
    [{ quorum: { kind: 'fixed', n: 0 } }, /quorum\.n is 0; a whole number from 1 to 20/],
    [{ quorum: { kind: 'majority' } }, /no quorum of the kind "majority"/],
    [{ quorum: { n: 3 } }, /adaptive has no n; it has share, cap, days/],
    [{ quorum: { share: 1.5 } }, /quorum\.share is 1\.5/],
    [{ rejection: { kind: 'fixed', n: 21 } }, /rejection\.n is 21; a whole number from 1 to 20/],
    [{ trust: { patrolFrom: 0.5 } }, /patrolFrom \(0\.5\) is below trust\.newcomerBelow/],
    [{ patrol: { examples: 1.5 } }, /a whole number from 1 to 200/],
    [{ newcomers: { openAtOnce: 0 } }, /or null for no limit/],
    [{ trust: { halfLifeDays: Number.NaN } }, /trust\.halfLifeDays is null/],
  ]
  for (const [changes, message] of refused) assert.throws(() => changeRules(defaultRules, changes), { code: 'invalid', message })
})

test('changes change what they name and nothing else', () => {
  const numbers = fc.record(
    { examples: fc.integer({ min: 1, max: 200 }), perDay: fc.integer({ min: 1, max: 100 }), enabled: fc.boolean() },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(numbers, (patrol) => {
      const next = changeRules(defaultRules, { patrol })
      assert.deepEqual(next, { ...defaultRules, patrol: { ...defaultRules.patrol, ...patrol } })
      assert.equal(differingRules(defaultRules, defaultRules).length, 0)
      assert.equal(new Set(flatRules(next).map(([name]) => name)).size, flatRules(next).length)
    }),
  )
})

test('where nothing was said since rejecting became a rule, one rejection decides as before, and saying it is history', async (t) => {
  const app = await openCommunity(t)
  const { rejection: _, ...before } = defaultRules
  await app.db
    .updateTable('reviewRules')
    .set({ rules: JSON.stringify(before) })
    .execute()
  assert.deepEqual((await currentRules(app.db, app.model.id)).rules, { ...defaultRules, rejection: { kind: 'fixed', n: 1 } })
  const { changes } = await setReviewRules(app, operator, app.name, {
    changes: { rejection: { kind: 'adaptive' } },
    message: 'We have grown',
  })
  assert.equal(changes[0], 'rejection.kind: fixed → adaptive')
  assert.deepEqual((await currentRules(app.db, app.model.id)).rules, defaultRules)
})
