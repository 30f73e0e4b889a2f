import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comparisonOf } from '../evaluation/comparison.ts'
import type { ClauseBlocks, Comparison, EvaluatedSuite, SampleResult, SuiteRole } from '../evaluation/evaluation.ts'
import { scoreOf } from '../evaluation/scorers.ts'
import { blockedSentence, decideGate } from './gate.ts'

const digest = `sha256:${'0'.repeat(64)}` as const

/** A suite of 100 exact samples on which the baseline got `before` right and the candidate `after`, as nested as can be. */
function exact(
  name: string,
  before: number,
  after: number,
  options: { target?: boolean; tolerance?: number; role?: SuiteRole; blocks?: ClauseBlocks } = {},
): Comparison {
  const suite: EvaluatedSuite = {
    id: 1,
    name,
    kind: 'exact',
    role: options.role ?? 'measure',
    clause: options.blocks ? 1 : null,
    blocks: options.blocks ?? null,
    digest,
    target: options.target ?? false,
    tolerance: options.tolerance ?? 0.02,
  }
  const side = (evaluationId: number, right: number) => {
    const results = Array.from({ length: 100 }, (_, index): SampleResult => ({ index, kind: 'exact', answer: '', right: index < right }))
    return { evaluationId, score: scoreOf('exact', results).score, results }
  }
  return comparisonOf(suite, side(2, after), side(1, before))
}

const gate = (...comparisons: readonly Comparison[]) =>
  decideGate(
    'release 0.1.0',
    comparisons.map((comparison) => ({ comparison, withBase: comparison })),
  )

test('a target suite that improves beyond doubt, and nothing lost, opens the gate', () => {
  const report = gate(exact('dates', 10, 90, { target: true }), exact('stories', 50, 50))
  assert.equal(report.passed, true)
  assert.match(report.suites[0]!.reason, /dates: 10\.0 % → 90\.0 % .* better, as a target suite must be/)
})

test('a target suite that only may have improved keeps it shut, and says what the samples could show', () => {
  const report = gate(exact('dates', 50, 53, { target: true }))
  assert.equal(report.passed, false)
  assert.match(report.suites[0]!.reason, /not shown to be better.*100 samples show a change of \+\d+\.\d points or more/)
})

test('another suite may lose up to its tolerance and no more', () => {
  const target = exact('dates', 0, 100, { target: true })
  assert.equal(gate(target, exact('stories', 80, 78, { tolerance: 0.02 })).passed, true)
  const blocked = gate(target, exact('stories', 80, 77, { tolerance: 0.02 }))
  assert.equal(blocked.passed, false)
  assert.match(
    blockedSentence('mr/saathi', '0.2.0', blocked),
    /^mr\/saathi 0\.2\.0 is blocked by a suite, compared with release 0\.1\.0\. stories: .*worse than the tolerance of −2\.0 points allows\.$/,
  )
})

test('a loss within tolerance that few samples cannot bound is let through and said', () => {
  const report = gate(exact('dates', 0, 100, { target: true }), exact('stories', 80, 79, { tolerance: 0.02 }))
  assert.equal(report.passed, true)
  assert.match(report.suites[1]!.reason, /cannot rule out a loss of −3\.0 points/)
})

test('without a target suite nothing passes', () => {
  assert.equal(gate(exact('stories', 10, 90)).passed, false)
})

test('a regression suite holds a release to its tolerance and never stands for improvement', () => {
  const old = (after: number) => exact('regressions', 50, after, { role: 'regression', target: true })
  assert.equal(gate(old(90)).passed, false, 'what may be learnt by heart is no target')
  assert.equal(gate(exact('dates', 0, 100, { target: true }), old(50)).passed, true)
  const blocked = gate(exact('dates', 0, 100, { target: true }), old(47))
  assert.deepEqual(
    blocked.suites.map(({ passed }) => passed),
    [true, false],
  )
})

test('a broken clause blocks as it says: never, where the release before kept it, or always', () => {
  const target = exact('dates', 0, 100, { target: true })
  const clause = (before: number, after: number, blocks: ClauseBlocks) =>
    exact('clause-1', before, after, { role: 'charter', blocks, tolerance: 0.1 })
  const passes = (before: number, after: number, blocks: ClauseBlocks) => gate(target, clause(before, after, blocks)).passed
  assert.deepEqual([passes(100, 90, 'always'), passes(100, 89, 'always')], [true, false], 'its tolerance is the share that may fail')
  assert.deepEqual([passes(95, 50, 'when-lost'), passes(50, 40, 'when-lost'), passes(95, 50, 'never')], [false, true, true])
  assert.match(
    gate(target, clause(95, 50, 'when-lost')).suites[1]!.reason,
    /clause 1 of the charter is broken, and release 0\.1\.0 kept it/,
  )
  const first = decideGate(
    'the base tiny',
    [target, clause(95, 50, 'when-lost')].map((it) => ({ comparison: it, withBase: it })),
  )
  assert.equal(first.passed, true, 'a base made no promise')
})

test('answers that people pointed at and that are right now are a reason to release, as long as the target holds', () => {
  const fixes = exact('regressions', 10, 13, { role: 'regression' })
  const report = gate(exact('dates', 100, 100, { target: true }), fixes)
  assert.equal(report.passed, true)
  assert.match(report.suites[0]!.reason, /not shown to be better, but 3 answers that were wrong are right now, and it holds/)
  assert.equal(gate(exact('dates', 100, 97, { target: true }), fixes).passed, false, 'the target may not lose more than its tolerance')
  assert.equal(gate(exact('dates', 100, 100, { target: true }), exact('regressions', 10, 10, { role: 'regression' })).passed, false)
  assert.equal(gate(exact('stories', 100, 100), fixes).passed, false, 'something must measure how well it generalises')
  const first = decideGate('the base', [
    { comparison: exact('dates', 0, 0, { target: true }), withBase: exact('dates', 0, 0) },
    { comparison: fixes, withBase: fixes },
  ])
  assert.equal(first.passed, false, 'a first release has to show more than that')
})
