/** kill -9 in the middle of training, evaluation and release: the next start goes on, and what was acknowledged is there. */

import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { communityFor } from '../../examples/community/community.ts'
import type { Answers } from '../http/api/schemas.ts'
import { Client } from '../http/client.ts'
import { bundledFolder } from '../http/testing.ts'
import { temporaryHome } from '../storage/testing.ts'
import { runningServer } from './connect.ts'

const main = new URL('../main.ts', import.meta.url).pathname
const home = await temporaryHome({ after })
const model = 'marathi/saathi'
const community = communityFor('mr')

interface Server {
  readonly client: Client
  kill(): Promise<void>
}

let current: ChildProcess | null = null
after(() => current?.kill('SIGKILL'))

async function serve(): Promise<Server> {
  const environment = { PATH: process.env['PATH'], HOME: home, COMMONWEIGHTS_LOG: 'error' }
  const child = spawn(process.execPath, [main, '--home', home, 'serve', '--port', '0'], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  current = child
  let said = ''
  child.stderr.on('data', (data: Buffer) => (said += data.toString()))
  const note = await until(async () => {
    assert.equal(child.exitCode, null, said)
    const found = await runningServer(home)
    return found?.pid === child.pid ? found : null
  })
  return {
    client: new Client(fetch, note.url, note.operatorKey),
    async kill() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** Asks again and again; a busy machine may take its time, so it is patient. */
async function until<T>(ask: () => Promise<T | null>): Promise<T> {
  for (let i = 0; i < 6_000; i++) {
    const found = await ask()
    if (found !== null) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it never came')
}

const lines = (rows: readonly object[]) =>
  new Blob([rows.map((row) => JSON.stringify(row) + '\n').join('')]).stream() as ReadableStream<Uint8Array>

type Run = Answers['trainingRun']
const runOf = (client: Client, id: number) => client.get<Run>(`/api/runs/${id}`)
const hasEnded = (state: Run['state']) => state === 'finished' || state === 'failed' || state === 'cancelled'

function ended(client: Client, id: number): Promise<Run> {
  return until(async () => {
    const run = await runOf(client, id)
    return hasEnded(run.state) ? run : null
  })
}

test('a loop whose server is killed three times ends as one that was left alone', async () => {
  let server = await serve()
  await server.client.post('/api/bases', { folder: bundledFolder, name: 'bundled', licence: 'Apache-2.0' })
  const recipe = 'maxSteps: 40\nbatchSize: 8\ncheckpointEvery: 2\nrank: 4\n'
  await server.client.post('/api/models', { name: model, base: 'bundled', recipe })
  const texts = community.suite.samples.slice(0, 30).map(({ expected }) => ({ text: expected }))
  await server.client.upload(`/api/models/${model}/suites`, { name: 'marathi', kind: 'text' }, lines(texts), 'application/jsonlines')
  const { token } = await server.client.post<{ token: string }>('/api/people', { name: 'asha', role: 'contributor' })
  const { url } = (await runningServer(home)) as { url: string }
  const declared = { licence: 'Unicode-3.0', language: 'mr', origin: 'generated', generator: 'CLDR', source: 'CLDR', message: 'Dates' }
  const examples = community.contributions[0]?.examples ?? []
  const offered = await new Client(fetch, url, token).upload<{ contribution: { id: number } }>(
    `/api/models/${model}/contributions`,
    declared,
    lines(examples),
    'application/jsonlines',
  )
  await server.client.post(`/api/contributions/${offered.contribution.id}/reviews`, { decision: 'accept', message: 'Right.' })

  // Killed while it trains.
  const run = await server.client.post<Run>(`/api/models/${model}/runs`, {})
  await until(async () => {
    const { state, progress } = await runOf(server.client, run.id)
    return progress.step >= 3 || hasEnded(state) ? true : null
  })
  assert.ok((await runOf(server.client, run.id)).progress.step < 40, 'it was too fast to be killed')
  await server.kill()
  server = await serve()
  const finished = await ended(server.client, run.id)
  assert.equal(finished.state, 'finished', finished.error ?? '')
  const alone = await ended(server.client, (await server.client.post<Run>(`/api/models/${model}/runs`, { again: true })).id)
  assert.equal(alone.checkpoint?.digest, finished.checkpoint?.digest, 'interrupted and uninterrupted run differ')

  // Killed while it evaluates.
  type Asked = Record<'subject' | 'base', Answers['evaluation'][]>
  const ask = () => server.client.post<Asked>(`/api/models/${model}/evaluations`, { run: run.id })
  await ask()
  await server.kill()
  server = await serve()
  const done = await until(async () => {
    const { subject, base } = await ask()
    const all = [...subject, ...base]
    assert.ok(
      all.every((it) => it.state !== 'failed'),
      JSON.stringify(all),
    )
    return all.every((it) => it.state === 'finished') ? all : null
  })
  assert.equal(done.length, 2)

  // Killed while it releases: it is there whole, or not at all and can be done again.
  const publishing = server.client.post(`/api/models/${model}/releases`, { version: '0.1.0', run: run.id }).catch(() => null)
  await new Promise((resolve) => setTimeout(resolve, 30))
  await server.kill()
  await publishing
  server = await serve()
  const releases = await server.client.get<Answers['release'][]>(`/api/models/${model}/releases`)
  const release =
    releases[0] ?? (await server.client.post<Answers['release']>(`/api/models/${model}/releases`, { version: '0.1.0', run: run.id }))
  assert.equal(release.state, 'published')
  for (const format of ['peft', 'gguf', 'gguf-merged']) {
    const path = `/api/models/${model}/releases/0.1.0/export/${format}`
    const { files } = await server.client.get<{ files: { path: string; size: number }[] }>(path)
    for (const file of files) {
      const bytes = await new Response(await server.client.download(`${path}/${file.path}`)).arrayBuffer()
      assert.equal(bytes.byteLength, file.size, `${format} ${file.path}`)
    }
  }
  await server.kill()
})
