/** Suites from a terminal: what is retired is asked no more, and is taken up again. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { goldenFolder } from '../formats/testing/model-files.ts'
import type { Answers } from '../http/api/schemas.ts'
import type { SuiteRetirementAnswer } from '../http/api/suites.ts'
import { serving } from './testing.ts'

test('a suite is retired, listed apart and taken up again with commands, by a maintainer who says why', async (t) => {
  const { home, cw, json, as } = await serving(t)
  const model = 'marathi/saathi'
  await json('base', 'add', goldenFolder, '--name', 'tiny', '--licence', 'Apache-2.0')
  await json('model', 'create', model, '--base', 'tiny')
  const file = join(home, 'dates.jsonl')
  const add = (name: string, ...more: string[]) =>
    json<Answers['suite']>('suite', 'add', model, file, '--name', name, '--kind', 'exact', ...more)
  writeFileSync(file, '{"prompt": "उद्या?", "expected": "शनिवार"}\n')
  assert.equal((await add('dates', '--licence', 'CC-BY-4.0', '--source', 'meera')).licence, 'CC-BY-4.0')
  // Its next version says nothing of its licence, and keeps it.
  const { licence, source } = await add('dates')
  assert.deepEqual([licence, source], ['CC-BY-4.0', 'meera'])
  assert.match(
    (await cw('suite', 'retire', model, 'dates', '--message', 'Too easy')).err,
    /dates is the only suite a release of marathi\/saathi/,
  )
  await add('times')
  const { token } = await json<{ token: string }>('person', 'add', 'ravi', '--role', 'reviewer')
  assert.match((await as(token).cw('suite', 'retire', model, 'dates', '--message', 'x')).err, /this takes a maintainer/)
  const { code, out } = await cw('suite', 'retire', model, 'dates', '--message', 'Too easy')
  assert.equal(code, 0)
  assert.match(out, /^dates is retired: .*"suite take-up marathi\/saathi dates" undoes this\.\n$/)
  const names = async (...more: string[]) => (await json<Answers['suite'][]>('suite', 'list', model, ...more)).map(({ name }) => name)
  assert.deepEqual([await names(), await names('--retired')], [['times'], ['dates']])
  assert.equal((await json<Answers['suite']>('suite', 'take-up', model, 'dates', '--message', 'Not so easy')).retiredAt, null)
  const log = await json<SuiteRetirementAnswer[]>('suite', 'log', model, 'dates')
  assert.deepEqual(
    log.map(({ retired, message, by }) => [retired, message, by]),
    [
      [false, 'Not so easy', 'operator'],
      [true, 'Too easy', 'operator'],
    ],
  )
})
