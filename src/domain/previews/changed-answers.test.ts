import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Comparison, SampleResult } from '../evaluation/evaluation.ts'
import type { SuiteSample } from '../models/suite.ts'
import { changedAnswers } from './changed-answers.ts'
import type { SuiteEffect } from './preview-report.ts'
import { onlyNoise, previewSentences } from './preview-words.ts'

const asking = (expected: string): SuiteSample => ({ kind: 'exact', prompt: `${expected}?`, expected })
const answering = (...answers: readonly string[]): SampleResult[] =>
  answers.map((answer, index) => ({ index, kind: 'exact', answer, right: answer === 'right' }))

test('an answer that the control gives too is not the proposal’s doing', () => {
  const samples = Array.from({ length: 5 }, () => asking('right'))
  const { list, proposal, steps, unknown, kept } = changedAnswers(samples, {
    before: answering('wrong', 'wrong', 'right', 'right', 'right'),
    after: answering('right', 'right', 'lost', 'right', 'right '),
    control: answering('right', 'wrong', 'third', 'lost', 'right'),
  })
  assert.deepEqual(
    list.map(({ index, change, cause }) => [index, change, cause]),
    [
      [2, 'worse', 'proposal'],
      [1, 'better', 'proposal'],
      [0, 'better', 'steps'],
    ],
  )
  assert.deepEqual([proposal, steps], [{ better: 1, worse: 1, other: 0 }, { better: 1, worse: 0, other: 0 }]) // prettier-ignore
  assert.deepEqual([unknown, kept], [{ better: 0, worse: 0, other: 0 }, 1])
  assert.deepEqual(list[0], {
    index: 2,
    asked: 'right?',
    expected: 'right',
    before: { kind: 'answer', text: 'right', right: true },
    after: { kind: 'answer', text: 'lost', right: false },
    control: { kind: 'answer', text: 'third', right: false },
    change: 'worse',
    cause: 'proposal',
  })
})

test('without a control nothing is said about the cause', () => {
  const results = { before: answering('wrong', 'wrong'), after: answering('right', 'other'), control: null }
  const { list, unknown } = changedAnswers([asking('right'), asking('right')], results)
  assert.deepEqual(
    list.map(({ cause }) => cause),
    [null, null],
  )
  assert.deepEqual(unknown, { better: 1, worse: 0, other: 1 })
})

test('of texts, the bits per byte are compared: small moves are none, and the larger part of a move has its cause', () => {
  const samples: SuiteSample[] = ['one', 'two', 'three'].map((text) => ({ kind: 'text', text }))
  const bits = (...values: readonly number[]): SampleResult[] =>
    values.map((value, index) => ({ index, kind: 'text', nats: value * Math.LN2 * 10, bytes: 10, tokens: 3 }))
  const { list } = changedAnswers(samples, { before: bits(2, 2, 2), after: bits(1, 1.99, 2.5), control: bits(1.2, 2, 2.1) })
  assert.deepEqual(
    list.map(({ index, change, cause, expected }) => [index, change, cause, expected]),
    [
      [2, 'worse', 'proposal', null],
      [0, 'better', 'steps', null],
    ],
  )
})

test('a choice is shown as its words, and one that no evaluation has is a bug', () => {
  const sample: SuiteSample = { kind: 'choice', prompt: 'Which?', choices: ['this', 'that'], answer: 1 }
  const picking = (picked: number): SampleResult[] => [{ index: 0, kind: 'choice', nats: [1, 2], picked, right: picked === 1, pickedPerByte: 0 }] // prettier-ignore
  const { list } = changedAnswers([sample], { before: picking(0), after: picking(1), control: picking(0) })
  assert.deepEqual([list[0]!.expected, list[0]!.before], ['that', { kind: 'answer', text: 'this', right: false }])
  assert.throws(() => changedAnswers([sample, sample], { before: picking(0), after: picking(1), control: null }), TypeError)
})

const comparison = (verdict: Comparison['verdict'], difference: number): Comparison => ({
  suite: {
    id: 1,
    name: 'dates',
    kind: 'exact',
    role: 'measure',
    clause: null,
    blocks: null,
    digest: 'sha256:0',
    target: true,
    tolerance: 0.01,
  },
  metric: 'exact-match',
  subject: { evaluationId: 2, score: 0.9 + difference },
  baseline: { evaluationId: 1, score: 0.9 },
  difference,
  interval: [difference - 0.02, difference + 0.02],
  pValue: verdict === 'undecided' ? 0.5 : 0.01,
  smallestDetectable: 0.03,
  samples: 200,
  verdict,
})
const none = { better: 0, worse: 0, other: 0 }
const effect = (of: Partial<SuiteEffect>): SuiteEffect => ({
  against: comparison('undecided', 0.005),
  effect: comparison('undecided', 0.005),
  drift: comparison('undecided', 0),
  answers: { proposal: { better: 2, worse: 1, other: 0 }, steps: none, unknown: none, kept: 0, list: [] },
  ...of,
})
const words = (suites: readonly SuiteEffect[], other: object = {}) =>
  previewSentences({ baseline: 'release 0.1.0', cold: false, hasControl: true, suites, passes: 3, examples: 500, ...other })

test('what does not differ from its control only repeats noise, and that is said with what could not be seen', () => {
  assert.equal(onlyNoise([effect({})]), true)
  const said = words([effect({})])
  assert.match(said[0]!, /^Only repeats noise: no suite tells the proposal from the same training without it \(dates \+0\.5 points/)
  assert.match(said[1]!, /^Effects smaller than 3\.0 points on dates would rarely be seen/)
  assert.match(said.join('\n'), /3 of 200 answers change: 3 with the proposal alone \(2 better, 1 worse\)\./)
})

test('a difference from the control is said with its interval, and a loss is named', () => {
  const worse = effect({ against: comparison('worse', -0.1), effect: comparison('worse', -0.12) })
  const said = words([worse])
  assert.equal(onlyNoise([worse]), false)
  assert.match(said[0]!, /^dates: the proposal makes it worse, by −12\.0 points \(95 %: −14\.0 points to −10\.0 points\)/)
  assert.ok(said.includes('Got worse: dates.') && said.includes('By more than a release may lose: dates.'), said.join('\n'))
})

test('among several suites, one that differs by a little is taken for chance', () => {
  const slight = effect({ effect: { ...comparison('better', 0.02), pValue: 0.03 } })
  assert.equal(onlyNoise([slight]), false)
  assert.equal(onlyNoise([slight, effect({})]), true)
  assert.match(words([slight, effect({})])[0]!, /^Only repeats noise/)
})

test('while the control is missing, nothing is put down to the proposal', () => {
  const open = effect({ effect: null, drift: null, answers: { proposal: none, steps: none, unknown: { better: 4, worse: 0, other: 0 }, kept: 0, list: [] } }) // prettier-ignore
  assert.equal(onlyNoise([open]), null)
  assert.match(words([open])[0]!, /^The control is not finished/)
  assert.match(words([open], { hasControl: false })[0]!, /^There is no control/)
  assert.match(
    words([open], { cold: true, passes: 0.25, examples: 20_000 }).join('\n'),
    /model’s whole recipe[^]*saw about 25 % of its 20,000/,
  )
})
