/** Reads uploads and their rows. Whoever made an upload sees it, nobody else. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { actorId, type Actor } from '../people/actor.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import type { Finding } from './contribution.ts'
import { nothingDeclared, uploadLimits, type ColumnMapping, type Declared, type Upload, type UploadRow, type Verdict } from './upload.ts'

function uploads(db: Db) {
  return db
    .selectFrom('uploads')
    .innerJoin('communityModels', 'communityModels.id', 'uploads.modelId')
    .selectAll('uploads')
    .select(['communityModels.owner', 'communityModels.name as modelName'])
}

type Row = Awaited<ReturnType<ReturnType<typeof uploads>['executeTakeFirstOrThrow']>>

async function toUpload(db: Db, row: Row): Promise<Upload> {
  const { owner, modelName, examined, characters: _, mapping, declared, findings, ...rest } = row
  const found = await db
    .selectFrom('uploadRows')
    .select(['verdict', 'leftOut', sql<number>`count(*)::integer`.as('rows')])
    .where('uploadId', '=', row.id)
    .groupBy(['verdict', 'leftOut'])
    .execute()
  const count = (wanted: (it: (typeof found)[number]) => boolean) => found.filter(wanted).reduce((sum, { rows }) => sum + rows, 0)
  const of = (verdict: Verdict) => count((it) => !it.leftOut && it.verdict === verdict)
  return {
    ...rest,
    model: `${owner}/${modelName}`,
    mapping: mapping as ColumnMapping,
    declared: { ...nothingDeclared, ...(declared as Partial<Declared>) },
    examined: examined === row.version,
    findings: findings as readonly Finding[],
    counts: {
      passes: of('passes'),
      remarks: of('remarks'),
      fails: of('fails'),
      leftOut: count((it) => it.leftOut),
      rows: count(() => true),
    },
    expiresAt: new Date(row.touchedAt.getTime() + uploadLimits.days * 86_400_000),
  }
}

/** The actor's own ones that still hold rows, the newest first. */
export async function listUploads(db: Db, actor: Actor, modelId: number | null = null): Promise<readonly Upload[]> {
  const own = actorId(actor)
  let query = uploads(db).where((eb) => eb.exists(eb.selectFrom('uploadRows').select('row').whereRef('uploadId', '=', 'uploads.id')))
  query = own === null ? query.where('personId', 'is', null) : query.where('personId', '=', own)
  if (modelId !== null) query = query.where('uploads.modelId', '=', modelId)
  const rows = await query.orderBy('uploads.id', 'desc').limit(uploadLimits.each).execute()
  const found: Upload[] = []
  for (const row of rows) found.push(await toUpload(db, row))
  return found
}

/** Throws `not-found` for what the actor did not upload, as for what nobody did. */
export async function findUpload(db: Db, actor: Actor, id: number): Promise<Upload> {
  const row = await uploads(db).where('uploads.id', '=', id).executeTakeFirst()
  if (!row || row.personId !== actorId(actor))
    throw new AppError(
      'not-found',
      `You have no upload ${id}; it may have been offered, discarded, or deleted after ${uploadLimits.days} days.`,
    )
  return toUpload(db, row)
}

export interface UploadRowFilter {
  readonly verdict?: Verdict | undefined
  /** Only those left out, or only the others. */
  readonly leftOut?: boolean | undefined
}

/** In their order; a page starts after row `after`. */
export async function uploadRows(db: Db, upload: Upload, filter: UploadRowFilter = {}, page: Page = {}): Promise<readonly UploadRow[]> {
  let query = db
    .selectFrom('uploadRows')
    .select(['row', 'cells', 'problem', 'edited', 'leftOut', 'verdict', 'findings'])
    .where('uploadId', '=', upload.id)
    .where('row', '>', page.after ?? -1)
  if (filter.verdict !== undefined) query = query.where('verdict', '=', filter.verdict).where('leftOut', '=', false)
  if (filter.leftOut !== undefined) query = query.where('leftOut', '=', filter.leftOut)
  const rows = await query.orderBy('row').limit(pageLimit(page)).execute()
  return rows.map((row) => ({ ...row, findings: row.findings as readonly Finding[] }))
}

export async function findUploadRow(db: Db, upload: Upload, row: number): Promise<UploadRow> {
  const found = (await uploadRows(db, upload, {}, { after: row - 1, limit: 1 }))[0]
  if (found?.row !== row) throw new AppError('not-found', `The upload ${upload.id} has no row ${row}.`)
  return found
}
