/** Examines an upload as if it were offered, and offers it. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import { findModelById } from '../models/model-queries.ts'
import { operator, requireRole, type Actor } from '../people/actor.ts'
import { contribute, type ContributionDetail } from './contribute.ts'
import type { Finding } from './contribution.ts'
import { examineChanges } from './examine-offer.ts'
import { inPieces } from './standing-examples.ts'
import { changeOfUploadRow, type Upload, type UploadRow, type Verdict } from './upload.ts'
import { findUpload, uploadRows } from './upload-queries.ts'

type App = { readonly db: Database; readonly blobs: Blobs }

/** More rows than these are examined in the background: people are not kept waiting for longer than a page takes. */
export const examinedAtOnce = 500

/** Examines a small upload now, and leaves a large one to the queue. */
export async function examineSoon(app: App & { readonly jobs: Pick<Jobs, 'enqueue'> }, actor: Actor, upload: Upload): Promise<Upload> {
  if (upload.counts.rows > examinedAtOnce) {
    await app.jobs.enqueue(app.db, 'examine-upload', { uploadId: upload.id }, { key: `examine-upload:${upload.id}:${upload.version}` })
    return upload
  }
  await examineUpload(app, upload.id)
  return findUpload(app.db, actor, upload.id)
}

/**
 * Runs every check on the rows that are not left out, as they are mapped and mended now, and keeps what each row's checks found. Nothing is offered. Where
 * the upload was changed meanwhile, or is gone, what was found is dropped: the change has asked for another look.
 */
export async function examineUpload(app: App, id: number, signal?: AbortSignal): Promise<void> {
  const found = await app.db.selectFrom('uploads').select(['personId', 'version', 'examined']).where('id', '=', id).executeTakeFirst()
  if (!found || found.examined === found.version) return
  const upload = await findUpload(app.db, ownerOf(found.personId), id)
  const rows = await rowsToOffer(app.db, upload)
  signal?.throwIfAborted()
  const model = await findModelById(app.db, upload.modelId)
  const { findings } = await examineChanges(app, model, {
    ...upload.declared,
    changes: rows.map((row) => changeOfUploadRow(row, upload.mapping)),
  })
  signal?.throwIfAborted()
  const { whole, byRow } = sorted(findings, rows)
  await app.db.transaction().execute(async (db) => {
    const { version } = (await db.selectFrom('uploads').select('version').where('id', '=', id).forUpdate().executeTakeFirst()) ?? {}
    if (version !== found.version) return
    await db
      .updateTable('uploads')
      .set({ examined: found.version, findings: JSON.stringify(whole) })
      .where('id', '=', id)
      .execute()
    await db
      .updateTable('uploadRows')
      .set({ verdict: null, findings: '[]' })
      .where('uploadId', '=', id)
      .where('leftOut', '=', true)
      .execute()
    for (const some of inPieces(rows, 2_000)) {
      const values = some.map(({ row }) => ({ row, verdict: verdictOf(byRow.get(row) ?? []), findings: byRow.get(row) ?? [] }))
      await sql`update upload_rows set verdict = found.verdict, findings = found.findings
        from json_to_recordset(${JSON.stringify(values)}::json) as found(row integer, verdict text, findings jsonb)
        where upload_rows.upload_id = ${id} and upload_rows.row = found.row`.execute(db)
    }
  })
}

/** The upload's own checks of permission were made when it was changed; examining writes nothing that anybody else sees. */
function ownerOf(personId: number | null): Actor {
  return personId === null ? operator : { kind: 'person', id: personId, name: '', role: 'contributor' }
}

async function rowsToOffer(db: Db, upload: Upload): Promise<readonly UploadRow[]> {
  const rows: UploadRow[] = []
  for (;;) {
    const page = await uploadRows(db, upload, { leftOut: false }, { after: rows.at(-1)?.row ?? -1, limit: 200 })
    rows.push(...page)
    if (page.length < 200) return rows
  }
}

/** What is wrong with every row in the same way, such as a licence that was not said yet, is said once. */
function sorted(
  findings: readonly Finding[],
  rows: readonly UploadRow[],
): { whole: readonly Finding[]; byRow: ReadonlyMap<number, readonly Finding[]> } {
  const everywhere = new Map<string, Set<number>>()
  const key = ({ check, severity, sentence }: Finding) => JSON.stringify([check, severity, sentence])
  for (const finding of findings)
    if (finding.row !== null) everywhere.set(key(finding), (everywhere.get(key(finding)) ?? new Set()).add(finding.row))
  const common = (finding: Finding) => rows.length > 1 && everywhere.get(key(finding))?.size === rows.length
  const whole = new Map<string, Finding>()
  const byRow = new Map<number, Finding[]>()
  for (const finding of findings) {
    if (finding.row === null || common(finding)) whole.set(key(finding), { ...finding, row: null })
    else byRow.set(finding.row, [...(byRow.get(finding.row) ?? []), finding])
  }
  return { whole: [...whole.values()], byRow }
}

function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.some(({ severity }) => severity === 'error')) return 'fails'
  return findings.length > 0 ? 'remarks' : 'passes'
}

/**
 * Offers the rows that are not left out, as one contribution. They leave the upload with that, in the same transaction; those left out stay in it.
 * Throws `conflict` where it was changed since it was examined, `invalid` where a check still finds an error.
 * @param version the one that was looked at
 * @param signOff who vouches for it, where that was said only now
 */
export async function offerUpload(app: App, actor: Actor, id: number, version: number, signOff?: string): Promise<ContributionDetail> {
  const upload = await findUpload(app.db, actor, id)
  requireRole(actor, 'contributor', upload.modelId)
  const rows = await rowsToOffer(app.db, upload)
  if (rows.length === 0)
    throw new AppError('conflict', `Upload ${id} has no row to offer: all are left out or offered already. Take some in again.`)
  const changed = () => new AppError('conflict', `Upload ${id} was changed meanwhile; look at it again and offer it then.`)
  if (upload.version !== version) throw changed()
  const changes = rows.map((row) => changeOfUploadRow(row, upload.mapping))
  const { generator, ...declared } = upload.declared
  const offer = { ...declared, signOff: signOff ?? declared.signOff, generator: generator || null, changes }
  return contribute(app, actor, upload.model, offer, async (db, contributionId) => {
    const done = await db
      .updateTable('uploads')
      .set({ contributionId, version: version + 1, examined: version + 1, findings: '[]', touchedAt: sql<Date>`now()` })
      .where('id', '=', id)
      .where('version', '=', version)
      .executeTakeFirst()
    if (done.numUpdatedRows !== 1n) throw changed()
    await db.deleteFrom('uploadRows').where('uploadId', '=', id).where('leftOut', '=', false).execute()
  })
}
