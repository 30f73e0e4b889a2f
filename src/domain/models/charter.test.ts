import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  applyClauseChanges,
  clauseConflicts,
  diffCharters,
  parseClauseChange,
  plainClause,
  type Charter,
  type ClauseChange,
} from './charter.ts'

const charterOf = (...texts: readonly string[]): Charter => ({
  revision: 1,
  clauses: texts.map((text, i) => ({ number: i + 1, ...plainClause(text) })),
  nextClause: texts.length + 1,
  contributionId: null,
  createdAt: null,
})

const parsed = (charter: Charter, value: unknown): ClauseChange => {
  const change = parseClauseChange(value, charter)
  assert.ok(typeof change !== 'string', JSON.stringify(change))
  return change
}

const after = (charter: Charter, ...values: readonly unknown[]): Charter => {
  const changes = values.map((value) => parsed(charter, value))
  assert.deepEqual(clauseConflicts(charter, changes), [])
  return { ...charter, revision: charter.revision + 1, ...applyClauseChanges(charter, changes) }
}

const numbers = ({ clauses }: Charter) => clauses.map(({ number }) => number)

test('a number stays with its clause and is not given again, wherever the clause stands', () => {
  const first = charterOf('Plain words', 'No haste', 'No flattery')
  const second = after(first, { action: 'remove', number: 2 }, { action: 'add', text: 'Says when it does not know', after: 0 })
  assert.deepEqual(numbers(second), [4, 1, 3])
  const third = after(second, { action: 'remove', number: 4 })
  assert.deepEqual(numbers(after(third, { action: 'add', text: 'Answers in Marathi', after: 1 })), [1, 5, 3])
})

test('a replacement keeps what it does not mention, and can move a clause', () => {
  const cases = [{ prompt: 'Hello?', expect: { script: 'Deva' } }]
  const first = after(charterOf('Plain words', 'Marathi'), { action: 'replace', number: 2, cases, blocks: 'always', tolerance: 0.2 })
  const second = after(first, { action: 'replace', number: 2, text: 'Answers in Marathi', after: 0 })
  assert.deepEqual(second.clauses[0], {
    number: 2,
    text: 'Answers in Marathi',
    blocks: 'always',
    tolerance: 0.2,
    cases: [{ kind: 'rule', prompt: 'Hello?', expect: { script: ['Deva'] } }],
  })
  assert.deepEqual(numbers(second), [2, 1])
})

test('a change offered against an older wording is in the way, and so are two changes of one clause', () => {
  const first = charterOf('Plain words', 'No haste')
  const late = parsed(first, { action: 'replace', number: 1, text: 'Short words' })
  const second = after(first, { action: 'replace', number: 1, text: 'Plain and short words' })
  assert.deepEqual(clauseConflicts(second, [late]), [
    { index: 0, sentence: 'Clause 1 was changed since: it now reads "Plain and short words".' },
  ])
  const gone = after(first, { action: 'remove', number: 1 })
  assert.match(clauseConflicts(gone, [late])[0]!.sentence, /no clause 1 any more/)
  assert.match(clauseConflicts(first, [late, late])[0]!.sentence, /changed twice/)
  const many = charterOf(...Array.from({ length: 100 }, (_, i) => `Clause ${i}`))
  assert.match(clauseConflicts(many, [parsed(many, { action: 'add', text: 'One more' })])[0]!.sentence, /more than 100 clauses/)
})

test('what differs between two charters is said by number', () => {
  const first = charterOf('Plain words', 'No haste', 'No flattery')
  const second = after(
    first,
    { action: 'remove', number: 1 },
    { action: 'replace', number: 3, text: 'No praise', after: 0 },
    { action: 'add', text: 'Kind' },
  )
  const diff = diffCharters(first, second)
  assert.deepEqual(
    [
      diff.added.map(({ number }) => number),
      diff.removed.map(({ text }) => text),
      diff.changed.map((it) => [it.before.text, it.after.text]),
    ],
    [[4], ['Plain words'], [['No flattery', 'No praise']]],
  )
  assert.equal(diff.reordered, true)
  assert.deepEqual(diffCharters(first, first).changed, [])
})

test('a change that says nothing usable is refused in words', () => {
  const charter = charterOf('Plain words')
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    ['add', /JSON object/],
    [{ action: 'burn' }, /action must be add, replace, remove/],
    [{ action: 'add', text: '  ' }, /text must be the clause/],
    [{ action: 'add', number: 7, text: 'x' }, /gets the next number by itself/],
    [{ action: 'replace', number: 7, text: 'x' }, /has no clause 7/],
    [{ action: 'replace', number: 1 }, /says exactly this already/],
    [{ action: 'replace', number: 1, text: 'x', after: 1 }, /cannot stand behind itself/],
    [{ action: 'add', text: 'x', after: 9 }, /after must be the number of a clause/],
    [{ action: 'add', text: 'x', blocks: 'sometimes' }, /blocks must be never, when-lost, always/],
    [{ action: 'add', text: 'x', tolerance: 1 }, /from 0 to below 1/],
    [{ action: 'add', text: 'x', cases: [{ prompt: 'Hi', expect: { matches: '.*' } }] }, /Case 1: expect has "matches"/],
    [{ action: 'add', text: 'x', cases: Array.from({ length: 51 }, () => ({})) }, /at most 50/],
  ]
  for (const [value, sentence] of wrong) assert.match(parseClauseChange(value, charter) as string, sentence, JSON.stringify(value))
})
