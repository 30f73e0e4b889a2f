/** What is brought in is there whole or not at all: imports killed at any moment, and on a full disk. */

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { communityFor } from '../../examples/community/community.ts'
import { bundledFolder } from '../http/testing.ts'
import { temporaryFolder, temporaryHome } from '../storage/testing.ts'

const main = new URL('../main.ts', import.meta.url).pathname

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a command; with `killAfter`, ends it with kill -9 so many milliseconds after its process began. */
async function cw(home: string, args: readonly string[], killAfter?: number): Promise<Ended> {
  const environment = { PATH: process.env['PATH'], HOME: home, COMMONWEIGHTS_LOG: 'error' }
  const child = spawn(process.execPath, [main, '--home', home, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  return { code, out, err }
}

async function answer<T>(home: string, ...args: string[]): Promise<T> {
  const { code, out, err } = await cw(home, [...args, '--json'])
  assert.equal(code, 0, err)
  return JSON.parse(out) as T
}

const addBase = ['base', 'add', bundledFolder, '--name', 'bundled', '--licence', 'Apache-2.0']

interface Base {
  readonly name: string
  readonly digest: string
  readonly served: readonly { readonly digest: string }[]
}

test('an import of a base or of examples that is killed is there whole or not at all, and can be done again', async (t) => {
  const [home, calm] = [await temporaryHome(t), await temporaryHome(t)]
  const began = performance.now()
  const undisturbed = JSON.parse((await cw(calm, [...addBase, '--json'])).out) as Base
  const whole = performance.now() - began
  let acknowledged = false
  // Spread over what an import takes here, and not beyond it: the last ones fall into its end.
  for (const share of [0.3, 0.55, 0.75, 0.9]) {
    const ended = await cw(home, addBase, whole * share)
    acknowledged ||= ended.code === 0
    const bases = await answer<Base[]>(home, 'base', 'list')
    assert.ok(bases.length === 1 || !acknowledged, 'an import that was acknowledged is gone')
    if (bases.length === 1) break
  }
  const before = await answer<Base[]>(home, 'base', 'list')
  const [base] = before.length === 1 ? before : [await answer<Base>(home, ...addBase)]
  assert.deepEqual([base?.digest, base?.served], [undisturbed.digest, undisturbed.served])

  await answer(home, 'model', 'create', 'marathi/saathi', '--base', 'bundled')
  const file = join(temporaryFolder(t), 'examples.jsonl')
  const examples = communityFor('mr').contributions.flatMap((it) => it.examples)
  await writeFile(file, examples.map((example) => `${JSON.stringify(example)}\n`).join(''))
  const contribute = [
    ...['contribute', 'marathi/saathi', file, '--licence', 'Unicode-3.0', '--language', 'mr', '--origin', 'generated'],
    ...['--generator', 'CLDR', '--source', 'CLDR', '--message', 'Dates'],
  ]
  const offering = performance.now()
  const first = await cw(home, contribute)
  const took = performance.now() - offering
  assert.equal(first.code, 0, first.err)
  await answer(home, 'contribution', 'withdraw', '1')
  for (const share of [0.5, 0.8]) await cw(home, contribute, took * share)
  type Contribution = { id: number; counts: { add: number } }
  const there = await answer<Contribution[]>(home, 'contribution', 'list', 'marathi/saathi')
  const rows = there[0]?.counts.add ?? 0
  assert.ok(rows > 400)
  assert.deepEqual(
    there.map(({ counts }) => counts.add),
    there.map(() => rows),
    'a contribution is there in part',
  )
})

test('an import on a full disk is refused in words, leaves nothing behind, and works once there is room', async (t) => {
  const home = await temporaryHome(t)
  const blobs = join(home, 'blobs')
  await mkdir(blobs, { recursive: true })
  const mount = (size: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', blobs], { stdio: 'pipe' })
  try {
    mount('size=4m')
  } catch {
    t.skip('mounting a small disk needs root on Linux')
    return
  }
  try {
    const refused = await cw(home, addBase)
    assert.equal(refused.code, 1)
    assert.match(refused.err, /disk that holds .* is full/)
    assert.deepEqual(await answer(home, 'base', 'list'), [])
    mount('remount,size=200m')
    assert.equal((await answer<Base>(home, ...addBase)).name, 'bundled')
  } finally {
    execFileSync('umount', ['--lazy', blobs])
  }
})
