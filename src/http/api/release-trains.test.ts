/** The addresses of release trains, from a rhythm that is set to a train that is let leave and cancelled. What trains do is tested in domain/release-train. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contribute } from '../../domain/contributions/contribute.ts'
import { decideContribution } from '../../domain/datasets/decide-contribution.ts'
import { adding, offerOf, openCommunity } from '../../domain/testing.ts'
import { releaseTrainRoutes, type TrainAnswers } from './release-trains.ts'
import { identify } from '../auth.ts'
import { errorResponse } from '../errors.ts'
import { Client } from '../client.ts'
import { openJobs } from '../../storage/jobs.ts'
import { Hono } from 'hono'

test('a rhythm is set and read with its history, a train leaves, is read and is cancelled; only maintainers may', async (t) => {
  const community = await openCommunity(t)
  const jobs = await openJobs(community.db)
  t.after(() => jobs.stop({ graceSeconds: 0 }))
  const app = { ...community, jobs, operatorKey: 'the-key' }
  const http = new Hono()
  http.onError((error, c) => errorResponse(c, error, { error: () => {} }))
  http.use('/api/*', identify(app))
  http.route('/api', releaseTrainRoutes(app))
  const operator = new Client((request) => http.fetch(request), 'http://test', 'the-key')
  const nobody = new Client((request) => http.fetch(request), 'http://test', null)
  const path = `/api/models/${community.name}`

  const before = await nobody.get<TrainAnswers['schedule']>(`${path}/train-schedule`)
  assert.deepEqual([before.rhythm, before.publish, before.history], [{ kind: 'by-hand' }, false, []])
  const settings = { rhythm: { kind: 'weekly', day: 'monday' }, publish: true }
  await assert.rejects(nobody.post(`${path}/train-schedule`, settings), { code: 'unauthenticated' })
  const set = await operator.post<TrainAnswers['schedule']>(`${path}/train-schedule`, settings)
  assert.match(set.sentence, /^A train leaves every Monday \(UTC\) and publishes what passes its gate with everybody aboard/)
  const again = await operator.post<TrainAnswers['schedule']>(`${path}/train-schedule`, { builds: 10 })
  assert.deepEqual([again.rhythm, again.builds, again.history.length, again.history[0]!.by], [settings.rhythm, 10, 2, 'operator'])
  await assert.rejects(operator.post(`${path}/train-schedule`, { builds: -1 }), { code: 'invalid', message: /whole number from 0 to 200/ })
  await assert.rejects(operator.post(`${path}/train-schedule`, { rhythm: { kind: 'daily' } }), { code: 'invalid' })

  await assert.rejects(operator.post(`${path}/trains`), { code: 'conflict', message: /Nothing was accepted/ })
  const { contribution } = await contribute(community, community.asha, community.name, offerOf(adding({ text: 'One sentence to learn.' })))
  await decideContribution(community, community.bilal, contribution.id, { decision: 'accept' })
  const train = await operator.post<TrainAnswers['train']>(`${path}/trains`)
  assert.match(train.statusLine, /^Train 1 of marathi\/saathi: training, left .*, 1 contribution by one person aboard\.$/)
  assert.deepEqual(train.passengers.map(({ id, author, examples }) => [id, author, examples]), [[contribution.id, 'asha', 1]]) // prettier-ignore
  assert.deepEqual(await nobody.get(`/api/trains/${train.id}`), train)
  assert.deepEqual(await nobody.get(`${path}/trains`), [train])
  await assert.rejects(nobody.post(`/api/trains/${train.id}/cancel`), { code: 'unauthenticated' })
  await assert.rejects(operator.post(`/api/trains/${train.id}/publish`), { code: 'conflict', message: /Only what waits for a decision/ })
  const cancelled = await operator.post<TrainAnswers['train']>(`/api/trains/${train.id}/cancel`)
  assert.deepEqual([cancelled.state, cancelled.outcome], ['cancelled', 'operator cancelled it.'])
  const events: unknown[] = []
  for await (const { data } of nobody.events(`/api/trains/${train.id}/events`)) events.push((data as TrainAnswers['train']).state)
  assert.deepEqual(events, ['cancelled'])
  await assert.rejects(nobody.get('/api/trains/999'), { code: 'not-found', message: /There is no train 999/ })
})
