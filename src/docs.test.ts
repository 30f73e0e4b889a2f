/** The pages that are made from the program say what the program does. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { generatedPages } from '../scripts/make-docs.ts'

test('configuration, commands and API pages are current; if not, run `npm run docs`', async () => {
  for (const [file, text] of await generatedPages()) {
    const written = await readFile(new URL(`../${file}`, import.meta.url), 'utf8')
    assert.ok(written === text, `${file} is stale`)
  }
})

test('every file that README and the pages link to is there', async () => {
  for (const page of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']) {
    const text = await readFile(new URL(`../${page}`, import.meta.url), 'utf8')
    for (const [, link] of text.matchAll(/\]\((?!https?:)([^)#]+)/g))
      await readFile(new URL(`../${link}`, import.meta.url)).catch(() => assert.fail(`${page} links to ${link}, which is not there`))
  }
})
