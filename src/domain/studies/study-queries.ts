/** Reads of studies. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { RateSearch, Recipe } from '../../trainers/trainer.ts'
import { findModel } from '../models/model-queries.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import { changes } from '../training/changes.ts'
import { hasEnded } from '../training/run.ts'
import { describeStudy } from './describe-study.ts'
import type { RateResult, Study, TraceQuestion, TraceResult } from './study.ts'

export async function findStudy(db: Db, id: number): Promise<Study> {
  const row = await studies(db).where('studies.id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no study ${id}; "study list <owner/name>" shows those there are.`)
  return toStudy(row)
}

/** Newest first; `after` is the id to go on below. */
export async function listStudies(db: Db, model: string, page: Page & { readonly kind?: Study['kind'] } = {}): Promise<Study[]> {
  const { id } = await findModel(db, model)
  let query = studies(db).where('studies.modelId', '=', id)
  if (page.kind !== undefined) query = query.where('studies.kind', '=', page.kind)
  if (page.after !== undefined) query = query.where('studies.id', '<', page.after)
  return (await query.orderBy('studies.id', 'desc').limit(pageLimit(page)).execute()).map(toStudy)
}

/** At once, then at each change; ends after the update in which it has ended. */
export async function* watchStudy(
  app: { readonly db: Database },
  id: number,
  options: { readonly signal?: AbortSignal } = {},
): AsyncIterable<Study> {
  let seen = ''
  for await (const _ of changes(app.db, options.signal)) {
    const study = await findStudy(app.db, id)
    const now = JSON.stringify([study.state, study.progress])
    if (now === seen) continue
    seen = now
    yield study
    if (hasEnded(study.state)) return
  }
}

function studies(db: Db) {
  return db
    .selectFrom('studies')
    .innerJoin('communityModels', 'communityModels.id', 'studies.modelId')
    .innerJoin('datasetRevisions', 'datasetRevisions.id', 'studies.revisionId')
    .selectAll('studies')
    .select([
      'communityModels.owner',
      'communityModels.name',
      'datasetRevisions.number as revisionNumber',
      'datasetRevisions.digest as revisionDigest',
      'datasetRevisions.count as revisionCount',
    ])
}

type Selected = Awaited<ReturnType<ReturnType<typeof studies>['execute']>>[number]

function toStudy({ owner, name, revisionId, revisionNumber, revisionDigest, revisionCount, done, total, ...row }: Selected): Study {
  const record = {
    ...row,
    model: `${owner}/${name}`,
    // Studies are made of accepted revisions, which keep their number.
    revision: { id: revisionId, number: revisionNumber!, digest: revisionDigest, count: revisionCount },
    recipe: row.recipe as Recipe,
    progress: { done, of: total },
  }
  const study =
    row.kind === 'rate'
      ? { ...record, kind: row.kind, runId: null, request: row.request as RateSearch, result: row.result as RateResult | null }
      : { ...record, kind: row.kind, runId: row.runId!, request: row.request as TraceQuestion, result: row.result as TraceResult | null }
  return { ...study, sentences: describeStudy(study) }
}
