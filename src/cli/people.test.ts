/** Accounts from the command line, beside a running server. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Client } from '../http/client.ts'
import { bundledFolder } from '../http/testing.ts'
import { temporaryHome } from '../storage/testing.ts'

const main = new URL('../main.ts', import.meta.url).pathname
const home = await temporaryHome({ after })
const env = { PATH: process.env['PATH'], HOME: home, COMMONWEIGHTS_LOG: 'error' }

function start(...args: string[]) {
  return spawn(process.execPath, [main, '--home', home, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function cw(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = start(...args)
  let [out, err] = ['', '']
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

test('serve prints who may be first; links, invitations, roles and scoped tokens come from the command line', async (t) => {
  const server = start('serve', '--port', '0')
  t.after(async () => {
    if (server.exitCode !== null) return
    server.kill('SIGTERM')
    await once(server, 'exit')
  })
  const claim = await new Promise<string>((found, refuse) => {
    let text = ''
    server.stderr.on('data', (data: Buffer) => {
      text += data.toString()
      const link = /maintains this server:\s+(http:\S+)/.exec(text)?.[1]
      if (link) found(link)
    })
    server.once('exit', () => refuse(new Error(text)))
  })
  const { url, operatorKey } = JSON.parse(await readFile(join(home, 'server.json'), 'utf8')) as { url: string; operatorKey: string }
  const [operator, anyone] = [new Client(fetch, url, operatorKey), new Client(fetch, url, null)]
  const secretIn = (text: string) => /\/([\w-]{43})$/m.exec(text)?.[1]
  const first = { name: 'asha', password: 'a sentence for asha', secret: secretIn(claim) }
  assert.deepEqual(await anyone.post('/api/set-up', first), { name: 'asha', role: 'maintainer' })
  assert.match((await cw('set-up')).err, /This instance is set up; "person link <name>" signs somebody in/)

  const link = await cw('person', 'link', 'asha')
  assert.match(link.out, /within ten minutes is asha:/)
  assert.deepEqual(await anyone.post('/api/sign-in/link', { secret: secretIn(link.out) }), { name: 'asha', role: 'maintainer' })

  await operator.post('/api/bases', { folder: bundledFolder, name: 'bundled', licence: 'Apache-2.0' })
  await operator.post('/api/models', { name: 'marathi/saathi', base: 'bundled' })
  const invited = await cw('invitation', 'create', 'marathi/saathi', '--role', 'reviewer', '--note', 'Ravi')
  await anyone.post('/api/sign-up', { name: 'ravi', password: 'a sentence for ravi', invitation: secretIn(invited.out) })
  const set = await cw('member', 'set', 'marathi/saathi', 'ravi', '--role', 'maintainer')
  assert.equal(set.out, 'ravi is a maintainer of marathi/saathi.\n')
  assert.match((await cw('member', 'list', 'marathi/saathi')).out, /ravi +maintainer .* operator/)

  const made = await cw('person', 'token', 'ravi', '--label', 'notebook', '--scope', 'contribute', '--json')
  const { token } = JSON.parse(made.out) as { token: string }
  const refused = await cw('--token', token, 'member', 'remove', 'marathi/saathi', 'ravi')
  assert.match(refused.err, /^error: This token of ravi is for contribute; an account is managed by whoever signs in to it/)
})
