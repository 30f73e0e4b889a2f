/** Writes a release as files other tools read, with their digests. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import type { ExportFormat } from './release.ts'

export interface ExportedFile {
  readonly path: string
  readonly digest: string
  readonly size: number
}

/** The folder must not exist or be empty; it appears whole or not at all. Holds SHA256SUMS and the card besides the weights. */
export async function exportRelease(
  app: { readonly db: Database; readonly blobs: Blobs },
  model: string,
  version: string,
  format: ExportFormat,
  folder: string,
): Promise<readonly ExportedFile[]> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [app, model, version, format, folder] })
}
