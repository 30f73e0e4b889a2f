// Lets this package's TypeScript run where it is installed: inside node_modules, where Node strips no types by itself. Needs Node 22.15 or newer.
import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url).href
const isOurs = (url) => url.startsWith(root) && url.endsWith('.ts') && !url.startsWith(`${root}node_modules/`)

if (root.includes('/node_modules/'))
  registerHooks({
    load(url, context, next) {
      if (!isOurs(url)) return next(url, context)
      return { format: 'module', source: stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8')), shortCircuit: true }
    },
  })
