/** Reads of releases, and what serving one takes. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { Release } from './release.ts'
import type { ServedModel } from '../../engines/engine.ts'

/** @param version a semantic version, or 'latest' for the newest that is not retracted */
export async function findRelease(db: Database, model: string, version: string): Promise<Release> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [db, model, version] })
}

/** Newest first, retracted ones included; `after` is the id to go on below. */
export async function listReleases(
  db: Database,
  model: string,
  page: { readonly after?: number; readonly limit?: number } = {},
): Promise<Release[]> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [db, model, page] })
}

/** Every published release of every model, newest first: what an OpenAI-compatible list of models shows. */
export async function publishedReleases(db: Database): Promise<Release[]> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [db] })
}

/** What an engine serves for a release, or for a base model by its name. A retracted release is refused with its reason. */
export async function servedModelOf(
  db: Database,
  subject: { readonly release: Release } | { readonly base: string },
): Promise<ServedModel> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [db, subject] })
}
