/** Takes a release back: it stays on record with the reason, and is no longer served as the latest. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { Actor } from '../people/actor.ts'
import type { Release } from './release.ts'

export async function retractRelease(
  app: { readonly db: Database },
  actor: Actor,
  model: string,
  version: string,
  reason: string,
): Promise<Release> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [app, actor, model, version, reason] })
}
