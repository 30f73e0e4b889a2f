import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contribute } from '../contributions/contribute.ts'
import { setReviewRules } from '../models/set-review-rules.ts'
import { decideContribution } from '../datasets/decide-contribution.ts'
import { operator, type Actor } from '../people/actor.ts'
import { adding, offerOf, openCommunity, personNamed } from '../testing.ts'
import { neededNow, quorumNow } from './quorum-queries.ts'

test('the number a page shows is the quorum’s own, however many are active and whoever they are', async (t) => {
  const app = await openCommunity(t)
  const needed = async () => {
    const { needed, active } = await quorumNow(app.db, app.model.id)
    assert.equal(await neededNow(app.db, app.model.id), needed)
    return [active.length, needed]
  }
  assert.deepEqual(await needed(), [0, 1])
  let day = 0
  const look = async (who: Actor) => {
    const change = { prompt: `${++day} मार्च?`, completion: `${day} March` }
    const { contribution } = await contribute(app, app.asha, app.name, offerOf(adding(change)))
    await decideContribution(app, who, contribution.id, { decision: 'reject', message: 'The month is wrong' })
  }
  await look(operator)
  assert.deepEqual(await needed(), [1, 1])
  for (let n = 1; n <= 4; n++) await look(await personNamed(app, `reviewer${n}`, 'reviewer'))
  assert.deepEqual(await needed(), [5, 2])
  await setReviewRules(app, operator, app.name, { changes: { quorum: { kind: 'fixed', n: 3 } }, message: 'Three pairs of eyes' })
  assert.deepEqual(await needed(), [0, 3])
})
