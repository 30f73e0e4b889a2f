import assert from 'node:assert/strict'
import { test } from 'node:test'
import { examineSamples } from './read-samples.ts'
import type { SuiteKind } from './suite.ts'

const examine = (kind: SuiteKind, text: string) => examineSamples(kind, new TextEncoder().encode(text), 'csv')

test('a table from a spreadsheet, with tabs and empty cells, is read as questions with answers', async () => {
  const { samples, wrong } = await examine('exact', 'Question\tsystem\texpected\ttopic\nnoon?\tBe short.\tदुपार\ttimes\nJune?\t\tजून\t\n')
  assert.equal(wrong, 0)
  assert.deepEqual(
    samples.map(({ sample }) => sample),
    [
      {
        kind: 'exact',
        messages: [
          { role: 'system', content: 'Be short.' },
          { role: 'user', content: 'noon?' },
        ],
        expected: 'दुपार',
        topic: 'times',
      },
      { kind: 'exact', messages: [{ role: 'user', content: 'June?' }], expected: 'जून' },
    ],
  )
})

test('choices are separated by bars and the right one is named by its text; a prompt is a text to go on with', async () => {
  const { samples, problems } = await examine('choice', 'prompt,choices,answer\nIt is a,month|day,day\nIt is b,month|day,year\n')
  assert.deepEqual(samples[0]?.sample, { kind: 'choice', prompt: 'It is a', choices: ['month', 'day'], answer: 1 })
  assert.equal(problems[0]?.row, 3)
  assert.match(problems[0]?.sentence ?? '', /index of the right choice/)
})

test('rules have a column each', async () => {
  const { samples } = await examine('rule', 'question,script,none,most\nnoon?,Deva,noon|12,40\n')
  assert.deepEqual(samples[0]?.sample, {
    kind: 'rule',
    messages: [{ role: 'user', content: 'noon?' }],
    expect: { script: ['Deva'], none: ['noon', '12'], most: 40 },
  })
})

test('a column that no suite of the kind has is named, so that a table of another kind is not half read', async () => {
  const { samples, wrong, problems } = await examine('exact', 'question,answer\nnoon?,दुपार\n')
  assert.deepEqual([samples.length, wrong], [0, 1])
  assert.match(problems[0]?.sentence ?? '', /has the column "answer"; a suite of this kind has question, prompt, expected/)
})
