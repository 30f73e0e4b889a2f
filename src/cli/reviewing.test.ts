/** rules, trust and patrol from the command line. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { bundledFolder } from '../http/testing.ts'
import { temporaryHome } from '../storage/testing.ts'

const main = new URL('../main.ts', import.meta.url).pathname
const home = await temporaryHome({ after })

async function cw(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const env = { PATH: process.env['PATH'], HOME: home, COMMONWEIGHTS_LOG: 'error' }
  const child = spawn(process.execPath, [main, '--home', home, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

test('rules are changed as rule=value and logged, trust prints its formula, and patrol says how it is turned on', async () => {
  assert.equal((await cw('base', 'add', bundledFolder, '--name', 'bundled', '--licence', 'Apache-2.0')).code, 0)
  assert.equal((await cw('model', 'create', 'marathi/saathi', '--base', 'bundled')).code, 0)
  assert.match((await cw('model', 'show', 'marathi/saathi')).out, /needs 1 accepting review: quorum 1 because nobody else has reviewed/)
  const off = await cw('patrol', 'list', 'marathi/saathi')
  assert.match(off.out, /patrolling is off\. A maintainer turns it on: rules set marathi\/saathi patrol\.enabled=true/)
  const set = await cw(
    'rules',
    'set',
    'marathi/saathi',
    'quorum=2',
    'patrol.enabled=true',
    'newcomers.openAtOnce=null',
    '--message',
    'Why not',
  )
  assert.deepEqual(set.out.trim().split('\n'), [
    'quorum.kind: adaptive → fixed',
    'quorum.n: not there → 2',
    'quorum.share: 0.25 → not there',
    'quorum.cap: 5 → not there',
    'quorum.days: 30 → not there',
    'patrol.enabled: false → true',
    'newcomers.openAtOnce: 5 → no limit',
  ])
  const log = JSON.parse((await cw('rules', 'log', 'marathi/saathi', '--json')).out) as { message: string; by: string }[]
  assert.deepEqual(
    log.map(({ message, by }) => [message, by]),
    [
      ['Why not', 'operator'],
      ['The rules it began with.', 'operator'],
    ],
  )
  assert.match(
    (await cw('rules', 'set', 'marathi/saathi', 'patrol.enabled', '--message', 'x')).err,
    /is not rule=value, e\.g\. patrol\.examples=20/,
  )
  assert.equal((await cw('person', 'add', 'asha', '--role', 'contributor')).code, 0)
  const trust = await cw('trust', 'asha', 'marathi/saathi')
  assert.match(
    trust.out,
    /Wilson's interval[^]*Nothing of theirs has been decided here yet[^]*the trust of asha in marathi\/saathi is 0\.000/,
  )
})
