/** Where the page of something that is discussed is, and how it is called in the visitor's language. */

import { parseSubject, type ParsedSubject, type Subject } from '../../domain/conversation/subject.ts'
import { modelPath } from '../markup.ts'
import type { Section } from '../community-head.ts'
import type { Translate } from '../messages.ts'

export interface SubjectPlace {
  readonly path: string
  readonly words: string
  readonly section: Section
}

export function placeOfSubject(t: Translate, subject: Subject): SubjectPlace {
  return placeOf(t, parseSubject(subject))
}

function placeOf(t: Translate, parsed: ParsedSubject): SubjectPlace {
  switch (parsed.kind) {
    case 'contribution':
      return {
        path: `/contributions/${parsed.number}`,
        words: t('discussion.ofProposal', { id: String(parsed.number) }),
        section: 'proposals',
      }
    case 'release':
      return {
        path: modelPath(parsed.model, `/releases/${encodeURIComponent(parsed.version)}`),
        words: t('discussion.ofRelease', { version: parsed.version }),
        section: 'releases',
      }
    case 'suite':
      return {
        path: modelPath(parsed.model, `/suites/${encodeURIComponent(parsed.suite)}`),
        words: t('discussion.ofSuite', { suite: parsed.suite }),
        section: 'suites',
      }
    case 'clause':
      return {
        path: modelPath(parsed.model, `/charter/${parsed.number}`),
        words: t('discussion.ofClause', { number: String(parsed.number) }),
        section: 'charter',
      }
    case 'example':
      return {
        path: modelPath(parsed.model, `/examples/${parsed.digest.replace('sha256:', '')}`),
        words: t('discussion.ofExample', { digest: parsed.digest.slice(7, 15) }),
        section: 'examples',
      }
    default:
      return parsed satisfies never
  }
}
