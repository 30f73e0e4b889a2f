/** Two finished evaluations of one suite, sample by sample. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import type { Comparison } from './evaluation.ts'

export async function compare(
  app: { readonly db: Database; readonly blobs: Blobs },
  subjectId: number,
  baselineId: number,
): Promise<Comparison> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [app, subjectId, baselineId] })
}
