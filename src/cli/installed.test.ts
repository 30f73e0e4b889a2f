/** The command as npm installs it: inside node_modules, where Node strips no types by itself. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryHome } from '../storage/testing.ts'

const project = join(import.meta.dirname, '../..')

test('commonweights runs where the package is installed', async (t) => {
  const modules = join(await temporaryHome(t), 'node_modules')
  const installed = join(modules, 'commonweights')
  mkdirSync(installed, { recursive: true })
  for (const part of ['package.json', 'bin', 'src', 'examples']) cpSync(join(project, part), join(installed, part), { recursive: true })
  for (const name of readdirSync(join(project, 'node_modules'))) symlinkSync(join(project, 'node_modules', name), join(modules, name))
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [join(installed, 'bin/commonweights.js'), ...args])
  assert.match((await run('--help')).stdout, /^Usage: commonweights \[options\] \[command\]/)
  // A server's pages bring their fonts and libraries from packages, which npm then puts beside this one.
  const page = join(installed, 'page.ts')
  writeFileSync(page, "const { assetPath } = await import('./src/web/assets.ts')\nconsole.log(typeof assetPath)\n")
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', join(installed, 'bin/typescript.js'), page])
  assert.equal(stdout, 'function\n', stderr)
})
