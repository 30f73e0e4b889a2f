/** Keeps a file or a pasted text as an upload, and changes it: what its columns mean, what is said of its rows, single rows. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { findModel } from '../models/model-queries.ts'
import { actorId, actorName, requireRole, type Actor } from '../people/actor.ts'
import type { FileFormat } from './read-changes.ts'
import { readUpload } from './read-upload.ts'
import { inPieces } from './standing-examples.ts'
import { nothingDeclared, parseMapping, suggestMapping, uploadLimits, type Declared, type Upload } from './upload.ts'
import { findUpload, findUploadRow, listUploads } from './upload-queries.ts'

type App = { readonly db: Database }

export interface NewUpload {
  /** Of the file, or what the pasted text is called. */
  readonly name: string
  readonly format: FileFormat
  readonly bytes: Uint8Array
  readonly declared?: Partial<Declared> | undefined
}

/** Stores its rows as they are. Throws `invalid` where nothing can be read, `conflict` where the actor has too many undone ones. */
export async function createUpload(app: App, actor: Actor, model: string, given: NewUpload): Promise<Upload> {
  const { id: modelId } = await findModel(app.db, model)
  requireRole(actor, 'contributor', modelId)
  const name = given.name.normalize('NFC').replace(/\p{C}/gu, '').trim().slice(0, uploadLimits.name) || 'pasted text'
  if (given.bytes.length > uploadLimits.bytes)
    throw new AppError('invalid', `${name} has ${given.bytes.length} bytes; at most ${uploadLimits.bytes} are taken. Split it.`)
  if ((await listUploads(app.db, actor)).length >= uploadLimits.each)
    throw new AppError(
      'conflict',
      `You have ${uploadLimits.each} uploads that are not offered yet, the most one may have; offer or discard one of them.`,
    )
  const { rows, columns, characters } = await readUpload(given.bytes, given.format)
  return app.db.transaction().execute(async (db) => {
    const { id } = await db
      .insertInto('uploads')
      .values({
        modelId,
        personId: actorId(actor),
        name,
        format: given.format,
        columns: JSON.stringify(columns),
        mapping: JSON.stringify(suggestMapping(columns)),
        declared: JSON.stringify(cleaned({ ...nothingDeclared, signOff: actorName(actor), ...given.declared })),
        characters,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    for (const some of inPieces(rows, 1_000))
      await db
        .insertInto('uploadRows')
        .values(
          some.map(({ row, cells, problem }) => ({ uploadId: id, row, cells: cells === null ? null : JSON.stringify(cells), problem })),
        )
        .execute()
    return findUpload(db, actor, id)
  })
}

/** What is given changes, the rest stays. The rows are to be examined again. */
export async function changeUpload(
  app: App,
  actor: Actor,
  id: number,
  change: { readonly mapping?: Readonly<Record<string, string | null>> | undefined; readonly declared?: Partial<Declared> | undefined },
): Promise<Upload> {
  return changing(app, actor, id, async (db, upload) => {
    const mapping = change.mapping === undefined ? upload.mapping : parseMapping(upload.columns, change.mapping)
    const declared = cleaned({ ...upload.declared, ...change.declared })
    await db
      .updateTable('uploads')
      .set({ mapping: JSON.stringify(mapping), declared: JSON.stringify(declared) })
      .where('id', '=', id)
      .execute()
  })
}

/** Texts as they were typed, but for what Postgres cannot hold. */
function cleaned(declared: Declared): Record<string, string> {
  return Object.fromEntries(
    Object.entries(declared).map(([field, value]) => [field, String(value).toWellFormed().replaceAll('\0', '').slice(0, 10_000)]),
  )
}

/** Writes over cells of one row; null takes that back. */
export async function editUploadRow(
  app: App,
  actor: Actor,
  id: number,
  row: number,
  cells: Readonly<Record<string, string>> | null,
): Promise<Upload> {
  return changing(app, actor, id, async (db, upload) => {
    const before = await findUploadRow(db, upload, row)
    for (const column of Object.keys(cells ?? {}))
      if (!upload.columns.includes(column))
        throw new AppError('invalid', `The upload ${id} has no column ${JSON.stringify(column.slice(0, 60))}.`)
    const edited = cells === null ? null : JSON.stringify({ ...before.edited, ...cells })
    if ((edited?.length ?? 0) > uploadLimits.characters / 10)
      throw new AppError('invalid', `Row ${row} would have ${edited?.length} characters; split it.`)
    await db.updateTable('uploadRows').set({ edited, leftOut: false }).where('uploadId', '=', id).where('row', '=', row).execute()
  })
}

/** Leaves rows out of what is offered, or takes them in again. @param rows numbers, or all that fail */
export async function leaveOutRows(
  app: App,
  actor: Actor,
  id: number,
  rows: readonly number[] | 'failing',
  leftOut: boolean,
): Promise<Upload> {
  return changing(app, actor, id, async (db) => {
    const change = db.updateTable('uploadRows').set({ leftOut }).where('uploadId', '=', id)
    if (rows === 'failing') await change.where('verdict', '=', 'fails').execute()
    else if (rows.length > 0) for (const some of inPieces(rows)) await change.where('row', 'in', some).execute()
  })
}

export async function discardUpload(app: App, actor: Actor, id: number): Promise<void> {
  await findUpload(app.db, actor, id)
  await app.db.deleteFrom('uploads').where('id', '=', id).execute()
}

/** In one transaction with others who change it waiting; its findings are of an older version afterwards. */
async function changing(app: App, actor: Actor, id: number, change: (db: Db, upload: Upload) => Promise<void>): Promise<Upload> {
  return app.db.transaction().execute(async (db) => {
    await db.selectFrom('uploads').select('id').where('id', '=', id).forUpdate().execute()
    const upload = await findUpload(db, actor, id)
    requireRole(actor, 'contributor', upload.modelId)
    await change(db, upload)
    await db
      .updateTable('uploads')
      .set({ version: upload.version + 1, touchedAt: sql<Date>`now()` })
      .where('id', '=', id)
      .execute()
    return findUpload(db, actor, id)
  })
}

/** Deletes those that nobody touched for so long, and those of which nothing is left. Returns how many. */
export async function expireUploads(app: App, now: Date = new Date()): Promise<number> {
  const { numDeletedRows } = await app.db
    .deleteFrom('uploads')
    .where('touchedAt', '<', new Date(now.getTime() - uploadLimits.days * 86_400_000))
    .executeTakeFirst()
  return Number(numDeletedRows)
}
