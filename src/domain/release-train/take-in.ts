/** What follows from an offer at once, however it came: accepted where the rules let it be patrolled later, and perhaps previewed by itself. */

import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { contributionDetail, type ContributionDetail } from '../contributions/contribute.ts'
import { patrolLater, type PatrolledLater } from '../datasets/patrol-later.ts'
import type { Actor } from '../people/actor.ts'
import { considerPreview, type ConsideringApp } from '../previews/automatic-previews.ts'
import { lookForDepartures } from './departures-clock.ts'

export type OfferingApp = ConsideringApp & { readonly db: Database; readonly blobs: Blobs }

export type TakenIn = ContributionDetail & PatrolledLater

/** @param wait reviewed first, even where its author is trusted */
export async function takenIn(
  app: OfferingApp,
  actor: Actor,
  { contribution: { id } }: ContributionDetail,
  { wait = false }: { readonly wait?: boolean | undefined } = {},
): Promise<TakenIn> {
  const accepted = wait ? { patrol: null, reasons: [] } : await patrolLater(app, actor, id)
  if (accepted.patrol !== null) await lookForDepartures(app, app.db)
  const detail = await contributionDetail(app.db, id)
  await considerPreview(app, detail.contribution)
  return { ...detail, ...accepted }
}
