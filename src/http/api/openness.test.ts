/** The addresses of openness: declared and read by whoever may. How it is graded is tested in domain/lineage and domain/releases. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hono } from 'hono'
import { openCommunity } from '../../domain/testing.ts'
import { identify } from '../auth.ts'
import { Client } from '../client.ts'
import { errorResponse } from '../errors.ts'
import { opennessRoutes } from './openness.ts'
import type { OpennessAnswers } from './openness-schemas.ts'

const record = `framework: {name: Model Openness Framework}
release:
  name: Tiny
  producer: A school
  license: {distribution: {name: Apache-2.0}}
  components:
    - {name: Training code, component_path: 'https://example.org/train'}
    - {name: Research paper, license: CC-BY-NC-4.0, component_path: 'on arXiv'}
    - {name: Datasets, license: unlicensed}
`

test('maintainers declare what is open of a base, by hand or from a record of the framework’s own tool; anybody reads it with its history', async (t) => {
  const community = await openCommunity(t)
  const app = { ...community, operatorKey: 'the-key' }
  const http = new Hono()
  http.onError((error, c) => errorResponse(c, error, { error: () => {} }))
  http.use('/api/*', identify(app))
  http.route('/api', opennessRoutes(app))
  const operator = new Client((request) => http.fetch(request), 'http://test', 'the-key')
  const nobody = new Client((request) => http.fetch(request), 'http://test', null)
  const path = '/api/bases/tiny/openness'

  const before = await nobody.get<OpennessAnswers['ofBase']>(path)
  assert.deepEqual([before.current, before.history, before.verdict.class], [null, [], null])
  await assert.rejects(nobody.post(path, { components: [], message: 'x' }), { code: 'unauthenticated' })
  await assert.rejects(operator.post(path, { message: 'x' }), { code: 'invalid', message: /either components or a record/ })
  await assert.rejects(operator.post(path, { record, message: 'x' }), { code: 'invalid', message: /Say in source/ })
  await assert.rejects(operator.post(path, { record: 'a: [', source: '/x', message: 'x' }), { code: 'invalid', message: /not YAML/ })
  const source = 'https://example.org/mot.yml'
  const made = await operator.post<OpennessAnswers['ofBase']>(path, { record, source, message: 'As its makers say.' })
  assert.deepEqual(made.current!.components, [
    { component: 'training-code', licence: 'Apache-2.0', address: 'https://example.org/train' },
    { component: 'research-paper', licence: 'CC-BY-NC-4.0', address: source },
    { component: 'datasets', licence: null, address: source },
  ])
  const states = made.verdict.components.map(({ component, state }) => `${component} ${state}`)
  for (const state of [
    'training-code open',
    'research-paper not-open',
    'datasets unlicensed',
    'data-card missing',
    'final-parameters open',
  ])
    assert.ok(states.includes(state), state)
  assert.deepEqual(await nobody.get(path), made)

  const own = `/api/models/${community.name}/openness`
  const report = { component: 'technical-report', licence: 'CC-BY-4.0', address: 'https://example.org/report' }
  await assert.rejects(nobody.post(own, { components: [report], message: 'x' }), { code: 'unauthenticated' })
  const declared = await operator.post<OpennessAnswers['declared']>(own, { components: [report], message: 'We wrote it.' })
  assert.deepEqual([declared.current!.components, declared.history.length, declared.current!.by], [[report], 1, 'operator'])
  await assert.rejects(nobody.get(`/api/models/${community.name}/releases/0.1.0/openness`), { code: 'not-found' })
})
