/** How open a release or a base is, in one badge: the reasons, component by component, are one link away. */

import type { OpennessClass } from '../../domain/lineage/openness-components.ts'
import { html, type Html } from '../markup.ts'
import type { MessageKey, Translate } from '../messages.ts'
import { badge } from './basics.ts'

/** @param grade null: published before releases were graded */
export function opennessBadge(t: Translate, grade: { readonly class: OpennessClass | null } | null): Html {
  if (grade === null) return badge(t('openness.badge_notGraded'), 'plain')
  if (grade.class === null) return badge(t('openness.badge_none'), 'plain')
  return badge(t(`openness.badge_${grade.class}` satisfies MessageKey), 'good')
}

export function opennessLink(t: Translate, address: string, grade: Parameters<typeof opennessBadge>[1]): Html {
  return html`<a class="badge-link" href="${address}">${opennessBadge(t, grade)}</a>`
}
