/** The import table of ARCHITECTURE.md and the invariants of absence, as a test. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const src = dirname(fileURLToPath(import.meta.url))

/** The stages in the order of the flow: a stage imports itself and earlier ones. */
const STAGES = [
  'people',
  'notifications',
  'lineage',
  'models',
  'contributions',
  'reviews',
  'datasets',
  'training',
  'evaluation',
  'releases',
  'builds',
  'previews',
  'release-train',
  'receipts',
  'forecasts',
  'studies',
  'advisories',
  'assistants',
  'feedback',
  'conversation',
]

/** What a folder may import besides itself; a path ending in .ts is that one file. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  formats: [],
  ml: ['formats'],
  storage: ['formats', 'errors.ts', 'config.ts'],
  trainers: ['ml', 'formats', 'storage/blobs.ts', 'errors.ts'],
  engines: ['ml', 'formats', 'storage/blobs.ts', 'errors.ts'],
  domain: [
    'formats',
    'ml',
    'errors.ts',
    'storage/blobs.ts',
    'storage/database.ts',
    'storage/schema.ts',
    'storage/jobs.ts',
    'trainers/trainer.ts',
    'engines/engine.ts',
  ],
  http: ['domain', 'formats', 'errors.ts', 'storage/blobs.ts', 'storage/jobs.ts', 'storage/database.ts', 'engines/engine.ts'],
  web: [
    'domain',
    'http/errors.ts',
    'http/limits.ts',
    'http/auth.ts',
    'http/session-cookie.ts',
    'http/site.ts',
    'formats',
    'errors.ts',
    'storage/blobs.ts',
    'storage/jobs.ts',
    'storage/database.ts',
    'engines/engine.ts',
  ],
  cli: ['http/client.ts', 'http/api', 'app.ts', 'config.ts', 'formats', 'errors.ts'],
}

interface Import {
  readonly file: string
  readonly target: string
}

function sources(): string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
}

/** Test files, and what only they use, may reach for whatever makes the test real. */
const isTestCode = (path: string) => /\.test\.ts$|\.conformance\.ts$|(^|\/)testing(\.ts$|\/)|(^|\/)test-[\w-]+\.ts$/.test(path)

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8')
  const found = text.matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)
  return [...found].map(([, specifier]) => ({ file, target: relative(src, resolve(src, dirname(file), specifier as string)) }))
}

function allowed({ file, target }: Import): boolean {
  const folder = file.split('/')[0] as string
  const rules = MAY_IMPORT[folder]
  if (rules === undefined) return true
  // The demo plays the bundled community.
  if (folder === 'cli' && target.startsWith('../examples/')) return true
  if (target.startsWith(`${folder}/`)) return folder !== 'domain' || stageAllows(file, target)
  return rules.some((rule) => (rule.endsWith('.ts') ? target === rule : target.startsWith(`${rule}/`)))
}

function stageAllows(file: string, target: string): boolean {
  const [from, to] = [file, target].map((path) => STAGES.indexOf(path.split('/')[1] as string)) as [number, number]
  return from === -1 || (to !== -1 && to <= from)
}

const production = sources().filter((file) => !isTestCode(file))

test('every import follows the table: folders by layer, stages only backwards', () => {
  const broken = production.flatMap(importsOf).filter((it) => !allowed(it))
  assert.deepEqual(
    broken.map(({ file, target }) => `${file} imports ${target}`),
    [],
  )
})

test('the rule would notice: a format importing storage, a stage importing a later one', () => {
  assert.equal(allowed({ file: 'formats/gguf.ts', target: 'storage/files.ts' }), false)
  assert.equal(allowed({ file: 'domain/models/add-base.ts', target: 'domain/releases/release.ts' }), false)
  assert.equal(allowed({ file: 'domain/releases/release.ts', target: 'domain/models/base.ts' }), true)
})

test('only the composition root names an implementation, and only main, cli and tests import it', () => {
  const implementations = ['storage/pglite.ts', 'storage/postgres.ts', 'storage/files.ts', 'trainers/local/', 'engines/llama-cpp']
  const named = production
    .flatMap(importsOf)
    .filter(({ file }) => file !== 'app.ts' && !/^(storage|trainers|engines)\//.test(file))
    .filter(({ target }) => implementations.some((path) => target.startsWith(path)))
  assert.deepEqual(named, [])
  const rootUsers = production.flatMap(importsOf).filter(({ target }) => target === 'app.ts')
  assert.deepEqual(
    rootUsers.map(({ file }) => file).filter((file) => file !== 'main.ts' && !file.startsWith('cli/')),
    [],
  )
})

test('formats and ml do no I/O and read no clock', () => {
  const forbidden =
    /from 'node:(fs|net|http|https|child_process|worker_threads|os)|Date\.now|new Date\(\)|Math\.random|performance\.now|process\.env/
  const guilty = production
    .filter((file) => /^(formats|ml)\//.test(file))
    .filter((file) => forbidden.test(readFileSync(join(src, file), 'utf8')))
  assert.deepEqual(guilty, [])
})

test('snake_case names stand only in formats', () => {
  const declared = /\b(?:const|let|function|readonly)\s+([a-z]+_[a-z_]+)\b/
  const guilty = production
    .filter((file) => !file.startsWith('formats/'))
    .filter((file) => declared.test(readFileSync(join(src, file), 'utf8')))
  assert.deepEqual(guilty, [])
})

test('HTTP status codes stand only in http/errors.ts', () => {
  const status = /\bstatus\s*[:(=]\s*[45]\d\d\b|c\.(?:json|text)\([^\n]*,\s*[45]\d\d\)/
  const guilty = production.filter((file) => file !== 'http/errors.ts').filter((file) => status.test(readFileSync(join(src, file), 'utf8')))
  assert.deepEqual(guilty, [])
})

test('the environment is read in config.ts alone', () => {
  const guilty = production
    .filter((file) => file !== 'config.ts')
    // Setting a variable for a library that knows no other switch (trainers/local/onnx-runtime.ts) reads nothing, nor does handing all on to a process of our own.
    .filter((file) => /(?<!\.\.\.)process\.env(?!\['\w+'\] = )/.test(readFileSync(join(src, file), 'utf8')))
  assert.deepEqual(guilty, [])
})
