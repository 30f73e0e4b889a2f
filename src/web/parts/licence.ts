/** What may be done with a release, in one badge: the whole reasoning is one link away. */

import type { Permission } from '../../domain/lineage/licence-verdict.ts'
import type { Html } from '../markup.ts'
import type { Translate } from '../messages.ts'
import { badge } from './basics.ts'

export function commercialUse(t: Translate, permission: Permission): Html {
  switch (permission) {
    case 'allowed':
      return badge(t('community.commercialAllowed'), 'good')
    case 'not-allowed':
      return badge(t('community.commercialNotAllowed'), 'warn')
    case 'unknown':
      return badge(t('community.commercialUnknown'), 'plain')
    default:
      return permission satisfies never
  }
}
