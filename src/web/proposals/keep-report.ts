/** Reads what a preview found out, once: comparing thousands of answers with intervals takes a good part of a second, and an ended preview finds out nothing new. */

import { latestPreview, stalenessOf } from '../../domain/previews/preview-queries.ts'
import type { PreviewReport } from '../../domain/previews/preview-report.ts'
import { reportPreview } from '../../domain/previews/report-preview.ts'
import { hasEnded } from '../../domain/training/run.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'

/** Reports kept of each database: what people look at in a day, a few hundred kilobytes each at most. */
const mostKept = 100

const kept = new WeakMap<Database, Map<number, PreviewReport>>()

/** The newest preview of a contribution; null where it has none. What has moved on since is always read afresh. */
export async function readReport(
  app: { readonly db: Database; readonly blobs: Blobs },
  contributionId: number,
): Promise<PreviewReport | null> {
  const preview = await latestPreview(app.db, contributionId)
  if (preview === null) return null
  const own = kept.get(app.db) ?? new Map<number, PreviewReport>()
  kept.set(app.db, own)
  const known = own.get(preview.id)
  // A cancelled preview of builds that others wait for may still go on.
  if (known && known.preview.state === preview.state) return { ...known, stale: await stalenessOf(app.db, preview) }
  const report = await reportPreview(app, contributionId)
  if (hasEnded(report.preview.state) && report.preview.state !== 'cancelled') keep(own, report)
  return report
}

function keep(own: Map<number, PreviewReport>, report: PreviewReport): void {
  own.set(report.preview.id, report)
  // Maps keep their order: the first is the one kept longest.
  for (const id of own.keys()) if (own.size > mostKept) own.delete(id)
}
