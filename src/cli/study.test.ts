/** Studies as commands: a learning rate found and taken up, an answer traced, runs averaged; words, JSON and refusals. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { goldenFolder } from '../formats/testing/model-files.ts'
import type { Answers } from '../http/api/schemas.ts'
import type { StudyAnswers } from '../http/api/study-schemas.ts'
import { serving } from './testing.ts'

test('a rate is found and taken into the recipe, and an answer is traced to who taught it', async (t) => {
  const { home, cw, json, as } = await serving(t)
  const words = 'एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा'.split(' ')
  const file = async (name: string, text: string) => {
    await writeFile(join(home, name), text)
    return join(home, name)
  }
  const taught = words.map((word, i) => JSON.stringify({ prompt: `${i + 1} =`, completion: ` ${word}` }))
  const examples = await file('numbers.jsonl', taught.join('\n'))
  const recipe = await file('recipe.yaml', 'rank: 4\nbatchSize: 4\nmaxLength: 48\nepochs: 1\n')
  await json('base', 'add', goldenFolder, '--name', 'tiny', '--licence', 'Apache-2.0')
  await json('model', 'create', 'marathi/saathi', '--base', 'tiny', '--recipe', recipe)
  const { token } = await json<{ token: string }>('person', 'add', 'asha', '--role', 'contributor')
  const offer = ['--licence', 'CC-BY-4.0', '--language', 'mr', '--origin', 'human', '--source', 'written for this', '--message', 'Numbers']
  await as(token).json('contribute', 'marathi/saathi', examples, ...offer)
  await json('review', '1', '--accept', '--message', 'Read all of it')

  const refused = await as(token).cw('recipe', 'find-rate', 'marathi/saathi')
  assert.match(refused.err, /^error: .*takes a reviewer/)
  assert.match((await cw('recipe', 'find-rate', 'marathi/saathi', '--steps', '3')).err, /3 steps are not a search; choose 20 to 1000/)
  const found = await cw('recipe', 'find-rate', 'marathi/saathi', '--steps', '40')
  assert.equal(found.code, 0, found.err)
  assert.match(found.out, /^Study 1 of marathi\/saathi, learning rate, revision 1: finished\n/)
  assert.match(found.out, /Suggested is a quarter of that: [\d.e-]+\./)
  assert.match(found.out, /\nrate +loss\n/)
  const study = await json<StudyAnswers['rateStudy']>('study', 'show', '1')
  const taken = await json<Answers['communityModel']>('recipe', 'take-rate', '1', '--message', 'It was a guess before')
  assert.match(taken.recipe, new RegExp(`^learningRate: ${study.result!.suggested}$`, 'm'))
  assert.match((await cw('model', 'log', 'marathi/saathi')).out, /It was a guess before/)

  await json('train', 'marathi/saathi')
  const traced = await json<StudyAnswers['traceStudy']>('trace', 'marathi/saathi', '--answer', '7 = सात', '--keep', '2')
  assert.deepEqual(traced.result!.pull[0]!.content, { prompt: '7 =', completion: ' सात' })
  const shown = await cw('study', 'show', String(traced.id))
  assert.match(shown.out, /Pull towards it:\nstrength +contribution +example\n1\.000 +1 +sha256:\w{12} +7 = → सात\n/)
  assert.match((await cw('study', 'list', 'marathi/saathi')).out, /trace +finished +1 +1 +\d+ of 12 pull/)
  assert.match((await cw('trace', 'marathi/saathi@9.9.9', '--answer', 'x')).err, /^error: .*9\.9\.9/)
})
