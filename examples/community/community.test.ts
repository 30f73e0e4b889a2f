/** The bundled communities of all 22 languages: what they teach is true, licensed, and never what the suite asks. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { scheduledLanguages, scheduledTags } from '../languages.ts'
import { communityFor, suiteSize, type CommunityContribution } from './community.ts'
import { phrasebookOf } from './phrasebook.ts'

const communities = scheduledTags.map((tag) => communityFor(tag))
const questions = (contribution: CommunityContribution) =>
  [...contribution.examples, ...(contribution.revision?.examples ?? [])].map((example) => example.messages[0].content)

test('CLDR writes each of the 22 scheduled languages in a script of its own naming', () => {
  assert.equal(scheduledLanguages.length, 22)
  assert.deepEqual(Intl.DateTimeFormat.supportedLocalesOf([...scheduledTags]), [...scheduledTags])
  assert.equal(scheduledLanguages.find(({ tag }) => tag === 'sat')?.script, 'Ol Chiki')
})

test('the suite asks for nothing that an accepted or revised contribution contains', () => {
  for (const { contributions, suite, model } of communities) {
    assert.equal(suite.samples.length, suiteSize, model)
    const taught = new Set(contributions.filter(({ fate }) => fate !== 'turned-away').flatMap(questions))
    const leaked = suite.samples.filter(({ messages }) => taught.has(messages[0].content))
    assert.deepEqual(leaked, [], model)
  }
})

test('the contribution that is turned away repeats questions of the suite', () => {
  for (const { contributions, suite, model } of communities) {
    const away = contributions.filter(({ fate }) => fate === 'turned-away')
    assert.equal(away.length, 1, model)
    const asked = new Set(suite.samples.map(({ messages }) => messages[0].content))
    assert.ok(
      away.flatMap(questions).every((question) => asked.has(question)),
      model,
    )
  }
})

test('the revised contribution first leaves answers in English and then none', () => {
  for (const { contributions, model } of communities) {
    const revised = contributions.filter(({ fate }) => fate === 'revised')
    assert.equal(revised.length, 1, model)
    const english = (examples: CommunityContribution['examples']) =>
      examples.filter(({ messages }) => /\p{Script=Latin}/u.test(messages[1].content)).length
    assert.ok(english(revised[0]?.examples ?? []) > 10, model)
    assert.equal(english(revised[0]?.revision?.examples ?? []), 0, model)
  }
})

test('no answer that is taught or expected falls back to Latin letters', () => {
  for (const { contributions, suite, model } of communities) {
    const accepted = contributions.filter(({ fate }) => fate === 'accepted').flatMap(({ examples }) => examples)
    const answers = [...accepted.map(({ messages }) => messages[1].content), ...suite.samples.map(({ expected }) => expected)]
    assert.deepEqual(
      answers.filter((answer) => /\p{Script=Latin}/u.test(answer)),
      [],
      model,
    )
  }
})

test('several people teach a few hundred examples, each question once, with honest provenance', () => {
  for (const { contributions, people, model, language } of communities) {
    const kept = contributions.filter(({ fate }) => fate !== 'turned-away')
    const asked = kept.flatMap(({ examples }) => examples.map(({ messages }) => messages[0].content))
    assert.ok(asked.length >= 500 && asked.length <= 800, `${model}: ${asked.length}`)
    assert.equal(new Set(asked).size, asked.length, model)
    for (const contribution of contributions) {
      assert.ok(people.some(({ name, role }) => name === contribution.author && role === 'contributor'))
      assert.equal(contribution.origin, 'generated')
      assert.equal(contribution.licence, 'Unicode-3.0')
      assert.equal(contribution.language, language.tag)
      assert.equal(contribution.generator, `CLDR ${process.versions['cldr']} through ICU ${process.versions['icu']}`)
    }
  }
})

test('what CLDR has no words for is named as a gap and not taught', () => {
  const dogri = communityFor('doi')
  assert.deepEqual(phrasebookOf('doi').relativeUnits, [])
  assert.match(dogri.gaps.join(), /durations: CLDR has words for 0 of 8 units/)
  assert.ok(dogri.contributions.every(({ message }) => !/How long|Weights/.test(message)))
  assert.deepEqual(communityFor('mr').gaps, [])
})

test('Marathi answers are in Marathi: month names, order and Devanagari digits as CLDR has them', () => {
  const examples = communityFor('mr').contributions.flatMap((contribution) => contribution.revision?.examples ?? contribution.examples)
  for (const { messages } of examples) assert.ok(!/[0-9]/.test(messages[1].content), messages[1].content)
  const january = examples.find(({ messages }) => / January \d+ in Marathi\.$/.test(messages[0].content))
  assert.match(january?.messages[1].content ?? '', /जानेवारी/)
})

test('the same language gives the same community every time', () => {
  assert.deepEqual(communityFor('sat'), communityFor('sat'))
})

test('a language the base was taught is refused', () => {
  assert.throws(() => communityFor('fr'), /"fr" is not one of the 22/)
})
