/** What pages load besides themselves: styles, fonts, browser modules. One digest over all of it stands in every address, so a browser may keep them for ever. */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { Hono } from 'hono'
import { AppError } from '../errors.ts'
import { fontFaces, fontFiles } from './fonts.ts'
import { packageFolder } from './packages.ts'

interface Asset {
  readonly type: string
  readonly body: string | Uint8Array<ArrayBuffer>
}

const here = new URL('./', import.meta.url)

/** Libraries that browser modules import by name, and the folder in each package that is served. Their licences are in docs/dependencies.md. */
const libraries: Readonly<Record<string, { readonly folder: string; readonly entry: string; readonly styles?: string }>> = {
  uplot: { folder: 'dist/', entry: 'uPlot.esm.js', styles: 'uPlot.min.css' },
  '@simplewebauthn/browser': { folder: 'esm/', entry: 'index.js' },
}

const assets = new Map<string, Asset>()

for (const name of filesUnder(new URL('browser/', here), /(?<!\.test)\.ts$/))
  assets.set(`browser/${name}`, { type: 'text/javascript', body: moduleOf(new URL(`browser/${name}`, here)) })
for (const [name, { folder, entry, styles }] of Object.entries(libraries)) {
  const own = new URL(folder, packageFolder(name))
  const wanted = name === 'uplot' ? [entry, styles ?? ''] : filesUnder(own, /\.js$/)
  for (const file of wanted)
    assets.set(`lib/${name}/${file}`, {
      type: file.endsWith('.css') ? 'text/css' : 'text/javascript',
      body: readFileSync(new URL(file, own), 'utf8'),
    })
}
for (const [name, file] of fontFiles()) assets.set(`fonts/${name}`, { type: 'font/woff2', body: new Uint8Array(readFileSync(file)) })
assets.set('fonts.css', { type: 'text/css', body: fontFaces() })
assets.set('style.css', {
  type: 'text/css',
  body: filesUnder(new URL('style/', here), /\.css$/)
    .map((name) => readFileSync(new URL(`style/${name}`, here), 'utf8'))
    .join('\n'),
})
assets.set('icon.svg', { type: 'image/svg+xml', body: readFileSync(new URL('style/icon.svg', here), 'utf8') })

const edition = digestOf(assets)

/** The address of an asset: `style.css`, `browser/chat.ts`, `lib/uplot/uPlot.min.css`. */
export function assetPath(name: string): string {
  if (!assets.has(name)) throw new AppError('not-found', `There is no asset ${name}; browser modules lie in src/web/browser.`)
  return `/assets/${edition}/${name}`
}

/** A year, the longest that caches honour: the address changes when the content does. */
const FOR_EVER = 'public, max-age=31536000, immutable'

export function assetRoutes(): Hono {
  return new Hono().get('/:edition/:name{.+}', (c) => {
    const asset = assets.get(c.req.param('name'))
    if (!asset) throw new AppError('not-found', `There is nothing at ${c.req.path}.`)
    c.header('content-type', /^text|svg/.test(asset.type) ? `${asset.type}; charset=utf-8` : asset.type)
    c.header('cache-control', c.req.param('edition') === edition ? FOR_EVER : 'no-cache')
    return c.body(asset.body)
  })
}

/** Node strips types in place, so line numbers stay true; names of libraries become addresses. */
function moduleOf(file: URL): string {
  const source = withoutWarning(() => stripTypeScriptTypes(readFileSync(file, 'utf8'), { mode: 'strip' }))
  return source.replaceAll(/(\bfrom\s*|\bimport\s*\(\s*)'([^'.][^']*)'/g, (whole, before: string, name: string) => {
    const library = libraries[name]
    const depth = '../'.repeat(file.pathname.slice(new URL('browser/', here).pathname.length).split('/').length)
    return library ? `${before}'${depth}lib/${name}/${library.entry}'` : whole
  })
}

/** Stripping types is announced as experimental on stderr, once a start; it is how this very program runs. */
function withoutWarning<T>(work: () => T): T {
  const usual = Object.getOwnPropertyDescriptor(process, 'emitWarning')
  process.emitWarning = () => undefined
  try {
    return work()
  } finally {
    if (usual) Object.defineProperty(process, 'emitWarning', usual)
  }
}

function filesUnder(folder: URL, wanted: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => wanted.test(name))
    .sort()
}

function digestOf(all: ReadonlyMap<string, Asset>): string {
  const hash = createHash('sha256')
  for (const [name, { body }] of all) hash.update(name).update(body)
  return hash.digest('hex').slice(0, 12)
}
