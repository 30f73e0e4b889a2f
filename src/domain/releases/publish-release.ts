/** Publishes a checkpoint once its gate holds: the first thing that makes weights public. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import type { Actor } from '../people/actor.ts'
import type { GateReport, Release } from './release.ts'

/** What the gate would say, without publishing anything. Throws `conflict` where evaluations are missing, naming the way out. */
export async function previewRelease(
  app: { readonly db: Database; readonly blobs: Blobs },
  actor: Actor,
  model: string,
  options: { readonly run?: number } = {},
): Promise<GateReport> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [app, actor, model, options] })
}

/** Maintainers only. The newest finished run where none is named. A gate that does not hold throws GateError (`conflict`) with the report. */
export async function publishRelease(
  app: { readonly db: Database; readonly blobs: Blobs },
  actor: Actor,
  model: string,
  version: string,
  options: { readonly run?: number } = {},
): Promise<Release> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [app, actor, model, version, options] })
}
