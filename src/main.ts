/** argv → cli. */

import { readFileSync } from 'node:fs'
import { createProgram } from './cli/program.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
await createProgram(version).parseAsync()
