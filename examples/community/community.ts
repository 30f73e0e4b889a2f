/** The bundled community: invented people who teach one of India's 22 scheduled languages dates, durations and quantities, and the suite that asks for more. */

import { languageName, scheduledTags } from '../languages.ts'
import { question, sayIn, type Phrase } from '../phrases.ts'
import { randomFrom } from '../random.ts'
import { dates, dateShares, phrasebookOf, quantities, relatives } from './phrasebook.ts'

export interface CommunityPerson {
  /** As in `person add`. The people are invented. */
  readonly name: string
  readonly fullName: string
  readonly role: 'contributor' | 'reviewer' | 'maintainer'
}

export interface CommunityExample {
  readonly messages: readonly [
    { readonly role: 'user'; readonly content: string },
    { readonly role: 'assistant'; readonly content: string },
  ]
}

export interface CommunityContribution {
  readonly author: string
  readonly message: string
  /** SPDX expression. */
  readonly licence: string
  /** BCP 47. */
  readonly language: string
  readonly origin: 'generated'
  readonly generator: string
  readonly source: string
  readonly examples: readonly CommunityExample[]
  /** What becomes of it: accepted as it is, sent back and accepted once revised, or turned away by a check before anyone reviews it. */
  readonly fate: 'accepted' | 'revised' | 'turned-away'
  /** The reviewer's words; for `revised` those that ask for changes, for `turned-away` what the check is expected to find. */
  readonly review: string
  /** For `revised`: what the author offers the second time. */
  readonly revision: { readonly message: string; readonly examples: readonly CommunityExample[] } | null
}

export interface CommunitySuite {
  readonly name: string
  readonly kind: 'exact'
  readonly samples: readonly {
    readonly messages: readonly [{ readonly role: 'user'; readonly content: string }]
    readonly expected: string
    readonly topic: string
    /** BCP 47. */
    readonly language: string
  }[]
}

export interface Community {
  /** `owner/name` of the community model. */
  readonly model: string
  readonly language: { readonly tag: string; readonly name: string }
  /** Values and tone, one clause each. */
  readonly charter: readonly string[]
  readonly people: readonly CommunityPerson[]
  readonly contributions: readonly CommunityContribution[]
  readonly suite: CommunitySuite
  /** What CLDR cannot say in this language and is therefore neither taught nor asked. */
  readonly gaps: readonly string[]
}

const people: readonly CommunityPerson[] = [
  { name: 'asha', fullName: 'Asha Deshmukh', role: 'contributor' },
  { name: 'imran', fullName: 'Imran Qureshi', role: 'contributor' },
  { name: 'lakshmi', fullName: 'Lakshmi Narayanan', role: 'contributor' },
  { name: 'tomba', fullName: 'Tomba Singh', role: 'contributor' },
  { name: 'sunita', fullName: 'Sunita Murmu', role: 'contributor' },
  { name: 'farah', fullName: 'Farah Bhat', role: 'reviewer' },
  { name: 'joseph', fullName: 'Joseph Fernandes', role: 'maintainer' },
]

/** Questions in the suite. */
export const suiteSize = 200

const topics = { date: 'dates', relative: 'durations', quantity: 'quantities' } as const

/**
 * Everything the demo and the language bench need for one language. The same tag, Node and CLDR give the same community.
 * @param tag one of the 22 scheduled languages.
 * @throws RangeError for any other language, which the base may already have seen.
 */
export function communityFor(tag: string): Community {
  if (!(scheduledTags as readonly string[]).includes(tag)) {
    throw new RangeError(`${JSON.stringify(tag)} is not one of the 22 scheduled languages; choose one of ${scheduledTags.join(', ')}.`)
  }
  const name = languageName(tag)
  const book = phrasebookOf(tag)
  const random = randomFrom([...tag].reduce((seed, letter) => seed * 31 + letter.charCodeAt(0), 22))

  // A language whose durations or quantities CLDR lacks is taught more dates instead.
  const missing = (16 - 2 * book.relativeUnits.length) * 11 + (15 - book.measureUnits.length) * 12
  const dateCount = 340 + Math.round(missing * 0.6)
  const shared = (shape: (typeof dateShares)[number][0]) => (dateShares.find(([known]) => known === shape)?.[1] ?? 0) / 100
  const some = (shape: (typeof dateShares)[number][0]) => dates(random, shape, Math.round(dateCount * shared(shape)))

  const days = some('day')
  const weekdays = some('weekday')
  const shortDates = [...some('month-day'), ...some('month-year'), ...some('weekday-month-day')]
  const durations = relatives(random, book.relativeUnits, 10)
  const amounts = quantities(random, book.measureUnits, 11)
  const taught = new Set<string>()
  const examples = (phrases: readonly Phrase[]): CommunityExample[] => {
    const fresh = phrases.filter((phrase) => {
      const key = question(phrase, name)
      return taught.has(key) ? false : taught.add(key)
    })
    return random.shuffled(fresh).map((phrase) => {
      return { messages: [{ role: 'user', content: question(phrase, name) }, { role: 'assistant', content: sayIn(tag, phrase) }] } // prettier-ignore
    })
  }

  const provenance = {
    licence: 'Unicode-3.0',
    language: tag,
    origin: 'generated' as const,
    generator: `CLDR ${process.versions['cldr'] ?? 'unknown'} through ICU ${process.versions['icu'] ?? 'unknown'}`,
    source: 'https://github.com/unicode-org/cldr',
    revision: null,
  }
  const accepted = { ...provenance, fate: 'accepted' as const }
  const shortExamples = examples(shortDates)
  const contributions: CommunityContribution[] = [
    {
      ...accepted,
      author: 'asha',
      message: `Days of the year in ${name}`,
      examples: examples(days),
      review: 'Month names and order are right.',
    },
    {
      ...accepted,
      author: 'imran',
      message: `Dates with weekdays in ${name}`,
      examples: examples(weekdays),
      review: 'All seven weekdays are there.',
    },
    {
      ...provenance,
      author: 'lakshmi',
      message: `Short dates in ${name}`,
      examples: shortExamples.map((example, index) => (index % 9 === 0 ? leftInEnglish(example) : example)),
      fate: 'revised',
      review: `Every ninth answer is still in English; please write those in ${name} too.`,
      revision: { message: `Short dates in ${name}, all of them in ${name} now`, examples: shortExamples },
    },
  ]
  if (durations.length > 0) {
    contributions.push({
      ...accepted,
      author: 'tomba',
      message: `How long until, how long ago, in ${name}`,
      examples: examples(durations),
      review: 'One and many are both covered for each unit.',
    })
  }
  if (amounts.length > 0) {
    contributions.push({
      ...accepted,
      author: 'sunita',
      message: `Weights, lengths, volumes and times in ${name}`,
      examples: examples(amounts),
      review: 'Reads well aloud.',
    })
  }

  const suite = suiteFor(tag, taught)
  contributions.push({
    ...provenance,
    author: 'tomba',
    message: `More dates in ${name}, from a list I found`,
    examples: suite.samples
      .slice(0, 12)
      .map(({ messages, expected }) => ({ messages: [messages[0], { role: 'assistant', content: expected }] })),
    fate: 'turned-away',
    review: 'Its questions are those of the test suite: training on them would make the score worthless.',
  })

  return {
    model: `${name.toLowerCase().normalize('NFD').replace(/[^a-z]+/g, '-')}/saathi`, // prettier-ignore
    language: { tag, name },
    charter: [
      `Answers are in ${name}, in its own script and digits as CLDR writes them.`,
      'What was asked is answered, and nothing is added.',
      'Everything taught has a known origin and a licence that lets anyone use the result.',
    ],
    people,
    contributions,
    suite,
    gaps: gapsOf(tag),
  }
}

function leftInEnglish({ messages }: CommunityExample): CommunityExample {
  const phrase = messages[0].content.replace(/^Write (.*) in [^.]*\.$/, '$1')
  return { messages: [messages[0], { role: 'assistant', content: phrase }] }
}

/** Questions that no contribution contains, in the proportions in which the kinds are taught. */
function suiteFor(tag: string, taught: ReadonlySet<string>): CommunitySuite {
  const name = languageName(tag)
  const book = phrasebookOf(tag)
  const random = randomFrom([...tag].reduce((seed, letter) => seed * 37 + letter.charCodeAt(0), 2031))
  const relativeShare = (book.relativeUnits.length / 8) * 50
  const quantityShare = (book.measureUnits.length / 15) * 50
  const samples = new Map<string, { readonly expected: string; readonly topic: string; readonly language: string }>()
  while (samples.size < suiteSize) {
    const kind = random.weighted([
      ['date', suiteSize - relativeShare - quantityShare],
      ['relative', relativeShare],
      ['quantity', quantityShare],
    ] as const)
    const phrase = random.pick(
      kind === 'date'
        ? dates(random, random.weighted(dateShares), 12)
        : kind === 'relative'
          ? relatives(random, [random.pick(book.relativeUnits)], 1)
          : quantities(random, [random.pick(book.measureUnits)], 1),
    )
    const asked = question(phrase, name)
    if (!taught.has(asked)) samples.set(asked, { expected: sayIn(tag, phrase), topic: topics[kind], language: tag })
  }
  return {
    name: 'unseen-combinations',
    kind: 'exact',
    samples: [...samples].map(([content, answer]) => ({ messages: [{ role: 'user', content }], ...answer })),
  }
}

function gapsOf(tag: string): string[] {
  const book = phrasebookOf(tag)
  const gaps: string[] = []
  if (book.relativeUnits.length < 8) gaps.push(`durations: CLDR has words for ${book.relativeUnits.length} of 8 units`)
  if (book.measureUnits.length < 15) gaps.push(`quantities: CLDR has words for ${book.measureUnits.length} of 15 units`)
  return gaps
}
