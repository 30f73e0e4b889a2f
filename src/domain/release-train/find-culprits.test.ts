/** The search against truth that is known: every set of culprits is found, nobody else is accused, also where answers are wrong now and then. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { findCulprits, type Finding, type Question, type Verdict } from './find-culprits.ts'

const items = (count: number) => Array.from({ length: count }, (_, index) => index)

/** Culprits as sets: a group breaks where it holds all of some set. */
function truth(culprits: readonly (readonly number[])[]) {
  const asked: Question<number>[] = []
  const test = async (question: Question<number>): Promise<Verdict> => {
    asked.push(question)
    return culprits.some((set) => set.every((one) => question.group.includes(one))) ? 'breaks' : 'holds'
  }
  return { test, asked }
}

const accused = (finding: Finding<number>) => ('culprits' in finding ? finding.culprits : []).map((set) => [...set].sort((a, b) => a - b))
const sorted = (sets: readonly (readonly number[])[]) => [...sets].sort((a, b) => a[0]! - b[0]!)

const size = fc.integer({ min: 1, max: 80 })
const sized = (most: number) =>
  size.chain((count) =>
    fc.record({
      count: fc.constant(count),
      culprits: fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { maxLength: Math.min(most, count) }),
      weights: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: count, maxLength: count }),
    }),
  )

test('whoever breaks alone is found, however many they are, whatever they weigh, and nobody else is accused', async () => {
  await fc.assert(
    fc.asyncProperty(sized(6), async ({ count, culprits, weights }) => {
      const { test, asked } = truth(culprits.map((one) => [one]))
      const finding = await findCulprits(items(count), test, { budget: Infinity, weight: (item) => weights[item]! })
      assert.equal(finding.kind, culprits.length === 0 ? 'nothing-breaks' : 'found')
      assert.deepEqual(sorted(accused(finding)), sorted(culprits.map((one) => [one])))
      const groups = asked.map(({ group, draw }) => `${draw}:${[...group].sort((a, b) => a - b).join()}`)
      assert.equal(new Set(groups).size, groups.length, 'nothing is asked twice')
    }),
    { numRuns: 300 },
  )
})

test('one culprit among n takes 3 + log2(n) questions, each further one at most 2 + log2(n), and none takes three', async () => {
  await fc.assert(
    fc.asyncProperty(sized(6), async ({ count, culprits }) => {
      const { test, asked } = truth(culprits.map((one) => [one]))
      await findCulprits(items(count), test, { budget: Infinity })
      const depth = Math.ceil(Math.log2(count))
      assert.ok(
        asked.length <= Math.max(3, 1 + culprits.length * (depth + 2)),
        `${asked.length} questions, ${culprits.length} among ${count}`,
      )
    }),
    { numRuns: 300 },
  )
})

test('a heavy culprit is found in fewer questions than a light one', async () => {
  const questions = async (culprit: number) => {
    const { test, asked } = truth([[culprit]])
    const weight = (item: number) => (item === 20 ? 500 : 10)
    assert.equal((await findCulprits(items(40), test, { budget: Infinity, weight })).kind, 'found')
    return asked.length
  }
  assert.ok((await questions(20)) < (await questions(3)), 'the heavy one stands alone sooner')
})

test('two or three that break only together are found as one set', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 3, max: 60 }).chain((count) =>
        fc.record({
          count: fc.constant(count),
          set: fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { minLength: 2, maxLength: 3 }),
        }),
      ),
      async ({ count, set }) => {
        const { test } = truth([set])
        const finding = await findCulprits(items(count), test, { budget: Infinity })
        assert.equal(finding.kind, 'found')
        assert.deepEqual(accused(finding), [[...set].sort((a, b) => a - b)])
      },
    ),
    { numRuns: 200 },
  )
})

test('a culprit that goes unnoticed in large groups is found where the groups are small enough to clear', async () => {
  await fc.assert(
    fc.asyncProperty(sized(3), async ({ count, culprits }) => {
      const shows = 8
      const test = async ({ group }: Question<number>): Promise<Verdict> =>
        group.length <= shows && culprits.some((one) => group.includes(one)) ? 'breaks' : 'holds'
      const finding = await findCulprits(items(count), test, { budget: Infinity, clears: (group) => group.length <= shows })
      assert.deepEqual(sorted(accused(finding)), sorted(culprits.map((one) => [one])))
    }),
    { numRuns: 300 },
  )
})

test('a budget that ends leaves what was confirmed, and the smallest group still seen to break', async () => {
  await fc.assert(
    fc.asyncProperty(sized(4), fc.integer({ min: 0, max: 12 }), async ({ count, culprits }, budget) => {
      const { test, asked } = truth(culprits.map((one) => [one]))
      const finding = await findCulprits(items(count), test, { budget })
      assert.ok(asked.length <= budget)
      for (const set of accused(finding)) assert.ok(set.length === 1 && culprits.includes(set[0]!))
      if (finding.kind !== 'out-of-budget') return
      assert.ok(finding.suspects.length === 0 || culprits.some((one) => finding.suspects.includes(one)))
    }),
    { numRuns: 300 },
  )
})

test('stopped at any question and begun again with the answers so far, it ends the same', async () => {
  await fc.assert(
    fc.asyncProperty(sized(4), async ({ count, culprits }) => {
      const { test } = truth(culprits.map((one) => [one]))
      const whole = await findCulprits(items(count), test, { budget: Infinity })
      const known = new Map<string, Verdict>()
      const key = (question: Question<number>) => `${question.draw} ${question.group.join()}`
      for (;;) {
        const finding = await findCulprits(items(count), async (question) => known.get(key(question)) ?? null, { budget: Infinity })
        if (finding.kind !== 'unanswered') return assert.deepEqual(finding, whole)
        known.set(key(finding.question), await test(finding.question))
      }
    }),
    { numRuns: 50 },
  )
})

test('where answers are wrong now and then, the innocent are hardly ever accused and the search still ends', async () => {
  const wrongly = { accused: 0, found: 0, culprits: 0, searches: 0, questions: 0 }
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 0, max: 2 }), async (seed, howMany) => {
      const random = uniform(seed)
      const culprits = new Set(Array.from({ length: howMany }, () => Math.floor(random() * 64)))
      let questions = 0
      // As measured intervals err: one group in forty seems to break and does not, one in forty the other way round.
      const test = async ({ group }: Question<number>): Promise<Verdict> => {
        questions++
        const breaks = group.some((item) => culprits.has(item))
        return breaks !== random() < 0.025 ? 'breaks' : 'holds'
      }
      const finding = await findCulprits(items(64), test, { budget: 40 })
      assert.ok(questions <= 40)
      wrongly.searches++
      wrongly.questions += questions
      wrongly.culprits += culprits.size
      for (const one of accused(finding).flat()) wrongly[culprits.has(one) ? 'found' : 'accused']++
    }),
    { numRuns: 500, seed: 7 },
  )
  assert.ok(wrongly.accused <= 0.02 * wrongly.searches, JSON.stringify(wrongly))
  assert.ok(wrongly.found >= 0.85 * wrongly.culprits, JSON.stringify(wrongly))
})

function uniform(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
