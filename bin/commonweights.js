#!/usr/bin/env node
// Starts the CLI on the Node that the project pins (node_modules/node), whatever the host has: Node 24 runs TypeScript as it stands.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { dirname, join } from 'node:path'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const typescript = new URL('./typescript.js', import.meta.url).href
const pinned = join(
  dirname(createRequire(import.meta.url).resolve('node/package.json')),
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
)
const child = spawn(
  existsSync(pinned) ? pinned : process.execPath,
  ['--disable-warning=ExperimentalWarning', '--import', typescript, main, ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
)
// A terminal sends Ctrl-C to both processes; the child decides how to end.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
