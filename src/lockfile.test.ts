/** The lockfile names every platform's packages, and versions are exact: an install is the same everywhere. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
// @ts-expect-error plain JavaScript, because it runs on the host's Node before ours is installed
import { missingEntries } from '../scripts/complete-lockfile.js'

const read = (file: string) => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')) as Record<string, unknown>

test('the lockfile has an entry for every optional platform package; if not, run `npm run lock`', () => {
  const missing = (missingEntries as (lock: unknown) => Map<string, unknown>)(read('package-lock.json'))
  assert.deepEqual([...missing.keys()], [])
})

test('the check would notice a missing platform', () => {
  const lock = { packages: { 'node_modules/a': { optionalDependencies: { '@a/win-x64': '1.0.0' } } } }
  const missing = (missingEntries as (lock: unknown) => Map<string, unknown>)(lock)
  assert.deepEqual(missing.get('node_modules/@a/win-x64'), { version: '1.0.0', optional: true, os: ['win32'], cpu: ['x64'] })
})

test('no download address is recorded: the reader chooses the registry', () => {
  const packages = read('package-lock.json')['packages'] as Record<string, { resolved?: string }>
  assert.deepEqual(
    Object.entries(packages)
      .filter(([, entry]) => entry.resolved !== undefined)
      .map(([path]) => path),
    [],
  )
})

test('every dependency is pinned to an exact version', () => {
  const { dependencies, devDependencies } = read('package.json') as Record<string, Record<string, string>>
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
  assert.deepEqual(loose, [])
})
