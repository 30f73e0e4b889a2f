/** The name of a community and the tabs to its pages, above each of them. */

import { html, modelPath, type Html } from './markup.ts'
import type { MessageKey } from './messages.ts'
import type { Visit } from './visit.ts'

/** Every page of a community, in the order of the tabs: key, path after the community's own, message. */
const sections = [
  ['overview', '', 'common.tabOverview'],
  ['talk', '/talk', 'common.tabTalk'],
  ['proposals', '/proposals', 'common.tabProposals'],
  ['examples', '/examples', 'common.tabExamples'],
  ['charter', '/charter', 'common.tabCharter'],
  ['suites', '/suites', 'common.tabSuites'],
  ['runs', '/runs', 'common.tabRuns'],
  ['releases', '/releases', 'common.tabReleases'],
  ['lineage', '/lineage', 'common.tabLineage'],
  ['forecast', '/forecast', 'common.tabForecast'],
  ['members', '/members', 'common.tabMembers'],
  ['settings', '/settings', 'common.tabSettings'],
] as const satisfies readonly (readonly [string, string, MessageKey])[]

export type Section = (typeof sections)[number][0]

export function communityHead(
  { t }: Visit,
  { model, section }: { readonly model: { readonly owner: string; readonly name: string }; readonly section: Section },
): Html {
  return html`<div class="community-head">
    <p class="community-name">
      <a href="${modelPath(model)}"
        ><bdi dir="ltr">${model.owner}/<wbr />${model.name}</bdi></a
      >
    </p>
    <nav class="tabs" aria-label="${t('common.ofCommunity', { name: `${model.owner}/${model.name}` })}">
      <ul>
        ${sections.map(
          ([key, path, message]) =>
            html`<li><a href="${modelPath(model, path)}" ${key === section && html` aria-current="page"`}>${t(message)}</a></li>`,
        )}
      </ul>
    </nav>
  </div>`
}
