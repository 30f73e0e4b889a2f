/**
 * Serves the page, the project's sources with their types stripped, the bundled base and onnxruntime-web.
 *
 *   node examples/browser-trainer/serve.ts [port]
 */

import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const project = fileURLToPath(new URL('../..', import.meta.url))
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.ts': 'text/javascript',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}
/** Packages that the sources import by name, which a browser cannot look up. */
const packages: Readonly<Record<string, string>> = {
  '@huggingface/tokenizers': '/node_modules/@huggingface/tokenizers/dist/tokenizers.mjs',
  '@huggingface/jinja': '/node_modules/@huggingface/jinja/dist/index.js',
}
/** What may be asked for: nothing else of the folder is anybody's business. */
const open = /^\/(examples\/browser-trainer|src|base|node_modules\/(onnxruntime-web|@huggingface\/(tokenizers|jinja))\/dist)\//

export function serve(port: number): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const path = pathname === '/' ? '/examples/browser-trainer/index.html' : normalize(pathname)
    const send = async (): Promise<void> => {
      if (!open.test(path)) throw new Error(`${path} is not served`)
      const bytes = await readFile(join(project, path.replace(/^\/base\//, '/examples/base/model/')))
      response.writeHead(200, {
        'content-type': types[extname(path)] ?? 'application/octet-stream',
        // What a page needs before it may have threads.
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      })
      response.end(path.endsWith('.ts') ? forBrowsers(bytes.toString()) : bytes)
    }
    send().catch(() => response.writeHead(404).end())
  })
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
}

function forBrowsers(source: string): string {
  return stripTypeScriptTypes(source).replaceAll(/(from\s+')([^'.][^']*)'/g, (whole, from: string, name: string) =>
    packages[name] === undefined ? whole : `${from}${packages[name]}'`,
  )
}

if (import.meta.main) {
  const port = Number(process.argv[2] ?? 4173)
  await serve(port)
  console.log(`http://127.0.0.1:${port}`)
}
