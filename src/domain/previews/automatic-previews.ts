/** Previews that begin by themselves: small proposals, where a release is there to begin at, while the operator's budget lasts. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import type { Contribution } from '../contributions/contribution.ts'
import { operator } from '../people/actor.ts'
import { latestRelease } from '../releases/release-queries.ts'
import type { TrainingApp } from '../training/start-run.ts'
import { makePreview } from './request-preview.ts'

/** What the operator gives for previews that nobody asked for. */
export interface PreviewBudget {
  /** Examples of a proposal at most. */
  readonly examples: number
  /** Minutes that the builds of previews, asked for or not, may have taken in 24 hours for another to begin; 0: none begins. */
  readonly minutes: number
}

/** What a build is expected to take while none has been seen: seconds. */
const guess = 60

/** Asks, in the queue, whether this round of a contribution is to be previewed by itself: for whoever has just stored it. */
export async function considerPreview(
  app: { readonly db: Db; readonly jobs: Pick<Jobs, 'enqueue'> },
  { id, round }: Pick<Contribution, 'id' | 'round'>,
): Promise<void> {
  await app.jobs.enqueue(app.db, 'preview', { contributionId: id, round })
}

/** The job: previews the round, or leaves it. What cannot be previewed is left too; somebody who asks for it is told why. */
export async function previewAutomatically(
  app: TrainingApp,
  budget: PreviewBudget,
  { contributionId, round }: { readonly contributionId: number; readonly round: number },
): Promise<void> {
  const contribution = await findContribution(app.db, contributionId)
  const { state, counts, modelId } = contribution
  if (contribution.round !== round || state !== 'open') return
  if (counts.add + counts.replace + counts.remove > budget.examples) return
  if ((await latestRelease(app.db, modelId)) === null) return
  if ((await secondsUsed(app.db)) >= budget.minutes * 60) return
  try {
    await makePreview(app, operator, contribution, { automatic: true })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
  }
}

/** What the builds of previews took in the last 24 hours; one that waits or runs counts as what the others took on average. */
export async function secondsUsed(db: Db): Promise<number> {
  const { rows } = await sql<{ seconds: number | null; ended: boolean }>`
    select extract(epoch from ended_at - started_at)::float8 as seconds, ended_at is not null as ended
    from builds
    where created_at > now() - interval '24 hours'
      and exists (select 1 from previews where previews.build_id = builds.id or previews.control_id = builds.id)`.execute(db)
  const known = rows.flatMap(({ seconds, ended }) => (ended && seconds !== null ? [seconds] : []))
  const spent = known.reduce((sum, seconds) => sum + seconds, 0)
  const waiting = rows.filter(({ ended }) => !ended).length
  return spent + waiting * (known.length === 0 ? guess : spent / known.length)
}
