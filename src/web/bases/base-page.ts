/** One base model: what it is, under which licence, its files, and who builds on it; and the list of all. */

import type { OpennessVerdict } from '../../domain/lineage/conclude-openness.ts'
import type { BaseModel } from '../../domain/models/base-model.ts'
import { hubAddress } from '../../domain/models/base-things.ts'
import type { BaseUse } from '../../domain/models/base-use.ts'
import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { empty, pager, shortDigest, table } from '../parts/basics.ts'
import { bytes, count } from '../parts/figures.ts'
import { opennessBadge } from '../parts/openness.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'

export interface BaseData {
  readonly base: BaseModel
  readonly card: string | null
  readonly openness: OpennessVerdict
  readonly models: readonly BaseUse[]
  readonly next: number | null
}

export function basePage(visit: Visit, { base, card, openness, models, next }: BaseData): Page {
  const { t, locale } = visit
  const { name, licence, source, digest, config, parameters, hasChatTemplate, createdAt } = base
  const path = `/bases/${encodeURIComponent(name)}`
  const row = (term: string, value: Content) =>
    html`<dt>${term}</dt>
      <dd>${value}</dd>`
  return {
    title: t('lineage.baseTitle', { name }),
    json: `/api${path}`,
    main: html`<p class="lead">${t('lineage.baseWhat')}</p>
      <dl class="facts">
        ${row(t('lineage.licence'), html`<code>${licence}</code> <span class="soft">${t('lineage.licenceDeclared')}</span>`)}
        ${row(t('openness.ofBase'), html`${opennessBadge(t, openness)} ${t('openness.baseSeen', { n: openness.components.filter(({ state }) => state === 'open').length })} <a href="${path}/openness">${t('openness.seeAll')}</a>`)}
        ${row(t('lineage.source'), sourceLink(source))} ${row(t('lineage.parameters'), count(locale, parameters))}
        ${row(t('lineage.architecture'), html`<code>${config.architecture}</code>, ${t('lineage.shape', { layers: config.layers, hidden: count(locale, config.hiddenSize), words: count(locale, config.vocabSize) })}`)}
        ${row(t('lineage.context'), t('lineage.tokens', { n: config.contextLength }))}
        ${row(t('lineage.chat'), hasChatTemplate ? t('lineage.chats') : t('lineage.continues'))}
        ${row(t('lineage.digest'), html`<code>${digest}</code>`)} ${row(t('lineage.added'), ago(locale, createdAt))}
      </dl>
      <section aria-labelledby="builds">
        <h2 id="builds">${t('lineage.whoBuilds')}</h2>
        ${
          models.length > 0
            ? html`<ul class="rows">
                ${models.map(
                  (model) =>
                    html`<li>
                      <p class="row-title">
                        <a href="${modelPath(model)}"><bdi>${model.owner}/${model.name}</bdi></a>
                      </p>
                      ${model.description && html`<p dir="auto">${model.description}</p>`}
                    </li>`,
                )}
              </ul>`
            : empty(t('lineage.nobodyBuilds'), html`<a class="button" href="/models">${t('common.communities')}</a>`)
        }
        ${pager(t, { older: next === null ? null : address(path, { after: next }) })}
      </section>
      ${files(visit, base)}
      ${
        card !== null &&
        html`<section aria-labelledby="card">
          <h2 id="card">${t('lineage.card')}</h2>
          <p class="soft">${t('lineage.cardWhat')}</p>
          <div class="user-text card-text" dir="auto" lang="en" tabindex="0" role="region" aria-label="${t('lineage.card')}">${card}</div>
        </section>`
      }`,
  }
}

/** A place on the Hub is a link; a folder's name is a name. */
function sourceLink(source: string): Html {
  const hub = hubAddress(source)
  if (hub === null) return html`<bdi>${source}</bdi>`
  return html`<a href="${hub}" rel="noreferrer"><bdi>${source}</bdi></a>`
}

function files({ t, locale }: Visit, { files: own, served }: BaseModel): Html {
  const row = (path: string, what: string, size: number, digest: string) =>
    html`<tr>
      <th scope="row"><bdi>${path}</bdi></th>
      <td>${what}</td>
      <td class="number">${bytes(locale, size)}</td>
      <td>${shortDigest(digest)}</td>
    </tr>`
  const rows = [
    ...own.map(({ path, size, digest }) => row(path, t('lineage.asPublished'), size, digest)),
    ...served.map(({ quantization, size, digest }) => row(`${quantization}.gguf`, t('lineage.asServed'), size, digest)),
  ]
  return html`<section aria-labelledby="files">
    <h2 id="files">${t('releases.files')}</h2>
    ${table(t('lineage.filesCaption'), [t('releases.file'), t('releases.fileWhat'), t('releases.size'), t('releases.digest')], rows, [2])}
  </section>`
}

export function basesPage(
  { t, locale }: Visit,
  { bases, next }: { readonly bases: readonly BaseModel[]; readonly next: number | null },
): Page {
  return {
    title: t('lineage.bases'),
    json: '/api/bases',
    main: html`<p class="lead">${t('lineage.baseWhat')}</p>
      ${
        bases.length > 0
          ? html`<ul class="rows">
              ${bases.map(
                ({ name, licence, parameters, source }) =>
                  html`<li>
                    <p class="row-title">
                      <a href="/bases/${encodeURIComponent(name)}"><bdi>${name}</bdi></a>
                    </p>
                    <p class="meta">
                      ${t('lineage.parametersCount', { n: count(locale, parameters) })} · <code>${licence}</code> · <bdi>${source}</bdi>
                    </p>
                  </li>`,
              )}
            </ul>`
          : empty(t('lineage.noBases'))
      }
      ${pager(t, { older: next === null ? null : address('/bases', { after: next }) })}`,
  }
}
