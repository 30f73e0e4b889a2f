/** What is to be done about a test that a release answered rightly in all of it: no release can be better there. */

import { hasRole } from '../../domain/people/actor.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { Suite } from '../../domain/models/suite.ts'
import type { ReleaseScore } from '../../domain/releases/suite-scores.ts'
import { html, modelPath, type Content } from '../markup.ts'
import type { Visit } from '../visit.ts'

/** Null where there is room to improve, or where nothing has to. @param scores oldest first */
export function ceilingNote(
  { t, actor }: Visit,
  { model, suite, scores }: { readonly model: CommunityModel; readonly suite: Suite; readonly scores: readonly ReleaseScore[] },
): Content {
  const newest = scores.findLast(({ state }) => state === 'published')
  if (!suite.target || suite.kind === 'text' || newest?.suite.digest !== suite.digest || newest.score < 1) return null
  const link = (path: string) => (inside: Content) => html`<a href="${modelPath(model, path)}">${inside}</a>`
  return html`<div class="note">
    <p>${t.rich('suites.atCeiling', { version: newest.version, talk: link('/talk') })}</p>
    ${
      actor !== null &&
      hasRole(actor, 'maintainer', model.id) &&
      html`<p>${t.rich('suites.atCeilingMaintainer', { add: link('/add-suite'), gate: link('/settings#gate') })}</p>`
    }
  </div>`
}
