/** Uploads: a file or a pasted text on its way to a proposal, examined row by row, mended, and offered in one step. */

import { createRoute } from '@hono/zod-openapi'
import { examineSoon, offerUpload } from '../../domain/contributions/examine-upload.ts'
import { changeUpload, createUpload, discardUpload, editUploadRow, leaveOutRows } from '../../domain/contributions/prepare-upload.ts'
import { formatOfText } from '../../domain/contributions/read-upload.ts'
import { columnMeanings, uploadLimits } from '../../domain/contributions/upload.ts'
import { findUpload, listUploads, uploadRows } from '../../domain/contributions/upload-queries.ts'
import { formatOfFile } from '../../domain/contributions/read-changes.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { AppError } from '../../errors.ts'
import { requireActor } from '../auth.ts'
import { uploadOf } from '../limits.ts'
import { body, failures, idText, json, modelOf, modelPath, page, pageOf, router, rowsBody, z } from './openapi.ts'
import { contribution, finding, plain } from './schemas.ts'
import { takenIn, takenInFields, type OfferingApp } from './taken-in.ts'

const verdict = z.enum(['passes', 'remarks', 'fails'])
const text = z.string().max(10_000)
const declared = z
  .strictObject({ message: text, licence: text, language: text, origin: text, generator: text, source: text, signOff: text })
  .partial()
const mapping = z.record(z.string(), z.enum(columnMeanings).nullable())

const upload = z
  .object({
    id: z.int(),
    modelId: z.int(),
    model: z.string(),
    personId: z.int().nullable(),
    name: z.string(),
    format: z.enum(['jsonl', 'csv', 'parquet']),
    columns: z.array(z.string()),
    mapping: mapping.openapi({ description: 'What each column means; null: it is left out.' }),
    declared: declared.required(),
    version: z.int().openapi({ description: 'Grows with every change; offering names the one that was looked at.' }),
    examined: z.boolean().openapi({ description: 'False while the rows wait to be examined as they are now.' }),
    findings: z.array(finding).openapi({ description: 'About the whole: first of all what every row lacks.' }),
    counts: z.object({ passes: z.int(), remarks: z.int(), fails: z.int(), leftOut: z.int(), rows: z.int() }),
    contributionId: z.int().nullable().openapi({ description: 'What rows of it were offered as last.' }),
    createdAt: z.iso.datetime(),
    touchedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .openapi('Upload')
const uploadRow = z
  .object({
    row: z.int(),
    cells: z.unknown(),
    problem: z.string().nullable().openapi({ description: 'Why it could not be read.' }),
    edited: z.record(z.string(), z.string()).nullable(),
    leftOut: z.boolean(),
    verdict: verdict.nullable(),
    findings: z.array(finding),
  })
  .openapi('UploadRow')
const offered = z.object({ contribution, findings: z.array(finding), ...takenInFields }).openapi('OfferedUpload')

export type UploadAnswer = z.infer<typeof upload>
export type UploadRowAnswer = z.infer<typeof uploadRow>

const uploadPath = z.object({ upload: idText })

export function uploadRoutes(app: OfferingApp) {
  return router()
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/uploads',
        summary: 'Keep a file for a proposal and examine it, without offering it',
        description: `At most ${uploadLimits.bytes} bytes and ${uploadLimits.rows} rows. It is kept for ${uploadLimits.days} days after it was last touched.`,
        request: {
          params: modelPath,
          query: declared.extend({
            file: z.string().optional().openapi({ description: 'Name of the file; its ending says how to read it.' }),
          }),
          body: rowsBody,
        },
        responses: { 200: json(upload, 'What was read, and what the checks found so far.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const { file, ...said } = c.req.valid('query')
        const bytes = await gathered(uploadOf(c))
        const format = file === undefined ? formatOfText(new TextDecoder().decode(bytes.subarray(0, 1_000))) : formatOfFile(file)
        const given = { name: file ?? 'pasted text', format, bytes, declared: withoutUndefined(said) }
        return c.json(plain(await examineSoon(app, actor, await createUpload(app, actor, modelOf(c.req.valid('param')), given))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/uploads',
        summary: 'Your uploads that still hold rows',
        request: { query: z.object({ model: z.string().optional().openapi({ description: 'owner/name' }) }) },
        responses: { 200: json(z.array(upload), 'The newest first.'), ...failures },
      }),
      async (c) => {
        const { model } = c.req.valid('query')
        const modelId = model === undefined ? null : (await findModel(app.db, model)).id
        return c.json(plain(await listUploads(app.db, requireActor(c), modelId)), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/uploads/{upload}',
        summary: 'One upload of yours',
        request: { params: uploadPath },
        responses: { 200: json(upload, 'The upload.'), ...failures },
      }),
      async (c) => c.json(plain(await findUpload(app.db, requireActor(c), c.req.valid('param').upload)), 200),
    )
    .openapi(
      createRoute({
        method: 'patch',
        path: '/uploads/{upload}',
        summary: 'Change what its columns mean or what is said of all rows',
        request: {
          params: uploadPath,
          body: body(z.strictObject({ mapping: z.record(z.string(), z.string().nullable()).optional(), declared: declared.optional() })),
        },
        responses: { 200: json(upload, 'The upload, examined again.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const { mapping, declared: said } = c.req.valid('json')
        const change = { mapping, ...(said !== undefined && { declared: withoutUndefined(said) }) }
        return c.json(plain(await examineSoon(app, actor, await changeUpload(app, actor, c.req.valid('param').upload, change))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/uploads/{upload}/rows',
        summary: 'Its rows with what the checks found',
        request: {
          params: uploadPath,
          query: page.extend({
            after: z.coerce.number().int().min(0).optional(),
            verdict: verdict.optional(),
            leftOut: z.enum(['true', 'false']).optional(),
          }),
        },
        responses: { 200: json(z.array(uploadRow), 'Rows after row `after`.'), ...failures },
      }),
      async (c) => {
        const { verdict, leftOut, ...rest } = c.req.valid('query')
        const found = await findUpload(app.db, requireActor(c), c.req.valid('param').upload)
        const filter = { verdict, ...(leftOut !== undefined && { leftOut: leftOut === 'true' }) }
        return c.json(plain(await uploadRows(app.db, found, filter, pageOf(rest))) as UploadRowAnswer[], 200)
      },
    )
    .openapi(
      createRoute({
        method: 'put',
        path: '/uploads/{upload}/rows/{row}',
        summary: 'Write over cells of a row, by column; null takes that back',
        request: {
          params: uploadPath.extend({ row: idText }),
          body: body(z.strictObject({ cells: z.record(z.string(), z.string()).nullable() })),
        },
        responses: { 200: json(upload, 'The upload, examined again.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const { upload: id, row } = c.req.valid('param')
        return c.json(plain(await examineSoon(app, actor, await editUploadRow(app, actor, id, row, c.req.valid('json').cells))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/uploads/{upload}/leave-out',
        summary: 'Leave rows out of what is offered, or take them in again',
        request: {
          params: uploadPath,
          body: body(
            z.strictObject({
              rows: z.union([z.literal('failing'), z.array(z.int()).max(uploadLimits.rows)]),
              leftOut: z.boolean().default(true),
            }),
          ),
        },
        responses: { 200: json(upload, 'The upload, examined again.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const { rows, leftOut } = c.req.valid('json')
        return c.json(plain(await examineSoon(app, actor, await leaveOutRows(app, actor, c.req.valid('param').upload, rows, leftOut))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/uploads/{upload}/offer',
        summary: 'Offer the rows that are not left out, as one contribution',
        request: { params: uploadPath, body: body(z.strictObject({ version: z.int(), wait: z.boolean().optional() })) },
        responses: { 200: json(offered, 'The contribution.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const { version, wait } = c.req.valid('json')
        const detail = await offerUpload(app, actor, c.req.valid('param').upload, version)
        const { contribution, rounds, patrol, reasons } = await takenIn(app, actor, detail, { wait })
        return c.json(plain({ contribution, findings: rounds.at(-1)?.checks ?? [], patrol, reasons }), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'delete',
        path: '/uploads/{upload}',
        summary: 'Discard an upload with its rows',
        request: { params: uploadPath },
        responses: { 200: json(z.object({ discarded: z.int() }), 'Its id.'), ...failures },
      }),
      async (c) => {
        const { upload: id } = c.req.valid('param')
        await discardUpload(app, requireActor(c), id)
        return c.json({ discarded: id }, 200)
      },
    )
}

/** The whole of it, up to what an upload may have. */
export async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  let size = 0
  for await (const piece of pieces) {
    size += piece.length
    if (size > uploadLimits.bytes)
      throw new AppError('invalid', `The file has more than ${uploadLimits.bytes} bytes, the most that is taken; split it.`)
    all.push(piece)
  }
  return Buffer.concat(all)
}

/** `partial` of zod says `| undefined`, which exact optional properties do not. */
const withoutUndefined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [key in keyof T]?: Exclude<T[key], undefined> }
