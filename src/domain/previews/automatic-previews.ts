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

/** Where no budget is given, none begins. */
export interface ConsideringApp {
  readonly db: Db
  readonly jobs: Pick<Jobs, 'enqueue'>
  readonly automaticPreviews?: PreviewBudget
}

/** Leaves it to the queue whether a round that has just been stored is previewed by itself: what that takes is not for the author to wait for. */
export async function considerPreview(app: ConsideringApp, contribution: Contribution): Promise<void> {
  const budget = app.automaticPreviews
  if (!budget || budget.minutes === 0 || !isSmall(contribution, budget)) return
  await app.jobs.enqueue(app.db, 'preview', { contributionId: contribution.id, round: contribution.round })
}

/** The job: previews the round, or leaves it. What cannot be previewed is left too; somebody who asks for it is told why. */
export async function previewAutomatically(
  app: TrainingApp,
  budget: PreviewBudget | undefined,
  { contributionId, round }: { readonly contributionId: number; readonly round: number },
): Promise<void> {
  const contribution = await findContribution(app.db, contributionId)
  const { state, modelId } = contribution
  if (!budget || contribution.round !== round || state !== 'open' || !isSmall(contribution, budget)) return
  if ((await latestRelease(app.db, modelId)) === null) return
  if ((await secondsUsed(app.db)) >= budget.minutes * 60) return
  try {
    await makePreview(app, operator, contribution, { automatic: true })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
  }
}

function isSmall({ counts }: Contribution, { examples }: PreviewBudget): boolean {
  const changed = counts.add + counts.replace + counts.remove
  return changed > 0 && changed <= examples
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
