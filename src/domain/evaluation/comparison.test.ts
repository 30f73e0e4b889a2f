import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comparisonOf, describeComparison, lossOf } from './comparison.ts'
import type { EvaluatedSuite, SampleResult } from './evaluation.ts'
import { pairSamples, scoreOf } from './scorers.ts'

const digest = `sha256:${'0'.repeat(64)}` as const
const suite = (kind: EvaluatedSuite['kind']): EvaluatedSuite => ({
  id: 1,
  name: 'dates',
  kind,
  role: 'measure',
  clause: null,
  blocks: null,
  digest,
  target: true,
  tolerance: 0.02,
})

const answers = (right: readonly boolean[]): SampleResult[] => right.map((ok, index) => ({ index, kind: 'exact', answer: '', right: ok }))
const texts = (nats: readonly number[], bytes = 100): SampleResult[] =>
  nats.map((one, index) => ({ index, kind: 'text', nats: one, bytes, tokens: 10 }))
const side = (evaluationId: number, kind: EvaluatedSuite['kind'], results: readonly SampleResult[]) => ({
  evaluationId,
  score: scoreOf(kind, results).score,
  results,
})

test('bits per byte weigh each text by its bytes', () => {
  const results: SampleResult[] = [
    { index: 0, kind: 'text', nats: 100 * Math.LN2, bytes: 50, tokens: 20 },
    { index: 1, kind: 'text', nats: 100 * Math.LN2, bytes: 150, tokens: 60 },
  ]
  const { metric, score } = scoreOf('text', results)
  assert.equal(metric, 'bits-per-byte')
  assert.ok(Math.abs(score - 1) < 1e-12)
})

test('fewer bits per byte are better, by the sign of the difference and by the verdict', () => {
  const noise = [3, -2, 4, 1, -1, 2, 0, -3, 1, 2]
  const before = texts(noise.map((one) => 200 + one))
  const after = texts(noise.map((one, index) => 150 + one * (index % 2)))
  const comparison = comparisonOf(suite('text'), side(2, 'text', after), side(1, 'text', before))
  assert.ok(comparison.difference < -0.6 && comparison.interval[1] < 0)
  assert.equal(comparison.verdict, 'better')
  assert.ok(lossOf(comparison) < 0)
  const reversed = comparisonOf(suite('text'), side(1, 'text', before), side(2, 'text', after))
  assert.equal(reversed.verdict, 'worse')
})

test('samples are paired by their line, in whatever order they were answered', () => {
  const before = answers([true, false, false, true])
  const after = answers([true, true, false, true]).reverse()
  const pairs = pairSamples(after, before)
  assert.equal(pairs.filter(({ subject, baseline }) => subject !== baseline).length, 1)
  assert.throws(() => pairSamples(after, before.slice(1)), /missing on one side/)
})

test('three gains out of three are no proof, thirty out of thirty are', () => {
  const gain = (count: number) =>
    comparisonOf(suite('exact'), side(2, 'exact', answers(Array(count).fill(true))), side(1, 'exact', answers(Array(count).fill(false))))
  assert.ok(gain(3).interval[0] < 0.5 && gain(3).interval[1] === 1, `three of three: ${gain(3).interval.join(' to ')}`)
  assert.equal(gain(3).verdict, 'undecided')
  assert.equal(gain(30).verdict, 'better')
})

test('where every answer changed alike, or none did, the interval still leaves room for what so few samples cannot show', () => {
  const compared = (before: boolean, after: boolean) =>
    comparisonOf(
      suite('exact'),
      side(2, 'exact', answers(Array<boolean>(200).fill(after))),
      side(1, 'exact', answers(Array<boolean>(200).fill(before))),
    ).interval.map((end) => Number(end.toFixed(3)))
  assert.deepEqual(compared(false, true), [0.981, 1])
  assert.deepEqual(compared(true, false), [-1, -0.981])
  assert.deepEqual(compared(true, true), [-0.019, 0.019])
})

test('a comparison reads as a sentence with its numbers', () => {
  const before = answers([...Array<boolean>(10).fill(false), ...Array<boolean>(10).fill(true)])
  const after = answers([...Array<boolean>(8).fill(true), false, false, ...Array<boolean>(10).fill(true)])
  const text = describeComparison(comparisonOf(suite('exact'), side(2, 'exact', after), side(1, 'exact', before)))
  assert.match(text, /^50\.0 % → 90\.0 % answered exactly right \(\+40\.0 points, 95 % interval \+\d+\.\d points to \+\d+\.\d points\)$/)
})
