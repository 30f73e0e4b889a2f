/** The second act of the bundled communities: what is wrong is wrong, what is right is right, and no check turns it away. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { scheduledTags } from '../languages.ts'
import { sabotagedCommunityFor } from './sabotage.ts'

const acts = scheduledTags.flatMap((tag) => {
  try {
    return [sabotagedCommunityFor(tag)]
  } catch (error) {
    assert.match(String(error), /CLDR has too few durations and quantities/)
    return []
  }
})

test('most languages have a second act, Marathi among them', () => {
  assert.ok(acts.length >= 11, `${acts.length} of 22`)
  assert.ok(acts.some(({ first }) => first.language.tag === 'mr'))
})

test('nothing that comes later is asked by a suite or was taught before, so that no check turns it away', () => {
  for (const { first, later, guard, target } of acts) {
    const questions = later.flatMap(({ examples }) => examples.map(({ messages }) => messages[0].content))
    assert.equal(new Set(questions).size, questions.length, first.language.name)
    const taught = first.contributions.flatMap(({ fate, examples, revision }) =>
      fate === 'turned-away' ? [] : (revision?.examples ?? examples),
    )
    const known = new Set([...taught, ...guard.samples, ...target.samples].map(({ messages }) => messages[0].content))
    assert.deepEqual(
      questions.filter((question) => known.has(question)),
      [],
      first.language.name,
    )
  }
})

test('of the wrong contribution the first ten are right and the others name the month after', () => {
  const { later, sabotage, guard } = sabotagedCommunityFor('mr')
  const answers = later[sabotage]!.examples.map(({ messages }) => `${messages[0].content} ${messages[1].content}`)
  assert.ok(answers.length >= 100, `${answers.length}`)
  const months: Record<string, string> = { January: 'जानेवारी', March: 'मार्च', August: 'ऑगस्ट' }
  for (const [english, marathi] of Object.entries(months)) {
    const about = answers.map((answer, index) => ({ answer, index })).filter(({ answer }) => answer.includes(` ${english} `))
    for (const { answer, index } of about) assert.equal(answer.includes(marathi), index < 10, answer)
    for (const { messages, expected } of guard.samples)
      if (messages[0].content.includes(` ${english} `)) assert.ok(expected.includes(marathi))
  }
})
