/** instance and jobs from the command line, against a running server. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobAnswer, OverviewAnswer } from '../http/api/operator.ts'
import { serving } from './testing.ts'

test('the operator looks at the instance and at its queue, and changes what waits', async (t) => {
  const { cw, json, as } = await serving(t)
  const overview = await json<OverviewAnswer>('instance')
  assert.deepEqual([overview.database.kind, overview.people, overview.jobs.failed], ['embedded', 0, 0])
  assert.match((await cw('instance')).out, /queue +\d+ waiting.*\n.*limit +most +within/s)

  // The next look at departures waits for the full hour.
  const waiting = await json<JobAnswer[]>('jobs', 'list', '--state', 'waiting')
  const departures = waiting.find(({ kind }) => kind === 'departures')
  assert.ok(departures)
  const id = String(departures.id)
  assert.match((await cw('jobs', 'cancel', id)).out, new RegExp(`Job ${id} \\(departures\\) is cancelled\\.`))
  assert.deepEqual(
    (await json<JobAnswer[]>('jobs', 'list', '--state', 'cancelled')).map((job) => job.id),
    [departures.id],
  )
  assert.match((await cw('jobs', 'list', '--state', 'cancelled', '--after', id)).out, /^None\.$/m)
  const again = await json<JobAnswer>('jobs', 'retry', id)
  assert.ok(['waiting', 'running', 'done'].includes(again.state), again.state)
  assert.match((await cw('jobs', 'retry', '999999')).err, /no job 999999/i)
  assert.match((await cw('jobs', 'cancel', 'all')).err, /The job must be a whole number, not "all"/)
  assert.match((await cw('jobs', 'list', '--state', 'lost')).err, /state/)

  const { token } = await json<{ token: string }>('person', 'add', 'asha', '--role', 'contributor')
  for (const args of [['instance'], ['jobs', 'list'], ['jobs', 'cancel', id], ['jobs', 'retry', id]])
    assert.match((await as(token).cw(...args)).err, /maintainer/, args.join(' '))
})
