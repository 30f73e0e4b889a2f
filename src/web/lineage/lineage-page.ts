/** The lineage of a community or of one release: a graph, and the same as a list for those who cannot see it or have little room. */

import { line, curveBumpX } from 'd3-shape'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { LineageGraph, LineageNode } from '../../domain/releases/lineage-graph.ts'
import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { empty } from '../parts/basics.ts'
import { count } from '../parts/figures.ts'
import type { Visit } from '../visit.ts'
import { layOut, nodeSize } from './layout.ts'

export interface LineageData {
  readonly model: CommunityModel
  readonly graph: LineageGraph
  /** The release whose own lineage this is; null: the newest of the community. */
  readonly version: string | null
}

export function lineagePage(visit: Visit, data: LineageData): Page {
  const { t } = visit
  const { model, graph, version } = data
  const name = `${model.owner}/${model.name}`
  return {
    title: version === null ? t('lineage.title', { name }) : t('lineage.titleRelease', { name, version }),
    heading: version === null ? t('common.tabLineage') : t('lineage.ofRelease', { version }),
    community: { model, section: 'lineage' },
    json: address(`/api${modelPath(model, '/lineage')}`, { release: version }),
    main: html`<p class="lead">${t('lineage.what')}</p>
      ${
        graph.nodes.length <= 1
          ? empty(t('lineage.none'), html`<a class="button" href="${modelPath(model, '/proposals')}">${t('common.tabProposals')}</a>`)
          : html`${graph.folded && html`<p class="soft">${t('lineage.foldedWhat')}</p>`} ${drawing(visit, data)}
              <section aria-labelledby="as-list">
                <h2 id="as-list">${t('lineage.asList')}</h2>
                ${nested(visit, data)}
              </section>`
      }
      ${version !== null && html`<p><a class="button" href="${modelPath(model, '/lineage')}">${t('lineage.whole')}</a></p>`}`,
  }
}

interface NodeWords {
  readonly kind: string
  readonly title: string
  readonly more?: string
  readonly href: string
}

/** How a node is called, and where it leads. */
function wordsOf({ t, locale }: Visit, model: CommunityModel, node: LineageNode): NodeWords {
  switch (node.kind) {
    case 'base':
      return { kind: t('lineage.kind_base'), title: node.name, more: node.licence, href: `/bases/${encodeURIComponent(node.name)}` }
    case 'earlier':
      return {
        kind: t('lineage.kind_earlier'),
        title: t('lineage.upTo', { version: node.version }),
        href: address(modelPath(model, '/lineage'), { release: node.version }),
      }
    case 'contribution':
      return {
        kind: t('lineage.kind_contribution'),
        title: node.message.split('\n')[0] ?? '',
        more: node.author,
        href: `/contributions/${node.contribution}`,
      }
    case 'contributions':
      return {
        kind: t('lineage.kind_contributions'),
        title: t('lineage.contributions', { n: node.count, shown: `${count(locale, node.count)}${node.more ? '+' : ''}` }),
        more: t('lineage.byPeople', { n: node.people }),
        href: address(modelPath(model, '/proposals'), { list: 'accepted' }),
      }
    case 'revision':
      return {
        kind: t('lineage.kind_revision'),
        title: t('lineage.revision', { number: String(node.number) }),
        more: t('common.examples', { n: node.count }),
        href: modelPath(model, '/examples'),
      }
    case 'run':
      return {
        kind: t('lineage.kind_run'),
        title: t('runs.run', { id: String(node.run) }),
        more: t(`runs.state_${node.state}`),
        href: `/runs/${node.run}`,
      }
    case 'checkpoint':
      return {
        kind: t('lineage.kind_checkpoint'),
        title: node.digest.slice('sha256:'.length, 19),
        more: t('lineage.step', { step: node.step }),
        href: `/runs/${node.run}#became`,
      }
    case 'evaluations':
      return {
        kind: t('lineage.kind_evaluations'),
        title: node.suites.length === 1 ? (node.suites[0] ?? '') : t('lineage.tests', { n: node.suites.length }),
        ...(node.suites.length > 1 && { more: node.suites.join(', ') }),
        href: modelPath(model, `/releases/${node.version}#measured`),
      }
    case 'release':
      return {
        kind: t('lineage.kind_release'),
        title: node.version,
        ...(node.state === 'retracted' && { more: t('releases.retracted') }),
        href: modelPath(model, `/releases/${node.version}`),
      }
    default:
      return node satisfies never
  }
}

/** As many characters as fit a node's line; never inside a grapheme. */
function fit(text: string, most: number): string {
  const graphemes = Array.from(new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment)
  return graphemes.length <= most ? text : `${graphemes.slice(0, most - 1).join('')}…`
}

const bend = line<{ readonly x: number; readonly y: number }>(
  ({ x }) => x,
  ({ y }) => y,
).curve(curveBumpX)

function drawing(visit: Visit, { model, graph }: LineageData): Html {
  const { t } = visit
  const { width, height, places, lines } = layOut(graph)
  return html`<div class="lineage" role="region" aria-label="${t('lineage.graph')}" tabindex="0">
    <svg
      class="lineage"
      width="${width}"
      height="${height}"
      viewBox="0 0 ${width} ${height}"
      role="group"
      aria-label="${t('lineage.graph')}"
    >
      ${lines.map((points, i) => html`<path class="edge${graph.edges[i]?.compared ? ' compared' : ''}" d="${bend(points)}" />`)}
      ${graph.nodes.map((node) => {
        const { x, y } = places.get(node.id)!
        const { kind, title, more, href } = wordsOf(visit, model, node)
        const [left, top] = [x - nodeSize.width / 2, y - nodeSize.height / 2]
        const whole = [kind, title, more].filter(Boolean).join(', ')
        return html`<a href="${href}" class="node ${node.kind}">
          <title>${whole}</title>
          <rect x="${left}" y="${top}" width="${nodeSize.width}" height="${nodeSize.height}" rx="6" />
          <text class="kind" x="${left + 12}" y="${top + 20}">${fit(more ? `${kind} · ${more}` : kind, 24)}</text>
          <text class="title" x="${left + 12}" y="${top + 40}">${fit(title, 17)}</text>
        </a>`
      })}
    </svg>
  </div>`
}

/** From each release back to what it was made from: what points at a node stands below it. What was said once is not said again. */
function nested(visit: Visit, { model, graph }: LineageData): Html {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]))
  const madeFrom = (id: string) => graph.edges.filter(({ to, compared }) => to === id && !compared).map(({ from }) => from)
  const ends = graph.nodes.filter(({ id }) => !graph.edges.some(({ from, compared }) => from === id && !compared))
  const told = new Set<string>()
  const item = (id: string): Content => {
    const node = byId.get(id)
    if (!node) return null
    const { kind, title, more, href } = wordsOf(visit, model, node)
    const again = told.has(id)
    told.add(id)
    const below = again ? [] : madeFrom(id)
    return html`<li>
      <span class="soft">${kind}</span>
      <a href="${href}" dir="auto">${title}</a> ${more && html`<span class="soft"><bdi>${more}</bdi></span>`}
      ${again && madeFrom(id).length > 0 && html`<span class="soft">${visit.t('lineage.saidAbove')}</span>`}
      ${
        below.length > 0 &&
        html`<ul>
          ${below.map((one) => item(one))}
        </ul>`
      }
    </li>`
  }
  return html`<ul class="lineage-list">
    ${ends.toReversed().map(({ id }) => item(id))}
  </ul>`
}
