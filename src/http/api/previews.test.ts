/** Previews over HTTP: who may ask, what is followed, what a page of a contribution says. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { AppError } from '../../errors.ts'
import type { Client } from '../client.ts'
import { runningApp } from '../testing.ts'
import type { Answers } from './schemas.ts'

const running = await runningApp({ after })
const maintainer = await running.person('joseph', 'maintainer')
const reviewer = await running.person('farah', 'reviewer')
const [asha, imran] = [await running.person('asha', 'contributor'), await running.person('imran', 'contributor')]
const model = 'marathi/saathi'
const lines = (...all: object[]) => new Blob([all.map((row) => JSON.stringify(row) + '\n').join('')]).stream() as ReadableStream<Uint8Array>

await maintainer.post('/api/models', { name: model, base: 'bundled', recipe: 'maxSteps: 2\nbatchSize: 2\nrank: 2\nmaxLength: 32\n' })
await maintainer.upload(
  `/api/models/${model}/suites`,
  { name: 'thanks', kind: 'exact' },
  lines({ prompt: 'Thanks?', expected: 'आभारी आहे' }),
  'application/jsonlines',
)

async function offer(author: Client, ...rows: object[]): Promise<number> {
  const declared = { licence: 'CC-BY-4.0', language: 'mr', origin: 'human', source: 'written for this test', message: 'Greetings' }
  const path = `/api/models/${model}/contributions`
  return (await author.upload<{ contribution: { id: number } }>(path, declared, lines(...rows), 'application/jsonlines')).contribution.id
}

const refused = (code: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.deepEqual([error.code, words.test(error.message)], [code, true], error.message)
  return true
}

test('its author asks for a preview, follows it, and everybody reads what it found', async () => {
  const id = await offer(asha, { prompt: 'Good morning?', completion: 'शुभ प्रभात' }, { prompt: 'Good night?', completion: 'शुभ रात्री' })
  const path = `/api/contributions/${id}/preview`
  await assert.rejects(running.operator.get(path), refused('not-found', /has no preview; "preview \d+" makes one/))
  await assert.rejects(imran.post(path), refused('forbidden', /reviewer/))
  await assert.rejects(running.operator.get('/api/contributions/999/preview/events'), refused('not-found', /no contribution 999/))

  const asked = await asha.post<Answers['preview']>(path)
  assert.equal(asked.contributionId, id)
  const states: string[] = []
  for await (const { data } of running.operator.events(`${path}/events`)) states.push((data as Answers['preview']).state)
  assert.equal(states.at(-1), 'finished')
  const report = await running.operator.get<Answers['previewReport']>(path)
  assert.deepEqual([report.preview.id, report.onlyNoise, report.stale], [asked.id, null, []])
  assert.equal(report.suites[0]!.against.samples, 1)
  assert.match(report.summary.join(' '), /no release to begin at/)
  const page = await running.operator.get<{ preview: Answers['previewNote'] | null }>(`/api/contributions/${id}`)
  assert.deepEqual(page.preview, { id: asked.id, round: 1, state: 'finished', stale: [] })
  await assert.rejects(reviewer.post(`${path}/cancel`), refused('conflict', /has finished already/))
})

test('before there is a release, nothing begins by itself', async () => {
  const id = await offer(imran, { prompt: 'Welcome?', completion: 'सुस्वागतम' })
  for (let tries = 0; tries < 100; tries++) {
    const { waiting, running: busy } = await running.app.jobs.counts()
    if (waiting + busy === 0) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const jobs = await running.app.db.selectFrom('jobs').select(['kind', 'state']).where('kind', '=', 'preview').execute()
  assert.deepEqual(jobs.at(-1), { kind: 'preview', state: 'done' })
  const page = await running.operator.get<{ preview: unknown }>(`/api/contributions/${id}`)
  assert.equal(page.preview, null)
})
