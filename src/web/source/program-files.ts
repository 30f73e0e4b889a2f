/** The files of this program that anybody may read: its source, its documents and how its bundled models were made. Never what an operator keeps beside them. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = new URL('../../../', import.meta.url)
const folders = ['bench', 'bin', 'docs', 'examples', 'scripts', 'src']
const files = [
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'eslint.config.js',
  'package-lock.json',
  'package.json',
  'tsconfig.json',
]
/** Text that people read. Weights, pictures and fonts are served where they are used. */
const readable = /\.(ts|js|json|md|css|svg|ya?ml|html|jsonl|txt)$/

let known: readonly string[] | null = null

/** Paths below the program's folder, sorted. */
export function programFiles(): readonly string[] {
  known ??= [...files.filter(isThere), ...folders.flatMap(filesIn)].sort()
  return known
}

/** The text of one of them; null for any other path. */
export function programFile(path: string): string | null {
  return programFiles().includes(path) ? readFileSync(new URL(path.split('/').map(encodeURIComponent).join('/'), root), 'utf8') : null
}

/** What lies directly in a folder ('' is the whole program): names of files, and of folders with a slash behind; null where there is no such folder. */
export function programFolder(path: string): readonly string[] | null {
  const below = programFiles().filter((file) => file.startsWith(path))
  if ((path !== '' && !path.endsWith('/')) || below.length === 0) return null
  const names = below.map((file) => /^[^/]*\/?/.exec(file.slice(path.length))![0])
  return [...new Set(names)].sort((a, b) => Number(b.endsWith('/')) - Number(a.endsWith('/')) || (a < b ? -1 : 1))
}

function isThere(path: string): boolean {
  return statSync(new URL(path, root), { throwIfNoEntry: false })?.isFile() ?? false
}

function filesIn(folder: string): string[] {
  if (!statSync(new URL(folder, root), { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(new URL(`${folder}/`, root), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readable.test(entry.name))
    .map((entry) => relative(fileURLToPath(root), join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').some((part) => part.startsWith('.') || part === 'node_modules'))
}
