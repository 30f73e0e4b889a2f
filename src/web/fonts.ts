/** Fonts for the scripts of India's languages and Latin, served by us: many phones have no Ol Chiki, Meitei Mayek or Nastaliq, and no page asks a third party. */

import { readFileSync } from 'node:fs'
import { packageFolder } from './packages.ts'

const packageOf = (family: string): URL => packageFolder(`@fontsource-variable/${family}`)

/** Each script's own font, and which of its subsets are wanted: Latin comes from Noto Sans alone. */
const families: readonly { readonly name: string; readonly subsets: readonly string[] }[] = [
  { name: 'noto-sans', subsets: ['latin', 'latin-ext', 'vietnamese', 'cyrillic', 'greek', 'devanagari'] },
  { name: 'noto-sans-bengali', subsets: ['bengali'] },
  { name: 'noto-sans-gujarati', subsets: ['gujarati'] },
  { name: 'noto-sans-gurmukhi', subsets: ['gurmukhi'] },
  { name: 'noto-sans-kannada', subsets: ['kannada'] },
  { name: 'noto-sans-malayalam', subsets: ['malayalam'] },
  { name: 'noto-sans-meetei-mayek', subsets: ['meetei-mayek'] },
  { name: 'noto-sans-ol-chiki', subsets: ['ol-chiki'] },
  { name: 'noto-sans-oriya', subsets: ['oriya'] },
  { name: 'noto-sans-tamil', subsets: ['tamil'] },
  { name: 'noto-sans-telugu', subsets: ['telugu'] },
  { name: 'noto-sans-arabic', subsets: ['arabic'] },
  { name: 'noto-nastaliq-urdu', subsets: ['arabic'] },
  { name: 'noto-sans-mono', subsets: ['latin', 'latin-ext'] },
]

interface Face {
  /** `noto-sans-tamil-tamil-wght-normal.woff2` */
  readonly file: string
  readonly rule: string
  readonly folder: URL
}

/** One rule of a package's index.css, with the subset's name in the comment before it. */
const facePattern = /\/\* (\S+) \*\/\s*(@font-face \{[^}]*\})/g

function faces(): Face[] {
  return families.flatMap(({ name, subsets }) => {
    const css = readFileSync(new URL('index.css', packageOf(name)), 'utf8')
    return [...css.matchAll(facePattern)].flatMap(([, label, rule]) => {
      const subset = subsets.find((it) => label === `${name}-${it}-wght-normal`)
      return subset && rule ? [{ file: `${label}.woff2`, rule, folder: new URL('files/', packageOf(name)) }] : []
    })
  })
}

/** The rules, their addresses beside the stylesheet's own. A browser loads only the ranges a page has characters of. */
export function fontFaces(): string {
  return faces()
    .map(({ rule }) => rule.replace('url(./files/', 'url(fonts/'))
    .join('\n')
}

export function fontFiles(): ReadonlyMap<string, URL> {
  return new Map(faces().map(({ file, folder }) => [file, new URL(file, folder)]))
}
