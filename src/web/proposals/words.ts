/** Proposals in few words: their state, and what they change. */

import type { Contribution, ContributionState } from '../../domain/contributions/contribution.ts'
import { joined, type Content, type Html } from '../markup.ts'
import type { Translate } from '../messages.ts'
import { badge, type Tone } from '../parts/basics.ts'

const tones: Record<ContributionState, Tone> = {
  open: 'accent',
  'changes-requested': 'warn',
  accepted: 'good',
  rejected: 'bad',
  withdrawn: 'plain',
}

export function stateBadge(t: Translate, state: ContributionState): Html {
  return badge(t(`proposals.state_${state}`), tones[state])
}

/** "adds 12 examples, removes 1 example, changes 2 clauses of the charter". */
export function countsInWords(t: Translate, { add, replace, remove, case: cases, clause }: Contribution['counts']): string {
  const parts = [
    add > 0 && t('proposals.adds', { n: add }),
    replace > 0 && t('proposals.replaces', { n: replace }),
    remove > 0 && t('proposals.removes', { n: remove }),
    cases > 0 && t('proposals.cases', { n: cases }),
    clause > 0 && t('proposals.clauses', { n: clause }),
  ].filter((part) => typeof part === 'string')
  return new Intl.ListFormat(t.locale.tag, { type: 'conjunction', style: 'narrow' }).format(parts)
}

/** The first line, for a heading or a row; long ones are cut at a word by CSS, not here. */
export function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? ''
}

export function dots(...parts: readonly Content[]): Content {
  return joined(
    parts.filter((part) => part !== null && part !== false && part !== undefined && part !== ''),
    ' · ',
  )
}
