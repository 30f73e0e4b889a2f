/** What follows from an offer at once, however it came: accepted where the rules let it be patrolled later, and perhaps previewed by itself. */

import { contributionDetail, type ContributionDetail } from '../../domain/contributions/contribute.ts'
import { patrolLater, type PatrolledLater } from '../../domain/datasets/patrol-later.ts'
import type { Actor } from '../../domain/people/actor.ts'
import { considerPreview, type ConsideringApp } from '../../domain/previews/automatic-previews.ts'
import { lookForDepartures } from '../../domain/release-train/departures-clock.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { z } from './openapi.ts'
import { patrol } from './schemas.ts'

export type OfferingApp = ConsideringApp & { readonly db: Database; readonly blobs: Blobs }

export type TakenIn = ContributionDetail & PatrolledLater

/** What an answer says of it. */
export const takenInFields = {
  patrol: patrol.nullable().openapi({ description: 'Set where it was accepted at once, to be patrolled later.' }),
  reasons: z.array(z.string()).openapi({ description: 'Where the community patrols: why this one is reviewed first.' }),
}

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
