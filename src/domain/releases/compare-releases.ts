/** Two releases of a community side by side: what each suite says of them, which answers changed, and what went into one and not the other. */

import type { ServedModel } from '../../engines/engine.ts'
import { AppError } from '../../errors.ts'
import type { Blobs, Digest } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { ExampleContent } from '../contributions/example.ts'
import { diffRevisions } from '../datasets/dataset-queries.ts'
import { compareEvaluations } from '../evaluation/compare.ts'
import type { Comparison, Evaluation, SampleResult } from '../evaluation/evaluation.ts'
import { findEvaluations, finishedEvaluation, resultsOf } from '../evaluation/evaluation-queries.ts'
import { readSuite } from '../models/suite-queries.ts'
import type { SuiteSample } from '../models/suite.ts'
import { operatorName } from '../people/actor.ts'
import { flatRecipe } from '../training/recipe.ts'
import { findCheckpoint, findRun } from '../training/run-queries.ts'
import type { TrainingRun } from '../training/run.ts'
import { servedPaths, type BriefRelease } from './release-queries.ts'

interface ReadingApp {
  readonly db: Database
  readonly blobs: Blobs
}

export interface ComparedSuite {
  readonly name: string
  /** `to` minus `from`. */
  readonly comparison: Comparison
  readonly from: Evaluation
  readonly to: Evaluation
}

export interface ComparedReleases {
  readonly suites: readonly ComparedSuite[]
  /** Suites that only one of them was asked, or that had other cases. */
  readonly apart: readonly string[]
}

/** The suites that both were asked with the same cases. Nothing is measured anew. */
export async function compareReleases(app: ReadingApp, from: BriefRelease, to: BriefRelease): Promise<ComparedReleases> {
  if (from.modelId !== to.modelId)
    throw new AppError('invalid', `${from.model} and ${to.model} have other suites; compare two releases of one.`)
  const [ofFrom, ofTo] = [await evaluationsOf(app.db, from), await evaluationsOf(app.db, to)]
  const suites: ComparedSuite[] = []
  const apart: string[] = []
  for (const name of [...new Set([...ofTo, ...ofFrom].map(({ suite }) => suite.name))].sort()) {
    const pair =
      (await pairOf(app.db, name, ofFrom, { release: to, evaluations: ofTo }, false)) ??
      (await pairOf(app.db, name, ofTo, { release: from, evaluations: ofFrom }, true))
    if (pair === null) apart.push(name)
    else suites.push({ name, ...pair, comparison: decided(to, pair) ?? (await compareEvaluations(app, pair.to, pair.from)) })
  }
  return { suites, apart }
}

/** The gate made this very comparison when `to` was published after `from`. */
function decided({ gate }: BriefRelease, { from, to }: Pick<ComparedSuite, 'from' | 'to'>): Comparison | null {
  return (
    gate.suites
      .map(({ comparison }) => comparison)
      .find(({ subject, baseline }) => subject.evaluationId === to.id && baseline.evaluationId === from.id) ?? null
  )
}

interface Side {
  readonly release: BriefRelease
  /** Those it names. */
  readonly evaluations: readonly Evaluation[]
}

/** One side's evaluation of a suite, and the other release's of the same cases: one it names, or another that was made of it since. */
async function pairOf(db: Db, name: string, own: readonly Evaluation[], other: Side, ownIsTo: boolean) {
  const one = own.find(({ suite }) => suite.name === name)
  const two =
    one &&
    (other.evaluations.find(({ suite }) => suite.id === one.suite.id) ??
      (await finishedEvaluation(db, one.suite.id, servedBy(other.release))))
  if (!one || !two) return null
  return ownIsTo ? { from: two, to: one } : { from: one, to: two }
}

/** What the release is to an engine, retracted or not: what was measured stays true. */
function servedBy({ artefacts, model, version }: BriefRelease): ServedModel {
  const digestOf = (path: string): Digest => {
    const found = artefacts.find((artefact) => artefact.path === path)
    if (!found) throw new AppError('unavailable', `${model} ${version} has no ${path}.`)
    return found.digest
  }
  return { base: digestOf(servedPaths.base), adapter: digestOf(servedPaths.adapter) }
}

/** The evaluations a release names. */
export async function evaluationsOf(db: Db, { id }: Pick<BriefRelease, 'id'>): Promise<readonly Evaluation[]> {
  const rows = await db.selectFrom('releaseEvaluations').select('evaluationId').where('releaseId', '=', id).execute()
  return findEvaluations(
    db,
    rows.map(({ evaluationId }) => evaluationId),
  )
}

export type ChangeKind = 'better' | 'worse' | 'other'

export interface ChangedAnswer {
  /** Its place in the suite, from 1. */
  readonly number: number
  readonly sample: SuiteSample
  readonly kind: ChangeKind
  readonly before: SampleResult
  readonly after: SampleResult
}

export interface ChangedAnswers {
  readonly answers: readonly ChangedAnswer[]
  readonly counts: Readonly<Record<ChangeKind, number>>
  /** The number to go on beyond; null at the end. */
  readonly next: number | null
}

/** The answers of one suite that are not the same, in the order of the suite. Texts have no answers: those read easier or harder by a tenth of a bit a byte count. */
export async function changedAnswers(
  app: ReadingApp,
  { from, to }: Pick<ComparedSuite, 'from' | 'to'>,
  options: { readonly after?: number; readonly limit?: number; readonly only?: ChangeKind } = {},
): Promise<ChangedAnswers> {
  const { after = 0, limit = 10, only } = options
  const [before, now] = [await resultsOf(app, from), await resultsOf(app, to)]
  const counts = { better: 0, worse: 0, other: 0 }
  const kinds = now.map((result, i) => {
    const kind = before[i] ? changeOf(before[i], result) : null
    if (kind) counts[kind]++
    return kind
  })
  const wanted = kinds.flatMap((kind, i) => (kind !== null && i >= after && (only === undefined || kind === only) ? [i] : []))
  const shown = new Set(wanted.slice(0, limit))
  const answers: ChangedAnswer[] = []
  let index = 0
  if (shown.size > 0)
    for await (const sample of readSuite(app, to.suite)) {
      const i = index++
      if (shown.has(i)) answers.push({ number: i + 1, sample, kind: kinds[i]!, before: before[i]!, after: now[i]! })
      if (answers.length === shown.size) break
    }
  return { answers, counts, next: wanted.length > limit ? (answers.at(-1)?.number ?? null) : null }
}

function changeOf(before: SampleResult, now: SampleResult): ChangeKind | null {
  if (before.kind === 'text' && now.kind === 'text') {
    const change = (now.nats - before.nats) / Math.LN2 / Math.max(1, now.bytes)
    return Math.abs(change) < 0.1 ? null : change < 0 ? 'better' : 'worse'
  }
  if (before.kind === 'text' || now.kind === 'text') return null
  if (before.right !== now.right) return now.right ? 'better' : 'worse'
  return said(before) === said(now) ? null : 'other'
}

const said = (result: Exclude<SampleResult, { kind: 'text' }>) => (result.kind === 'choice' ? result.picked : result.answer)

export interface DatasetDifference {
  readonly from: TrainingRun
  readonly to: TrainingRun
  readonly added: number
  readonly removed: number
  /** More were added or removed than are counted. */
  readonly truncated: boolean
  /** A few of each, to see what they are like. */
  readonly some: readonly {
    readonly kind: 'added' | 'removed'
    readonly digest: Digest
    readonly content: ExampleContent
    readonly language: string | null
  }[]
  /** Accepted between the two, the newest first; at most `contributionsShown`. */
  readonly contributions: readonly { readonly id: number; readonly author: string; readonly message: string }[]
  readonly moreContributions: boolean
  readonly recipe: readonly { readonly key: string; readonly from: string | null; readonly to: string | null }[]
}

const contributionsShown = 30
const examplesShown = 6
/** Counting goes on this far: beyond, a reader needs no exact number. */
const mostCounted = 200

/** What the two were trained on and how. */
export async function compareTraining(db: Db, from: BriefRelease, to: BriefRelease): Promise<DatasetDifference> {
  const [before, now] = [await runOf(db, from), await runOf(db, to)]
  const { added, removed, truncated } = await diffRevisions(db, before.revision.id, now.revision.id, { limit: mostCounted })
  const some = [
    ...(await examples(db, added.slice(0, examplesShown), 'added')),
    ...(await examples(db, removed.slice(0, examplesShown), 'removed')),
  ]
  const numbers = [before.revision.number ?? 0, now.revision.number ?? 0]
  const contributions = await db
    .selectFrom('revisionContributions as links')
    .innerJoin('datasetRevisions as revisions', 'revisions.id', 'links.revisionId')
    .innerJoin('contributions', 'contributions.id', 'links.contributionId')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .select(['contributions.id', 'people.name as author', 'contributions.message'])
    .where('revisions.modelId', '=', to.modelId)
    .where('revisions.number', '>', Math.min(...numbers))
    .where('revisions.number', '<=', Math.max(...numbers))
    .orderBy('revisions.number', 'desc')
    .orderBy('contributions.id', 'desc')
    .limit(contributionsShown + 1)
    .execute()
  return {
    from: before,
    to: now,
    added: added.length,
    removed: removed.length,
    truncated,
    some,
    contributions: contributions.slice(0, contributionsShown).map((one) => ({ ...one, author: one.author ?? operatorName })),
    moreContributions: contributions.length > contributionsShown,
    recipe: recipeDifference(before, now),
  }
}

async function runOf(db: Db, { checkpointId }: Pick<BriefRelease, 'checkpointId'>): Promise<TrainingRun> {
  return findRun(db, (await findCheckpoint(db, checkpointId)).runId)
}

async function examples(db: Db, digests: readonly Digest[], kind: 'added' | 'removed'): Promise<DatasetDifference['some']> {
  if (digests.length === 0) return []
  const rows = await db.selectFrom('examples').select(['digest', 'body']).where('digest', 'in', digests).orderBy('digest').execute()
  return rows.map(({ digest, body }) => {
    const { content, provenance } = body as { content: ExampleContent; provenance: { language?: string } }
    return { kind, digest, content, language: provenance.language ?? null }
  })
}

function recipeDifference(before: TrainingRun, now: TrainingRun): DatasetDifference['recipe'] {
  const [was, is] = [before, now].map(
    ({ recipe }) => new Map(Object.entries(flatRecipe(recipe)).map(([key, value]) => [key, JSON.stringify(value)])),
  )
  return [...new Set([...was!.keys(), ...is!.keys()])].flatMap((key) => {
    const [from, to] = [was!.get(key) ?? null, is!.get(key) ?? null]
    return from === to ? [] : [{ key, from, to }]
  })
}
