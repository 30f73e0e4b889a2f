/** Makes src/ml/adamw/adamw.wasm.ts of adamw.wat; adamw.test.ts compares the two. `node scripts/make-adamw.ts` */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import wabt from 'wabt'

const folder = new URL('../src/ml/adamw/', import.meta.url)

export async function adamwModule(): Promise<string> {
  const module = (await wabt()).parseWat('adamw.wat', readFileSync(new URL('adamw.wat', folder), 'utf8'))
  const bytes = Buffer.from(module.toBinary({}).buffer).toString('base64')
  module.destroy()
  return `/** adamw.wat as WebAssembly, in base64. Made by scripts/make-adamw.ts. */\nexport const adamwWasm =\n  '${bytes}'\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(new URL('adamw.wasm.ts', folder), await adamwModule())
