import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { checkComponents } from '../../src/domain/models/openness-declaration.ts'
import { programFile, programFolder } from '../../src/web/source/program-files.ts'
import { baseOpenness } from './openness.ts'
import type { BuildRecord } from './model-card.ts'

test('everything declared of the bundled base is a file or folder that this program shows', () => {
  assert.equal(checkComponents(baseOpenness.components).length, baseOpenness.components.length)
  for (const address of [...baseOpenness.components.map((one) => one.address), baseOpenness.source]) {
    const path = address.replace('/source/', '')
    assert.ok(programFile(path) ?? programFolder(path), address)
  }
})

test('the data card says how many examples the base was made from', () => {
  const record = JSON.parse(readFileSync(new URL('model/build.json', import.meta.url), 'utf8')) as BuildRecord
  const card = readFileSync(new URL('DATA.md', import.meta.url), 'utf8')
  assert.ok(card.includes(`${record.data.examples.toLocaleString('en')} questions`))
})
