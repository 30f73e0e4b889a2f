/** Receipts: one by its digest, those of a release, those of a person; and asking for what was not measured. */

import { Hono, type Context } from 'hono'
import { findModel } from '../../domain/models/model-queries.ts'
import { hasRole } from '../../domain/people/actor.ts'
import { findPerson } from '../../domain/people/people-queries.ts'
import { measureContribution } from '../../domain/receipts/measure-contribution.ts'
import { measurementsOf } from '../../domain/receipts/measurement-queries.ts'
import { findReceipt, receiptLinesOfPerson, receiptLinesOfRelease } from '../../domain/receipts/receipt-queries.ts'
import { findRelease } from '../../domain/releases/release-queries.ts'
import type { TrainingApp } from '../../domain/training/start-run.ts'
import { attempt, typedIn } from '../form.ts'
import { goOn, show } from '../page.ts'
import { idIn, keyIn } from '../parts/numbers-in-paths.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { receiptPage, type ShownReceipt } from './receipt-page.ts'
import { personReceiptsPage, releaseReceiptsPage } from './receipt-lists-page.ts'

const perPage = 30

export function receiptsRoutes(app: TrainingApp): Hono {
  return new Hono()
    .get('/receipts/:digest', async (c) => show(c, receiptPage(c.get('visit'), await shownReceipt(app, c))))
    .post('/receipts/:digest/measure', async (c) => {
      const [actor, typed] = [requireVisitor(c), await typedIn(c)]
      const { digest, body } = await findReceipt(app.db, c.req.param('digest'))
      const contribution = idIn(typed['contribution'])
      const { refused } = await attempt(() => measureContribution(app, actor, body.release.model, body.release.version, { contribution }))
      if (refused) return show(c, receiptPage(c.get('visit'), await shownReceipt(app, c), refused))
      sayNext(c, 'receipts.measuring')
      return goOn(c, `/receipts/${digest}#c${contribution}`)
    })
    .get('/models/:owner/:name/releases/:version/receipts', async (c) => {
      const model = await findModel(app.db, `${c.req.param('owner')}/${c.req.param('name')}`)
      const release = await findRelease(app.db, `${model.owner}/${model.name}`, c.req.param('version'))
      const page = { after: keyIn(c.req.query('after')), limit: perPage + 1 }
      const { issued, receipts } = await receiptLinesOfRelease(app.db, release, page)
      return show(
        c,
        releaseReceiptsPage(c.get('visit'), {
          model,
          version: release.version,
          issued,
          receipts: receipts.slice(0, perPage),
          more: receipts.length > perPage,
        }),
      )
    })
    .get('/people/:name/receipts', async (c) => {
      const { id, name, displayName } = await findPerson(app.db, c.req.param('name'))
      const receipts = await receiptLinesOfPerson(app.db, id, { after: keyIn(c.req.query('after')), limit: perPage + 1 })
      const own = c.get('visit').actor
      return show(
        c,
        personReceiptsPage(c.get('visit'), {
          name,
          displayName,
          isVisitor: own?.kind === 'person' && own.name === name,
          receipts: receipts.slice(0, perPage),
          more: receipts.length > perPage,
        }),
      )
    })
}

/** With what is being measured now, and whether this visitor may ask for more. */
async function shownReceipt(app: TrainingApp, c: Context): Promise<ShownReceipt> {
  const receipt = await findReceipt(app.db, c.req.param('digest') as string)
  const { release, person } = receipt.body
  const { id, modelId } = await findRelease(app.db, release.model, release.version)
  const { actor } = c.get('visit')
  const isVisitor = actor?.kind === 'person' && actor.name === person
  return {
    receipt,
    isVisitor,
    after: keyIn(c.req.query('after')) ?? 0,
    measurements: await measurementsOf(app.db, id),
    mayMeasure: receipt.supersededBy === null && actor !== null && (isVisitor || hasRole(actor, 'maintainer', modelId)),
  }
}
