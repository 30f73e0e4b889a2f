/** The bundled community with a second act: after its first release, good contributions come together with one that is wrong and slipped through review. */

import { question, sayIn, type DateShape } from '../phrases.ts'
import { randomFrom } from '../random.ts'
import { communityFor, type Community, type CommunityContribution, type CommunityExample, type CommunitySuite } from './community.ts'
import { dates } from './phrasebook.ts'

export interface SabotagedCommunity {
  /** What the first release is made of: dates alone. */
  readonly first: Community
  /** What comes after it, in this order. */
  readonly later: readonly CommunityContribution[]
  /** Which of those is wrong: its place in `later`. */
  readonly sabotage: number
  /** What the second release must improve. */
  readonly target: CommunitySuite
  /** What it must not lose: the suite of the first. */
  readonly guard: CommunitySuite
  /** The most it may lose, as a share. */
  readonly tolerance: number
}

/** Examples at its head that are right: as far as a hurried reviewer reads. */
const rightOnes = 10
/** None of them names a weekday, which a wrong month would contradict. */
const shapes: readonly (readonly [DateShape, number])[] = [['month-day', 60], ['month-year', 60], ['day', 36]] // prettier-ignore
/** Pieces that the durations and the quantities come in. */
const pieces = 3

/**
 * @throws RangeError for a language in which CLDR has too few durations and quantities for a second act
 */
export function sabotagedCommunityFor(tag: string): SabotagedCommunity {
  const whole = communityFor(tag)
  const { name } = whole.language
  const [dateSamples, otherSamples] = [
    whole.suite.samples.filter(({ topic }) => topic === 'dates'),
    whole.suite.samples.filter(({ topic }) => topic !== 'dates'),
  ]
  const isLater = ({ author, fate }: CommunityContribution) => fate === 'accepted' && (author === 'tomba' || author === 'sunita')
  const good = whole.contributions.filter(isLater).flatMap(inPieces)
  if (good.length < 2 * pieces || otherSamples.length < 60)
    throw new RangeError(`CLDR has too few durations and quantities in ${name} for a second act; choose another language.`)
  const guard = { ...whole.suite, name: 'dates', samples: dateSamples }
  const sabotage = Math.floor(good.length / 2)
  const wrong: CommunityContribution = {
    ...(good[0] as CommunityContribution),
    author: 'imran',
    message: `More dates in ${name}, from a calendar`,
    examples: monthsOff(whole),
    review: 'The first ten are right.',
  }
  return {
    first: { ...whole, suite: guard, contributions: whole.contributions.filter((contribution) => !isLater(contribution)) },
    later: [...good.slice(0, sabotage), wrong, ...good.slice(sabotage)],
    sabotage,
    target: { ...whole.suite, name: 'durations-and-quantities', samples: otherSamples },
    guard,
    tolerance: 0.03,
  }
}

/** One contribution in several, each by somebody else. */
function inPieces(whole: CommunityContribution): CommunityContribution[] {
  const authors = ['tomba', 'sunita', 'asha', 'lakshmi']
  const offset = authors.indexOf(whole.author)
  const size = Math.ceil(whole.examples.length / pieces)
  return Array.from({ length: pieces }, (_, piece) => ({
    ...whole,
    author: authors[(offset + piece) % authors.length] as string,
    message: `${whole.message}, part ${piece + 1} of ${pieces}`,
    examples: whole.examples.slice(piece * size, (piece + 1) * size),
  }))
}

/** Dates whose answers name the month after the right one, as from a table read one line off. */
function monthsOff({ language: { tag, name }, suite, contributions }: Community): CommunityExample[] {
  const random = randomFrom(404)
  const taught = contributions.flatMap(({ examples, revision }) => [...examples, ...(revision?.examples ?? [])])
  const asked = new Set([...suite.samples, ...taught].map(({ messages }) => messages[0].content))
  const examples: CommunityExample[] = []
  for (const phrase of random.shuffled(shapes.flatMap(([shape, count]) => dates(random, shape, count)))) {
    const content = question(phrase, name)
    // A 31 February would give itself away; what the suite asks or the dataset teaches would be turned away.
    if (phrase.kind !== 'date' || phrase.day > 28 || asked.has(content)) continue
    asked.add(content)
    const month = examples.length < rightOnes ? phrase.month : (phrase.month % 12) + 1
    const answer = sayIn(tag, { ...phrase, month })
    examples.push({ messages: [{ role: 'user', content }, { role: 'assistant', content: answer }] }) // prettier-ignore
  }
  return examples
}
