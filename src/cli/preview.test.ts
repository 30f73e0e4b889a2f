/** preview as a process: followed to its end through a server that is killed on the way, shown, and stopped by Ctrl-C. */

import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { after, test } from 'node:test'
import type { Answers } from '../http/api/schemas.ts'
import { Client } from '../http/client.ts'
import { bundledFolder } from '../http/testing.ts'
import { temporaryHome } from '../storage/testing.ts'
import { runningServer } from './connect.ts'

const main = new URL('../main.ts', import.meta.url).pathname
const home = await temporaryHome({ after })
const model = 'marathi/saathi'
const environment = { PATH: process.env['PATH'], HOME: home, COMMONWEIGHTS_LOG: 'error' }

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [main, '--home', home, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
}

function cw(...args: string[]): {
  readonly child: ChildProcess
  readonly done: Promise<{ code: number | null; out: string; err: string }>
} {
  const child = start(...args)
  let [out, err] = ['', '']
  child.stdout?.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr?.on('data', (data: Buffer) => (err += data.toString()))
  return { child, done: once(child, 'close').then(([code]) => ({ code: code as number | null, out, err })) }
}

let server: ChildProcess | null = null
after(() => server?.kill('SIGKILL'))

async function serve(): Promise<Client> {
  const child = start('serve', '--port', '0')
  server = child
  child.stdout?.resume()
  child.stderr?.resume()
  const note = await until(async () => {
    assert.equal(child.exitCode, null, 'the server ended')
    const found = await runningServer(home)
    return found?.pid === child.pid ? found : null
  })
  return new Client(fetch, note.url, note.operatorKey)
}

async function kill(): Promise<void> {
  const gone = once(server!, 'exit')
  server!.kill('SIGKILL')
  await gone
}

/** A busy machine may take its time, so it is patient. */
async function until<T>(ask: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < 6_000; tries++) {
    const found = await ask()
    if (found !== null) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it never came')
}

const lines = (...rows: object[]) =>
  new Blob([rows.map((row) => JSON.stringify(row) + '\n').join('')]).stream() as ReadableStream<Uint8Array>

async function offer(client: Client, ...rows: object[]): Promise<number> {
  const declared = { licence: 'CC-BY-4.0', language: 'mr', origin: 'human', source: 'written for this test', message: 'Greetings' }
  const path = `/api/models/${model}/contributions`
  return (await client.upload<{ contribution: { id: number } }>(path, declared, lines(...rows), 'application/jsonlines')).contribution.id
}

test('a preview goes on after its server was killed, and Ctrl-C stops one cleanly', async () => {
  let client = await serve()
  await client.post('/api/bases', { folder: bundledFolder, name: 'bundled', licence: 'Apache-2.0' })
  await client.post('/api/models', {
    name: model,
    base: 'bundled',
    recipe: 'maxSteps: 30\nbatchSize: 4\nrank: 2\ncheckpointEvery: 2\nepochs: 1000\n',
  })
  const suite = { name: 'greetings', kind: 'exact' }
  await client.upload(`/api/models/${model}/suites`, suite, lines({ prompt: 'Thanks?', expected: 'आभारी आहे' }), 'application/jsonlines')
  const id = await offer(client, { prompt: 'Good morning?', completion: 'शुभ प्रभात' }, { prompt: 'Good night?', completion: 'शुभ रात्री' })
  const reportOf = () => client.get<Answers['previewReport']>(`/api/contributions/${id}/preview`)

  await client.post(`/api/contributions/${id}/preview`)
  await until(async () => ((await reportOf()).preview.build.run.progress.step >= 2 ? true : null))
  assert.equal((await reportOf()).preview.state, 'running', 'it was too fast to be killed')
  await kill()
  client = await serve()
  const followed = await cw('preview', String(id)).done
  assert.equal(followed.code, 0, followed.err)
  assert.match(followed.out, /^Preview of contribution 1, round 1: finished\nThere is no control/)
  assert.match(followed.out, /\nCost: with the proposal [\w ]+ of training and [\w ]+ of evaluation; ready after/)
  const shown = await cw('preview', 'show', String(id), '--json').done
  const report = JSON.parse(shown.out) as Answers['previewReport']
  assert.deepEqual([report.preview.state, report.preview.build.run.progress.step], ['finished', 30])
  assert.match((await cw('contribution', 'show', String(id)).done).out, /\nPreview of round 1: finished; preview show 1\n/)

  const other = await offer(client, { prompt: 'Welcome?', completion: 'सुस्वागतम आपले स्वागत आहे' })
  const followedUntil = cw('preview', String(other))
  await until(async () => {
    const { preview } = await client.get<{ preview: { state: string } | null }>(`/api/contributions/${other}`)
    return preview?.state === 'running' ? true : null
  })
  followedUntil.child.kill('SIGINT')
  const stopped = await followedUntil.done
  assert.equal(stopped.code, 130, stopped.err)
  assert.match(stopped.err, /The preview was cancelled; "preview \d+" begins another/)
  assert.equal((await client.get<Answers['previewReport']>(`/api/contributions/${other}/preview`)).preview.build.state, 'cancelled')
  assert.match((await cw('preview', 'cancel', String(other)).done).out, /is cancelled/)
  await kill()
})
