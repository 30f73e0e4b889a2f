/** Openness from a terminal, from a base that is declared to a release that is graded. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readMofRecord } from '../formats/mof.ts'
import { goldenFolder } from '../formats/testing/model-files.ts'
import type { OpennessAnswers } from '../http/api/openness-schemas.ts'
import { serving } from './testing.ts'

const words = 'एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा'.split(' ')
const asked = words.flatMap((one) => words.map((other) => `${one} ${other}?`))

test('what is open of a base is declared and a release is graded by it, with commands', async (t) => {
  const { home, cw, json } = await serving(t)
  const file = (name: string, text: string): string => {
    writeFileSync(join(home, name), text)
    return join(home, name)
  }
  const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  await json('base', 'add', goldenFolder, '--name', 'tiny', '--licence', 'Apache-2.0')

  const has = ['model-architecture', 'technical-report', 'model-card', 'data-card', 'training-code'].flatMap((component) => [
    '--has',
    `${component}=https://example.org/${component}`,
    '--licence',
    `${component}=CC-BY-4.0`,
  ])
  const declared = await json<OpennessAnswers['ofBase']>('openness', 'declare', 'tiny', ...has, '--message', 'Read there')
  assert.equal(declared.current!.components.length, 5)
  const dropped = await json<OpennessAnswers['ofBase']>('openness', 'declare', 'tiny', '--drop', 'training-code', '--message', 'Gone')
  assert.deepEqual([dropped.current!.components.length, dropped.history.length], [4, 2])
  for (const [wrong, says] of [
    [['--drop', 'datasets'], /datasets is not declared/],
    [['--has', 'data-card'], /must read component=value/],
    [['--licence', 'datasets=MIT'], /Say with --has datasets=<address>/],
    [['--record', file('wrong.yml', 'a: 1')], /Say in source where the record can be read/],
  ] as const)
    assert.match((await cw('openness', 'declare', 'tiny', ...wrong, '--message', 'x')).err, says)
  const shown = await cw('openness', 'show', 'tiny')
  assert.match(shown.out, /^tiny: no openness class yet; class III \(open model\): 5 of 6 open, lacks evaluation-results\n/)
  assert.match(shown.out, /Declared by operator on \d{4}-\d\d-\d\d: Gone\n$/)

  await json('model', 'create', 'marathi/saathi', '--base', 'tiny', '--recipe', file('recipe.yaml', 'rank: 4\nbatchSize: 8\nmaxLength: 64\nepochs: 12\nlearningRate: 0.01\n')) // prettier-ignore
  const guard = file('guard.jsonl', lines(asked.slice(0, 24).map((prompt) => ({ prompt, choices: ['ok', 'x'], answer: 0 }))))
  await json('suite', 'add', 'marathi/saathi', guard, '--name', 'answers', '--kind', 'choice', '--licence', 'CC0-1.0')
  const rows = file('rows.jsonl', lines(asked.slice(24, 64).map((prompt) => ({ prompt, completion: 'ok' }))))
  const provenance = ['--licence', 'CC-BY-4.0', '--language', 'mr', '--origin', 'human', '--source', 'written for this test']
  await json('contribute', 'marathi/saathi', rows, ...provenance, '--message', 'Answers', '--sign-off', 'the operator')
  const { token } = await json<{ token: string }>('person', 'add', 'ravi', '--role', 'reviewer')
  await json('--token', token, 'review', '1', '--accept', '--message', 'Read')
  await json('train', 'marathi/saathi')
  await json('release', 'marathi/saathi', '--version', '0.1.0')

  const first = await cw('openness', 'show', 'marathi/saathi')
  assert.match(
    first.out,
    /^marathi\/saathi@0\.1\.0: no openness class yet; class III \(open model\): 5 of 6 open, lacks technical-report\n/,
  )
  assert.match(first.out, /\n {2}technical-report, release: There is none here\.\n/)
  assert.match(first.out, /\nevaluation-data +open +CC0-1\.0\n/)
  assert.match((await cw('release', 'show', 'marathi/saathi@0.1.0')).out, /openness: no openness class yet; class III/)
  assert.match((await cw('release', 'list', 'marathi/saathi')).out, /0\.1\.0 +published +\d{4}-\d\d-\d\d +none /)
  const report = ['--has', 'technical-report=https://example.org/report', '--licence', 'technical-report=CC-BY-4.0']
  await json('openness', 'declare', 'marathi/saathi', ...report, '--message', 'We wrote it')
  const again = await json<OpennessAnswers['ofRelease']>('openness', 'show', 'marathi/saathi@latest')
  assert.deepEqual([again.graded!.class, again.today!.class], [null, 3])
  assert.match((await cw('openness', 'show', 'marathi/saathi')).out, /Graded today: class III \(open model\); class II/)
  const { components } = readMofRecord((await cw('openness', 'show', 'marathi/saathi', '--record')).out, () => 'data')
  assert.equal(components.find(({ name }) => name === 'Evaluation data')?.licence, 'CC0-1.0')
  assert.ok(!components.some(({ name }) => name === 'Datasets'), 'nobody has said where the data of the base is')
})
