/** /models/{owner}/{name}/propose: one example offered through a form. */

import { Hono, type Context } from 'hono'
import { contribute } from '../../domain/contributions/contribute.ts'
import { usualProvenance } from '../../domain/contributions/usual-provenance.ts'
import { examplePage } from '../../domain/datasets/example-page.ts'
import { findBaseById, findModel } from '../../domain/models/model-queries.ts'
import { actorId, actorName, type Actor } from '../../domain/people/actor.ts'
import { takenIn, type OfferingApp } from '../../domain/release-train/take-in.ts'
import { AppError } from '../../errors.ts'
import { draftSent } from '../draft.ts'
import { attempt, typedIn, type Typed } from '../form.ts'
import { address, modelPath } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { offerFrom, turnsOf, typedFrom, type Aim, type Shape } from './offer-form.ts'
import { proposePage, type ProposeData } from './propose-page.ts'
import { nameIn } from './queue-routes.ts'

export function proposeRoutes(app: OfferingApp): Hono {
  const { db } = app
  return new Hono()
    .get('/models/:owner/:name/propose', async (c) => {
      const data = await proposeData(c, requireVisitor(c))
      return show(c, proposePage(c.get('visit'), data))
    })
    .post('/models/:owner/:name/propose', async (c) => {
      const actor = requireVisitor(c)
      const typed = await typedIn(c)
      const data = { ...(await proposeData(c, actor)), typed }
      if (typed['more'] === 'turns') return show(c, proposePage(c.get('visit'), { ...data, typed: withMoreTurns(typed) }))
      const { done, refused } = await attempt(async () =>
        takenIn(app, actor, await contribute(app, actor, nameIn(c), offerFrom(typed, data.aim))),
      )
      if (!done) return show(c, proposePage(c.get('visit'), { ...data, refused }))
      draftSent(c, typed)
      sayNext(c, done.patrol === null ? 'proposals.saidProposed' : 'proposals.saidTakenAtOnce')
      return goOn(c, `/contributions/${done.contribution.id}`)
    })

  async function proposeData(c: Context, actor: Actor): Promise<ProposeData> {
    const model = await findModel(db, nameIn(c))
    const [replace, remove] = [c.req.query('replace'), c.req.query('remove')]
    const wanted = replace ?? remove
    const found = wanted === undefined ? null : await examplePage(db, model.id, wanted)
    if (found && !found.standing)
      throw new AppError('conflict', 'The dataset does not have this example any more; there is nothing to replace or remove.')
    const aim: Aim = found === null ? { kind: 'add' } : { kind: replace !== undefined ? 'replace' : 'remove', target: found.digest }
    const usual: Shape = (await findBaseById(db, model.baseId)).hasChatTemplate ? 'dialogue' : 'pair'
    const provenance = await usualProvenance(db, model.id, actorId(actor))
    return {
      model,
      aim,
      target: found,
      usual,
      typed: typedFrom(provenance, aim.kind === 'replace' ? found : null, actorName(actor), usual),
      refused: null,
      action: address(modelPath(model, '/propose'), { replace, remove }),
      draft: `propose ${model.id} ${wanted ?? ''}`,
    }
  }
}

function withMoreTurns(typed: Typed): Typed {
  return { ...typed, turns: [...turnsOf(typed), 'user', 'assistant'].join(' ') }
}
