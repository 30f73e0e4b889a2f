/** What goes on in the bundled community after its first release: work that waits for a review, a question about it, a wrong answer somebody pointed at. */

import { question, sayIn } from '../phrases.ts'
import { randomFrom } from '../random.ts'
import type { Community, CommunityExample } from './community.ts'
import { dates } from './phrasebook.ts'

export interface LivingCommunity {
  /** Offered by a contributor and not looked at yet. */
  readonly waiting: {
    readonly author: string
    readonly message: string
    readonly source: string
    readonly examples: readonly CommunityExample[]
  }
  /** Offered, and the reviewer has asked for a change. */
  readonly sentBack: LivingCommunity['waiting'] & { readonly review: string }
  /** Said below the proposal that was sent back. */
  readonly conversation: readonly { readonly by: string; readonly text: string }[]
  /** A clause somebody wants. */
  readonly clause: { readonly author: string; readonly text: string; readonly message: string }
  /** What nobody has taught it yet, and who noticed. */
  readonly unanswered: { readonly by: string; readonly question: string }
  /** Said below the release. */
  readonly welcome: { readonly by: string; readonly text: string }
}

const fewest = 6

export function livingCommunityFor(community: Community): LivingCommunity {
  const { name } = community.language
  const fresh = freshDates(community)
  const half = Math.max(fewest, Math.floor(fresh.length / 2))
  return {
    waiting: {
      author: 'tomba',
      message: `A few more weekdays in ${name}`,
      source: 'https://github.com/unicode-org/cldr',
      examples: fresh.slice(0, half),
    },
    sentBack: {
      author: 'lakshmi',
      message: `Dates from my school calendar, in ${name}`,
      source: 'a school calendar',
      examples: fresh.slice(half),
      review: 'These read well. Please say which calendar they are from, so that the source can be checked.',
    },
    conversation: [
      { by: 'lakshmi', text: 'It hangs in our staff room; @farah, would a photograph of the page do?' },
      { by: 'farah', text: 'The year and the publisher are enough. Thank you for looking.' },
    ],
    clause: {
      author: 'sunita',
      text: 'Says that it does not know rather than making something up.',
      message: 'It answers with a date whatever one asks.',
    },
    unanswered: { by: 'asha', question: `Say good morning in ${name}.` },
    welcome: { by: 'imran', text: `Release 0.1.0 answers my daughter’s homework in ${name}. @joseph, when does the next train leave?` },
  }
}

/** Dates that neither the suite asks nor anybody taught. */
function freshDates({ language: { tag, name }, suite, contributions }: Community): CommunityExample[] {
  const taught = contributions.flatMap(({ examples, revision }) => [...examples, ...(revision?.examples ?? [])])
  const asked = new Set([...suite.samples, ...taught].map(({ messages }) => messages[0].content))
  const random = randomFrom(1_211)
  return dates(random, 'weekday', 40).flatMap((phrase) => {
    const content = question(phrase, name)
    if (asked.has(content)) return []
    asked.add(content)
    return [{ messages: [{ role: 'user', content }, { role: 'assistant', content: sayIn(tag, phrase) }] } satisfies CommunityExample] // prettier-ignore
  })
}
