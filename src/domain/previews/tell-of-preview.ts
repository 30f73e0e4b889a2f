/** Tells an author, and whoever asked for it, that a preview is ready. */

import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import { notify } from '../notifications/notify.ts'
import { inOneLine } from '../notifications/one-line.ts'
import { latestPreview } from './preview-queries.ts'
import { reportPreview } from './report-preview.ts'

/** After a build has ended: of those previews that it completes. One that is told is not told again. */
export async function tellOfPreviews(app: { readonly db: Database; readonly blobs: Blobs }, buildId: number): Promise<void> {
  const rows = await app.db
    .selectFrom('previews')
    .select(['id', 'contributionId'])
    .where((where) => where.or([where('buildId', '=', buildId), where('controlId', '=', buildId)]))
    .where('cancelledAt', 'is', null)
    .orderBy('id')
    .execute()
  for (const { id, contributionId } of rows) {
    const preview = await latestPreview(app.db, contributionId)
    if (preview?.id !== id || (preview.state !== 'finished' && preview.state !== 'failed')) continue
    const { authorId, author, message } = await findContribution(app.db, contributionId)
    const said = preview.state === 'finished' ? (await reportPreview(app, contributionId)).summary[0] : preview.error
    const named = `contribution ${contributionId}, “${inOneLine(message, 80)}”`
    const outcome = `${preview.state === 'finished' ? 'is ready' : 'could not be made'}${said ? `: ${said}` : '.'}`
    await app.db.transaction().execute(async (db) => {
      const about = { kind: 'preview-ready', link: `/contributions/${contributionId}`, key: `preview ${id}` } as const
      await notify(db, { ...about, personIds: [authorId], sentence: `The preview of your ${named}, ${outcome}` })
      await notify(db, { ...about, personIds: [preview.requestedBy], sentence: `The preview of ${named} by ${author}, ${outcome}` })
    })
  }
}
