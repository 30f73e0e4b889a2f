/** The graph from base and contributions to releases, for people to look at: the newest releases in full, what lies before them folded and named. */

import { sql } from 'kysely'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import type { RunState } from '../../storage/schema.ts'
import { findBaseById } from '../models/model-queries.ts'
import type { CommunityModel } from '../models/community-model.ts'
import { operatorName } from '../people/actor.ts'

export type LineageNode = { readonly id: string } & (
  | { readonly kind: 'base'; readonly name: string; readonly licence: string; readonly source: string }
  | { readonly kind: 'earlier'; readonly version: string; readonly revision: number }
  | { readonly kind: 'contribution'; readonly contribution: number; readonly author: string; readonly message: string }
  | {
      readonly kind: 'contributions'
      readonly count: number
      /** There are more than were counted. */
      readonly more: boolean
      readonly people: number
      /** The revisions they were accepted into. */
      readonly from: number
      readonly to: number
    }
  | { readonly kind: 'revision'; readonly number: number; readonly count: number }
  | { readonly kind: 'run'; readonly run: number; readonly state: RunState }
  | { readonly kind: 'checkpoint'; readonly run: number; readonly step: number; readonly digest: Digest }
  | { readonly kind: 'evaluations'; readonly version: string; readonly suites: readonly string[] }
  | { readonly kind: 'release'; readonly version: string; readonly state: 'published' | 'retracted' }
)

export interface LineageEdge {
  readonly from: string
  readonly to: string
  /** A release is compared with the one before; nothing of it goes into the other. */
  readonly compared?: boolean
}

export interface LineageGraph {
  readonly nodes: readonly LineageNode[]
  readonly edges: readonly LineageEdge[]
  /** Releases before those shown, folded into the `earlier` node. */
  readonly folded: boolean
}

export const lineageLimits = {
  /** Releases shown in full: more do not fit a screen. */
  releases: 3,
  /** Contributions of one release that are shown one by one. */
  contributions: 4,
  /** Contributions that are counted. */
  counted: 200,
} as const

/** @param version one release alone, with what it is compared with; left out: the newest */
export async function lineageOf(db: Db, model: CommunityModel, version?: string): Promise<LineageGraph> {
  const base = await findBaseById(db, model.baseId)
  const graph = new Graph()
  graph.add({ id: 'base', kind: 'base', name: base.name, licence: base.licence, source: base.source })
  const rows = await releaseRows(db, model.id, version)
  const shown = rows.slice(0, version === undefined ? lineageLimits.releases : 1).reverse()
  const before = rows[shown.length] ?? null
  let last = before && { revision: before.revision ?? 0, release: 'earlier' }
  if (before) graph.add({ id: 'earlier', kind: 'earlier', version: before.version, revision: before.revision ?? 0 })
  for (const row of shown) last = await addRelease(db, graph, model.id, row, last)
  if (version === undefined) await addUnreleased(db, graph, model.id, last)
  return { ...graph, folded: before !== null }
}

class Graph {
  readonly nodes: LineageNode[] = []
  readonly edges: LineageEdge[] = []

  add(node: LineageNode, ...from: readonly (string | null)[]): string {
    if (!this.nodes.some(({ id }) => id === node.id)) this.nodes.push(node)
    for (const one of from) if (one !== null && this.nodes.some(({ id }) => id === one)) this.#link(one, node.id)
    return node.id
  }

  compare(from: string, to: string): void {
    this.edges.push({ from, to, compared: true })
  }

  #link(from: string, to: string): void {
    if (!this.edges.some((edge) => edge.from === from && edge.to === to)) this.edges.push({ from, to })
  }
}

interface Last {
  readonly revision: number
  /** The node that stands for it. */
  readonly release: string
}

async function addRelease(db: Db, graph: Graph, modelId: number, row: ReleaseRow, last: Last | null): Promise<Last> {
  const above = last?.revision ?? 0
  const revision = await addRevision(db, graph, modelId, { number: row.revision ?? 0, count: row.count }, last)
  const run = graph.add({ id: `run-${row.runId}`, kind: 'run', run: row.runId, state: row.runState }, 'base', revision)
  const checkpoint = graph.add(
    { id: `checkpoint-${row.checkpointId}`, kind: 'checkpoint', run: row.runId, step: row.step, digest: row.digest },
    run,
  )
  const suites = await db
    .selectFrom('releaseEvaluations as links')
    .innerJoin('evaluations', 'evaluations.id', 'links.evaluationId')
    .innerJoin('suites', 'suites.id', 'evaluations.suiteId')
    .select('suites.name')
    .where('links.releaseId', '=', row.id)
    .orderBy('suites.name')
    .execute()
  const tested = graph.add(
    { id: `evaluations-${row.id}`, kind: 'evaluations', version: row.version, suites: suites.map(({ name }) => name) },
    checkpoint,
  )
  const release = graph.add({ id: `release-${row.id}`, kind: 'release', version: row.version, state: row.state }, checkpoint, tested)
  if (last && row.previousId !== null) graph.compare(last.release, release)
  return { revision: Math.max(above, row.revision ?? 0), release }
}

/** A revision, the one before it, and who brought what lies between. */
async function addRevision(
  db: Db,
  graph: Graph,
  modelId: number,
  { number, count }: { readonly number: number; readonly count: number },
  last: Last | null,
): Promise<string> {
  const before = last === null ? null : last.release === 'earlier' ? 'earlier' : `revision-${last.revision}`
  const sources = await addContributions(db, graph, modelId, last?.revision ?? 0, number)
  return graph.add({ id: `revision-${number}`, kind: 'revision', number, count }, before, ...sources)
}

async function addContributions(db: Db, graph: Graph, modelId: number, above: number, upTo: number): Promise<readonly string[]> {
  const { rows } = await sql<{ id: number; author: string | null; message: string; authorId: number | null }>`
    select contributions.id, people.name as author, contributions.message, contributions.author_id as "authorId"
    from dataset_revisions revisions join revision_contributions links on links.revision_id = revisions.id
    join contributions on contributions.id = links.contribution_id left join people on people.id = contributions.author_id
    where revisions.model_id = ${modelId} and revisions.number > ${above} and revisions.number <= ${upTo}
    order by revisions.number, contributions.id limit ${lineageLimits.counted + 1}`.execute(db)
  if (rows.length === 0) return []
  if (rows.length <= lineageLimits.contributions)
    return rows.map(({ id, author, message }) =>
      graph.add({ id: `contribution-${id}`, kind: 'contribution', contribution: id, author: author ?? operatorName, message }),
    )
  const [count, people] = [Math.min(rows.length, lineageLimits.counted), new Set(rows.map(({ authorId }) => authorId)).size]
  const more = rows.length > lineageLimits.counted
  return [graph.add({ id: `contributions-${upTo}`, kind: 'contributions', count, more, people, from: above + 1, to: upTo })]
}

/** The newest dataset and its run, where they are beyond the newest release. */
async function addUnreleased(db: Db, graph: Graph, modelId: number, last: Last | null): Promise<void> {
  const head = await db
    .selectFrom('datasetRevisions')
    .select(['id', 'number', 'count'])
    .where('modelId', '=', modelId)
    .where('number', 'is not', null)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!head || head.number === null) return
  const number = head.number
  const revision =
    number > (last?.revision ?? 0) ? await addRevision(db, graph, modelId, { number, count: head.count }, last) : `revision-${number}`
  const run = await db
    .selectFrom('trainingRuns')
    .leftJoin('checkpoints', 'checkpoints.runId', 'trainingRuns.id')
    .select(['trainingRuns.id', 'trainingRuns.state', 'checkpoints.id as checkpointId', 'checkpoints.step', 'checkpoints.digest'])
    .where('trainingRuns.modelId', '=', modelId)
    .where('trainingRuns.purpose', '=', 'candidate')
    .where('trainingRuns.revisionId', '=', head.id)
    .orderBy('trainingRuns.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!run) return
  const node = graph.add({ id: `run-${run.id}`, kind: 'run', run: run.id, state: run.state }, 'base', revision)
  if (run.checkpointId !== null)
    graph.add({ id: `checkpoint-${run.checkpointId}`, kind: 'checkpoint', run: run.id, step: run.step!, digest: run.digest! }, node)
}

interface ReleaseRow {
  readonly id: number
  readonly version: string
  readonly state: 'published' | 'retracted'
  readonly previousId: number | null
  readonly checkpointId: number
  readonly step: number
  readonly digest: Digest
  readonly runId: number
  readonly runState: RunState
  /** null: a draft. */
  readonly revision: number | null
  readonly count: number
}

/** The newest first, one more than is shown. */
async function releaseRows(db: Db, modelId: number, version: string | undefined): Promise<readonly ReleaseRow[]> {
  const all = db
    .selectFrom('releases')
    .innerJoin('checkpoints', 'checkpoints.id', 'releases.checkpointId')
    .innerJoin('trainingRuns', 'trainingRuns.id', 'checkpoints.runId')
    .innerJoin('datasetRevisions', 'datasetRevisions.id', 'trainingRuns.revisionId')
    .select(['releases.id', 'releases.version', 'releases.state', 'releases.previousId', 'releases.checkpointId'])
    .select(['checkpoints.step', 'checkpoints.digest', 'trainingRuns.id as runId', 'trainingRuns.state as runState'])
    .select(['datasetRevisions.number as revision', 'datasetRevisions.count'])
    .where('releases.modelId', '=', modelId)
  if (version === undefined)
    return all
      .orderBy('releases.id', 'desc')
      .limit(lineageLimits.releases + 1)
      .execute()
  const one = await all.where('releases.version', '=', version).executeTakeFirst()
  if (!one) return []
  const previous = one.previousId === null ? undefined : await all.where('releases.id', '=', one.previousId).executeTakeFirst()
  return previous ? [one, previous] : [one]
}
