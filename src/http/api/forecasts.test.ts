import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../errors.ts'
import { runningApp } from '../testing.ts'

const refusal = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.match(error.message, message)
  assert.equal(error.code, code)
  return true
}

test('a forecast is asked for by who may, on what can be forecast, and each refusal says what is missing', async (t) => {
  const running = await runningApp(t)
  const { operator } = running
  await operator.post('/api/models', { name: 'marathi/saathi', base: 'bundled' })
  const path = '/api/models/marathi/saathi/forecasts'
  const asha = await running.person('asha', 'contributor')
  await assert.rejects(asha.post(path), refusal('forbidden', /takes a reviewer/))
  await assert.rejects(operator.post(path), refusal('conflict', /has 0 examples; a forecast compares eighths of it and needs at least 64/))
  await assert.rejects(operator.post(path, { budgetSeconds: -1 }), refusal('invalid', /budgetSeconds/))
  await assert.rejects(operator.post(path, { minutes: 1 }), refusal('invalid', /minutes/))
  assert.deepEqual(await operator.get(path), [])
  await assert.rejects(operator.get('/api/forecasts/7'), refusal('not-found', /There is no forecast 7; "forecast <owner\/name>" makes one/))
  await assert.rejects(operator.post('/api/forecasts/7/cancel'), refusal('not-found', /There is no forecast 7/))
})
