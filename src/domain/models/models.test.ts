import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../errors.ts'
import { operator } from '../people/actor.ts'
import { openCommunity } from '../testing.ts'
import { addSuite, type NewSuite } from './add-suite.ts'
import { createModel } from './create-model.ts'
import { parseModelName } from './model-name.ts'
import { findModel, listModels } from './model-queries.ts'
import { currentRules } from './review-rules-queries.ts'
import { bandsOf, comparableText, comparedText, isNear, numbersIn, shinglesOf, similarity, textKey } from './near-text.ts'
import { findSuite, listSuites, readSuite } from './suite-queries.ts'

const jsonl = (...rows: unknown[]) => new TextEncoder().encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))

test('a community model has its base, charter, quorum and policy, and is found by owner/name', async (t) => {
  const { db } = await openCommunity(t)
  const made = await createModel({ db }, operator, 'tamil/nanban', {
    base: 'tiny',
    description: 'Speaks Tamil',
    charter: ['Answers in the language it is asked in.'],
    quorum: 2,
    licencePolicy: { allow: ['CC0-1.0', 'CC-BY-4.0'] },
  })
  assert.deepEqual(await findModel(db, 'tamil/nanban'), made)
  assert.deepEqual([made.base, made.charter.length, made.licencePolicy.allow], ['tiny', 1, ['CC0-1.0', 'CC-BY-4.0']])
  assert.deepEqual((await currentRules(db, made.id)).rules.quorum, { kind: 'fixed', n: 2 })
  assert.deepEqual(
    (await listModels(db)).map(({ owner, name }) => `${owner}/${name}`),
    ['marathi/saathi', 'tamil/nanban'],
  )
})

test('a model that cannot be is refused in words', async (t) => {
  const { db, asha } = await openCommunity(t)
  const create = (name: string, input: Partial<Parameters<typeof createModel>[3]> = {}) =>
    createModel({ db }, operator, name, { base: 'tiny', ...input })
  await assert.rejects(create('marathi/saathi'), { code: 'conflict' })
  await assert.rejects(create('a/b', { base: 'none' }), { code: 'not-found', message: /no base model called "none"/ })
  await assert.rejects(create('a/b', { quorum: 0 }), { code: 'invalid' })
  await assert.rejects(create('a/b', { charter: [''] }), { code: 'invalid', message: /Clause 1 of the charter/ })
  await assert.rejects(create('a/b', { licencePolicy: { allow: ['CC-BY'] } }), { code: 'invalid', message: /Did you mean CC-BY-4\.0\?/ })
  await assert.rejects(create('a/b', { licencePolicy: { allow: [] } }), { code: 'invalid' })
  await assert.rejects(createModel({ db }, asha, 'a/b', { base: 'tiny' }), { code: 'forbidden' })
})

test('a model name is two plain parts, never a path', () => {
  assert.deepEqual(parseModelName('marathi/saathi-0.5b_v2'), { owner: 'marathi', name: 'saathi-0.5b_v2' })
  for (const bad of [
    'saathi',
    'a/b/c',
    '../saathi',
    'a/..',
    '/a',
    'a/',
    'A/b',
    'a/b c',
    'a/b.git',
    'a/-b',
    'a/b--c',
    'a\\b/c',
    `a/${'b'.repeat(48)}`,
    'api/v1',
    'a/माय',
  ])
    assert.throws(() => parseModelName(bad), { name: 'AppError', code: 'invalid' }, bad)
  fc.assert(
    fc.property(fc.string(), (input) => {
      try {
        const { owner, name } = parseModelName(input)
        assert.match(`${owner}/${name}`, /^[a-z0-9][a-z0-9._-]*\/[a-z0-9][a-z0-9._-]*$/)
      } catch (error) {
        assert.ok(error instanceof AppError)
      }
    }),
  )
})

test('a suite keeps its samples, and one of the same name replaces it', async (t) => {
  const { db, blobs, model } = await openCommunity(t)
  const add = (input: Partial<NewSuite>) =>
    addSuite({ db, blobs }, operator, 'marathi/saathi', {
      name: 'dates',
      kind: 'exact',
      samples: jsonl({ prompt: 'उद्या?', expected: 'शनिवार' }),
      ...input,
    })
  const first = await add({})
  const second = await add({
    samples: jsonl({ messages: [{ role: 'user', content: 'काल?' }], expected: 'गुरुवार' }, { prompt: 'परवा?', expected: 'रविवार', id: 7 }),
    tolerance: 0.1,
  })
  await add({ name: 'stories', kind: 'text', samples: jsonl({ text: 'एक होता राजा.' }), target: false })
  await add({ name: 'quiz', kind: 'choice', samples: jsonl({ prompt: '2 + 2?', choices: ['3', '4'], answer: 1 }) })
  assert.equal(second.supersedes, first.id)
  assert.deepEqual(
    (await listSuites(db, model.id)).map(({ name, kind, count, target, tolerance }) => [name, kind, count, target, tolerance]),
    [
      ['dates', 'exact', 2, true, 0.1],
      ['quiz', 'choice', 1, true, 0.02],
      ['stories', 'text', 1, false, 0.02],
    ],
  )
  assert.deepEqual(await findSuite(db, model.id, 'dates'), second)
  assert.deepEqual(await Array.fromAsync(readSuite({ blobs }, second)), [
    { kind: 'exact', messages: [{ role: 'user', content: 'काल?' }], expected: 'गुरुवार' },
    { kind: 'exact', prompt: 'परवा?', expected: 'रविवार' },
  ])
})

test('samples keep the topic and language they say, and one that says neither text nor tag is refused', async (t) => {
  const { db, blobs, model } = await openCommunity(t)
  const add = (sample: object) =>
    addSuite({ db, blobs }, operator, 'marathi/saathi', {
      name: 'dates',
      kind: 'exact',
      samples: jsonl({ prompt: 'उद्या?', expected: 'शनिवार', ...sample }),
    })
  await add({ topic: ' dates ', language: 'MR-deva' })
  assert.deepEqual(await Array.fromAsync(readSuite({ blobs }, await findSuite(db, model.id, 'dates'))), [
    { kind: 'exact', prompt: 'उद्या?', expected: 'शनिवार', topic: 'dates', language: 'mr-Deva' },
  ])
  await assert.rejects(add({ topic: 7 }), { code: 'invalid', message: /topic must be a text of at most 100 characters, not 7/ })
  await assert.rejects(add({ language: 'मराठी' }), { code: 'invalid', message: /language must be a BCP 47 tag such as mr/ })
})

test('every wrong line of a suite is named, and nothing is kept', async (t) => {
  const { db, blobs, model, asha } = await openCommunity(t)
  const add = (samples: Uint8Array, kind = 'choice') => addSuite({ db, blobs }, operator, 'marathi/saathi', { name: 'quiz', kind, samples })
  const lines = [
    '{"prompt":"a?","choices":["x","y"],"answer":0}',
    '{"prompt":"b?","choices":["x","y"],"answer":2}',
    'not json',
    '{"choices":["x","y"],"answer":0}',
    '{"prompt":"c?","choices":["x","x"],"answer":0}',
    '{"prompt":"a?","choices":["x","y"],"answer":1}',
  ].join('\n')
  await assert.rejects(add(new TextEncoder().encode(lines)), (error) => {
    assert.ok(error instanceof AppError && error.code === 'invalid')
    assert.match(error.message, /5 of the suite's lines cannot be used; line 2: answer must be the index/)
    assert.deepEqual(
      error.details.map(({ row }) => row),
      [2, 3, 4, 5, 6],
    )
    assert.match(error.details.at(-1)?.sentence ?? '', /asks the same as line 1/)
    return true
  })
  await assert.rejects(add(new Uint8Array()), { code: 'invalid', message: /has no samples/ })
  await assert.rejects(add(jsonl({}), 'essay'), { code: 'invalid', message: /There is no kind of suite "essay"/ })
  await assert.rejects(addSuite({ db, blobs }, asha, 'marathi/saathi', { name: 'quiz', kind: 'text', samples: jsonl({ text: 'x' }) }), {
    code: 'forbidden',
  })
  assert.deepEqual(await listSuites(db, model.id), [])
})

test('case, spacing, punctuation and invisible characters do not make a text another', () => {
  assert.equal(textKey('What  is this?'), textKey('what is\u200b this'))
  assert.notEqual(textKey('5-3'), textKey('53'))
  assert.equal(comparableText('???'), '???')
})

test('nearly the same texts share a band; texts that differ in a number are not the same', () => {
  const story = 'एका गावात एक म्हातारी राहत होती. तिच्या घरामागे आंब्याचे मोठे झाड होते. रोज सकाळी ती झाडाला पाणी घालत असे.'
  const near = story.replace('मोठे', 'जुने')
  const [a, b] = [shinglesOf(story), shinglesOf(near)]
  assert.ok(similarity(a, b) > 0.8 && similarity(a, b) < 1)
  assert.ok(bandsOf(a).some((band) => bandsOf(b).includes(band)))
  assert.equal(similarity(a, shinglesOf('काहीतरी पूर्णपणे वेगळे वाक्य येथे आहे')), 0)
  assert.equal(numbersIn('५ मार्च २०२४ 7'), '5 2024 7')
  const [march, april] = [
    'दिनांक 15 ऑगस्ट 1947 रोजी भारत स्वतंत्र झाला हे सर्वांना माहीत आहे',
    'दिनांक 16 ऑगस्ट 1947 रोजी भारत स्वतंत्र झाला हे सर्वांना माहीत आहे',
  ]
  assert.equal(isNear(comparedText(march), comparedText(april)), false)
  assert.equal(isNear(comparedText(march), comparedText(`${march}.`)), true)
})

test('signatures never change: they are stored', () => {
  assert.deepEqual(bandsOf(shinglesOf('मराठी भाषा')).slice(0, 2), [23_340_394_064_563, 31_229_128_710_543])
})
