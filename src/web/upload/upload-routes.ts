/** /models/{owner}/{name}/upload and /uploads/{id}: a file or a pasted text is examined, mended and offered. */

import { Hono, type Context } from 'hono'
import { examineSoon, offerUpload } from '../../domain/contributions/examine-upload.ts'
import { changeUpload, createUpload, discardUpload, editUploadRow, leaveOutRows } from '../../domain/contributions/prepare-upload.ts'
import { formatOfFile } from '../../domain/contributions/read-changes.ts'
import { formatOfText } from '../../domain/contributions/read-upload.ts'
import type { Declared } from '../../domain/contributions/upload.ts'
import { findUpload, listUploads, uploadRows, type UploadRowFilter } from '../../domain/contributions/upload-queries.ts'
import { languagesOf, lastTermsOf } from '../../domain/feedback/usual-terms.ts'
import { findModel, findModelById } from '../../domain/models/model-queries.ts'
import { actorName } from '../../domain/people/actor.ts'
import { takenIn, type OfferingApp } from '../../domain/release-train/take-in.ts'
import { AppError } from '../../errors.ts'
import { attempt, typedIn, type Typed } from '../form.ts'
import { address } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { keyIn } from '../parts/numbers-in-paths.ts'
import { nameIn } from '../proposals/queue-routes.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { newUploadPage } from './new-upload-page.ts'
import { rowFilters, rowsShown, uploadPage, type RowFilter } from './upload-page.ts'

const filterOf: { readonly [name in RowFilter]: UploadRowFilter } = {
  fails: { verdict: 'fails' },
  remarks: { verdict: 'remarks' },
  passes: { verdict: 'passes' },
  'left-out': { leftOut: true },
  all: {},
}

const declaredFields = ['message', 'licence', 'language', 'origin', 'generator', 'source', 'signOff'] as const

export function uploadRoutes(app: OfferingApp): Hono {
  const { db } = app
  const fresh = async (c: Context, refused: AppError | null = null, text = '') => {
    const actor = requireVisitor(c)
    const model = await findModel(db, nameIn(c))
    return show(c, newUploadPage(c.get('visit'), { model, uploads: await listUploads(db, actor, model.id), refused, text }))
  }
  const idOf = (c: Context) => keyIn(c.req.param('upload')) ?? 0
  const page = async (
    c: Context,
    refused: AppError | null = null,
    typed: { readonly row: number; readonly cells: Typed } | null = null,
  ) => {
    const upload = await findUpload(db, requireVisitor(c), idOf(c))
    const asked = rowFilters.find((it) => it === c.req.query('rows'))
    const filter: RowFilter = asked ?? (upload.counts.fails > 0 ? 'fails' : upload.counts.remarks > 0 ? 'remarks' : 'all')
    const rows = await uploadRows(db, upload, filterOf[filter], { after: keyIn(c.req.query('after')), limit: rowsShown })
    const model = await findModelById(db, upload.modelId)
    return show(c, uploadPage(c.get('visit'), { upload, model, languages: await languagesOf(db, model.id), filter, rows, refused, typed }))
  }
  /** Back to the rows that were looked at. */
  const back = (c: Context) => goOn(c, `${address(`/uploads/${idOf(c)}`, { rows: c.req.query('rows'), after: c.req.query('after') })}#rows`)
  return new Hono()
    .get('/models/:owner/:name/upload', (c) => fresh(c))
    .post('/models/:owner/:name/upload', async (c) => {
      const actor = requireVisitor(c)
      const { text, file } = await c.req.parseBody()
      const pasted = typeof text === 'string' ? text.replaceAll('\r\n', '\n') : ''
      const { done, refused } = await attempt(async () => {
        const terms = await lastTermsOf(db, actor)
        const declared: Partial<Declared> = Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== null))
        const given = await givenIn(file, pasted)
        return examineSoon(app, actor, await createUpload(app, actor, nameIn(c), { ...given, declared }))
      })
      return done ? goOn(c, `/uploads/${done.id}`) : fresh(c, refused, pasted)
    })
    .get('/uploads/:upload', (c) => page(c))
    .post('/uploads/:upload', async (c) => {
      const [actor, typed] = [requireVisitor(c), await typedIn(c)]
      const { refused } = await attempt(async () => {
        const { columns } = await findUpload(db, actor, idOf(c))
        const mapping = Object.fromEntries(
          columns.flatMap((column, i) => (typed[`column-${i}`] === undefined ? [] : [[column, typed[`column-${i}`] || null]])),
        )
        const said: Partial<Declared> = Object.fromEntries(
          declaredFields.flatMap((field) => (typed[field] === undefined ? [] : [[field, typed[field]]])),
        )
        // Whoever wrote it is where it is from.
        const declared = said.origin === 'human' && !said.source?.trim() ? { ...said, source: actorName(actor) } : said
        return examineSoon(app, actor, await changeUpload(app, actor, idOf(c), { mapping, declared }))
      })
      return refused ? page(c, refused) : goOn(c, `/uploads/${idOf(c)}`)
    })
    .post('/uploads/:upload/rows/:row', async (c) => {
      const [actor, typed, row] = [requireVisitor(c), await typedIn(c), keyIn(c.req.param('row')) ?? 0]
      const { refused } = await attempt(async () => {
        if (typed['do'] === 'leave-out' || typed['do'] === 'take-in')
          return examineSoon(app, actor, await leaveOutRows(app, actor, idOf(c), [row], typed['do'] === 'leave-out'))
        const { columns } = await findUpload(db, actor, idOf(c))
        const cells = Object.fromEntries(
          columns.flatMap((column, i) => (typed[`cell-${i}`] === undefined ? [] : [[column, typed[`cell-${i}`] as string]])),
        )
        return examineSoon(app, actor, await editUploadRow(app, actor, idOf(c), row, typed['do'] === 'undo' ? null : cells))
      })
      return refused ? page(c, refused, { row, cells: typed }) : back(c)
    })
    .post('/uploads/:upload/leave-out', async (c) => {
      const actor = requireVisitor(c)
      const { refused } = await attempt(async () => examineSoon(app, actor, await leaveOutRows(app, actor, idOf(c), 'failing', true)))
      return refused ? page(c, refused) : goOn(c, `/uploads/${idOf(c)}`)
    })
    .post('/uploads/:upload/offer', async (c) => {
      const [actor, typed] = [requireVisitor(c), await typedIn(c)]
      const { done, refused } = await attempt(async () => {
        if (typed['agreed'] !== 'yes') throw new AppError('invalid', 'Say that you may give this, by the box above the button.')
        return takenIn(app, actor, await offerUpload(app, actor, idOf(c), Number(typed['version']), typed['signOff']))
      })
      if (!done) return page(c, refused)
      sayNext(c, done.patrol ? 'upload.saidAccepted' : 'upload.saidOffered')
      return goOn(c, `/contributions/${done.contribution.id}`)
    })
    .post('/uploads/:upload/discard', async (c) => {
      const actor = requireVisitor(c)
      const { model } = await findUpload(db, actor, idOf(c))
      await discardUpload(app, actor, idOf(c))
      sayNext(c, 'upload.saidDiscarded')
      return goOn(c, `/models/${model.split('/').map(encodeURIComponent).join('/')}/upload`)
    })
}

/** A file counts before a pasted text: whoever chose one means it. */
async function givenIn(file: unknown, pasted: string) {
  if (file instanceof File && file.size > 0)
    return { name: file.name, format: formatOfFile(file.name), bytes: new Uint8Array(await file.arrayBuffer()) }
  if (pasted.trim() === '') throw new AppError('invalid', 'There is nothing to read; paste rows, or choose a file.')
  return { name: '', format: formatOfText(pasted), bytes: new TextEncoder().encode(pasted) }
}
