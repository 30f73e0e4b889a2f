/** Discussions, notifications and receipts from the command line, as commands of a person to a server that runs. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { contribute } from '../domain/contributions/contribute.ts'
import { decideContribution } from '../domain/datasets/decide-contribution.ts'
import { createModel } from '../domain/models/create-model.ts'
import { operator } from '../domain/people/actor.ts'
import { adding, offerOf, personNamed } from '../domain/testing.ts'
import { runningApp } from '../http/testing.ts'
import { temporaryFolder } from '../storage/testing.ts'
import { serverNoteFile } from './connect.ts'

const running = await runningApp({ after })
const { app, url } = running
const home = temporaryFolder({ after })
await writeFile(serverNoteFile(home), JSON.stringify({ url, pid: process.pid, operatorKey: app.operatorKey }))
await createModel(app, operator, 'marathi/saathi', { base: 'bundled' })
const asha = await personNamed(app, 'asha', 'contributor')
const ravi = await personNamed(app, 'ravi', 'reviewer')
const tokenOf = async (name: string) =>
  (await running.operator.post<{ token: string }>(`/api/people/${name}/tokens`, { label: 'test' })).token
const tokens = { asha: await tokenOf('asha'), ravi: await tokenOf('ravi') }
const { contribution } = await contribute(
  app,
  asha,
  'marathi/saathi',
  offerOf(adding({ text: 'A sentence that is long enough to count.' })),
)

const main = new URL('../main.ts', import.meta.url).pathname

function cw(as: keyof typeof tokens | null, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const acting = as === null ? [] : ['--token', tokens[as]]
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'], HOME: home } }
    execFile(process.execPath, [main, '--home', home, ...acting, ...args], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}

test('a discussion is started, answered, resolved and read; the subject’s author is told of it', async () => {
  const started = await cw('ravi', 'discuss', String(contribution.id), 'Is this one right, @asha?')
  assert.match(started.out, /^Discussion 1 of contribution 1, open\n {2}\[1\] ravi, .*\n {6}Is this one right, @asha\?\n$/, started.err)
  const { out } = await cw('asha', 'notifications', '--unread')
  assert.match(out, /• {2}\d{4}-.*ravi mentions you in the discussion of contribution 1\. {2}\/threads\/1#comment-1\n1 unread\n$/)
  await cw('asha', 'discussion', 'reply', '1', 'It is.')
  await cw('ravi', 'discussion', 'resolve', '1')
  assert.match((await cw(null, 'discussion', '1')).out, /^Discussion 1 of contribution 1, resolved by ravi\n[^]*asha, .*\n {6}It is\.\n$/)
  assert.match((await cw('asha', 'notifications', '--read-all')).out, /^All read\.\n$/)
  const refused = await cw('ravi', 'discuss', 'something', 'What?')
  assert.deepEqual([refused.code, refused.err.startsWith('error: "something" names nothing that is discussed; write')], [1, true])
})

test('a person says what they want to be told, and sees what was decided about their work', async () => {
  const settings = await cw('asha', 'notifications', '--mute', 'replied', '--feed', 'off', '--json')
  assert.deepEqual(JSON.parse(settings.out), { muted: ['replied'], feed: false }, settings.err)
  await decideContribution(app, ravi, contribution.id, { decision: 'reject', message: 'It is English.' })
  const { out } = await cw('asha', 'notifications')
  assert.match(out, /ravi rejected your contribution 1, “Dates in Marathi”: It is English\. {2}\/contributions\/1\n/)
  assert.match((await cw('asha', 'receipt', 'list')).out, /^No receipt\.\n$/)
  assert.match((await cw(null, 'receipt', 'list')).err, /The operator has no receipts; name a release, or a person/)
})
