/** argv → cli. */

import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Sources without their types and compiled are kept from one command to the next. In the package, not in a folder that others on this machine may write to; where it
// cannot be written, everything works as before.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url)))
const { createProgram } = await import('./cli/program.ts')
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
await createProgram(version).parseAsync()
