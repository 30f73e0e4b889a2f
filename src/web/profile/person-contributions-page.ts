/** Everything a person offered, newest first. */

import type { Person } from '../../domain/people/person.ts'
import type { OwnContribution } from '../../domain/reviews/person-work.ts'
import { address, html } from '../markup.ts'
import type { Page } from '../page.ts'
import { empty, pager } from '../parts/basics.ts'
import type { Visit } from '../visit.ts'
import { contributionRows } from './profile-page.ts'

interface Shown {
  readonly person: Person
  readonly isVisitor: boolean
  readonly list: readonly OwnContribution[]
  readonly more: boolean
}

export function personContributionsPage(visit: Visit, { person, isVisitor, list, more }: Shown): Page {
  const { t } = visit
  const at = `/people/${encodeURIComponent(person.name)}/contributions`
  const last = list.at(-1)
  const name = person.displayName ?? person.name
  return {
    title: isVisitor ? t('profile.contributionsYours') : t('profile.contributionsOf', { name }),
    main: html`<p>
        <a href="/people/${encodeURIComponent(person.name)}"><bdi>${name}</bdi></a>
      </p>
      ${list.length === 0 ? empty(t('profile.nothing')) : contributionRows(visit, list)}
      ${pager(t, { older: more && last ? address(at, { after: last.id }) : null })}`,
  }
}
