/** How the releases of a community did on its suites, one after the other. */

import type { Db } from '../../storage/database.ts'
import { wilson } from '../evaluation/statistics.ts'
import type { Metric } from '../evaluation/evaluation.ts'

export interface ReleaseScore {
  readonly releaseId: number
  readonly version: string
  readonly state: 'published' | 'retracted'
  readonly createdAt: Date
  readonly evaluationId: number
  /** The suite of that time: another digest is another set of cases. */
  readonly suite: { readonly id: number; readonly name: string; readonly digest: string }
  readonly metric: Metric
  readonly score: number
  readonly samples: number
  /** 95 %, Wilson's; null for bits per byte, whose interval needs every sample and is told where two releases are compared. */
  readonly interval: readonly [number, number] | null
}

/** Of the newest releases, the newest first; of all suites, or of one by its name. */
export async function scoresOverReleases(db: Db, modelId: number, options: { readonly suite?: string; readonly releases?: number } = {}) {
  const { suite, releases = 20 } = options
  let query = db
    .selectFrom('releases')
    .innerJoin('releaseEvaluations as links', 'links.releaseId', 'releases.id')
    .innerJoin('evaluations', 'evaluations.id', 'links.evaluationId')
    .innerJoin('suites', 'suites.id', 'evaluations.suiteId')
    .select(['releases.id as releaseId', 'releases.version', 'releases.state', 'releases.createdAt'])
    .select(['evaluations.id as evaluationId', 'evaluations.metric', 'evaluations.score', 'evaluations.count'])
    .select(['suites.id as suiteId', 'suites.name', 'suites.digest'])
    .where('releases.id', 'in', (of) =>
      of.selectFrom('releases').select('id').where('modelId', '=', modelId).orderBy('id', 'desc').limit(releases),
    )
  if (suite !== undefined) query = query.where('suites.name', '=', suite)
  const rows = await query.orderBy('releases.id', 'desc').orderBy('suites.name').execute()
  return rows.flatMap(({ suiteId, name, digest, count, score, ...row }): ReleaseScore[] => {
    if (score === null) return []
    const metric = row.metric as Metric
    const interval = metric === 'bits-per-byte' ? null : wilson(Math.round(score * count), count)
    return [{ ...row, metric, score, samples: count, interval, suite: { id: suiteId, name, digest } }]
  })
}
