/** /contributions/{id}: one proposal, and everything that is done to it. */

import { Hono, type Context } from 'hono'
import { contributionDetail, withdrawContribution } from '../../domain/contributions/contribute.ts'
import { findContribution } from '../../domain/contributions/contribution-queries.ts'
import { differenceOfRounds } from '../../domain/contributions/round-difference.ts'
import { decideContribution, type Decided } from '../../domain/datasets/decide-contribution.ts'
import { patrolContribution } from '../../domain/datasets/patrol-contribution.ts'
import { revertContribution } from '../../domain/datasets/revert-contribution.ts'
import { actorName } from '../../domain/people/actor.ts'
import { considerPreview, type ConsideringApp } from '../../domain/previews/automatic-previews.ts'
import { cancelPreview } from '../../domain/previews/cancel-preview.ts'
import { requestPreview } from '../../domain/previews/request-preview.ts'
import { lookForDepartures } from '../../domain/release-train/departures-clock.ts'
import type { TrainingApp } from '../../domain/training/start-run.ts'
import { AppError } from '../../errors.ts'
import { idIn } from '../discussion/discussion-routes.ts'
import { draftSent } from '../draft.ts'
import { attempt, typedIn } from '../form.ts'
import { address } from '../markup.ts'
import type { MessageKey } from '../messages.ts'
import { goOn, show } from '../page.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { communityPath, proposalPage } from './proposal-page.ts'
import { placeInQueue, readProposal } from './read-proposal.ts'
import { pairsShown, revertPage, roundPage, withdrawPage } from './round-pages.ts'

export type ProposalApp = TrainingApp & ConsideringApp

/** What a review did: where more are needed it only counts. */
function saidOf({ review, contribution }: Decided): MessageKey {
  switch (review.decision) {
    case 'accept':
      return contribution.state === 'accepted' ? 'proposals.saidAccepted' : 'proposals.saidCounted'
    case 'reject':
      return contribution.state === 'rejected' ? 'proposals.saidRejected' : 'proposals.saidObjected'
    case 'request-changes':
      return 'proposals.saidChanges'
    default:
      return review.decision satisfies never
  }
}

export function proposalRoutes(app: ProposalApp): Hono {
  const { db } = app
  const page = async (c: Context, typed: Parameters<typeof proposalPage>[2] = null) =>
    show(c, proposalPage(c.get('visit'), await readProposal(app, c.get('visit'), idIn(c)), typed))
  return new Hono()
    .get('/contributions/:id', (c) => page(c))
    .post('/contributions/:id/review', async (c) => {
      const [actor, typed, id] = [requireVisitor(c), await typedIn(c), idIn(c)]
      const { decision = '', message = '' } = typed
      const { done, refused } = await attempt(() => decideContribution(app, actor, id, { decision, message }))
      if (!done) return page(c, { refused, decision, message })
      if (done.revision !== null) await lookForDepartures(app, db)
      draftSent(c, typed)
      sayNext(c, saidOf(done))
      return goOn(c, await afterReview(c, done.contribution.modelId, done.contribution.model, id))
    })
    .post('/contributions/:id/patrol', async (c) => {
      const [actor, { decision, message = '' }, id] = [requireVisitor(c), await typedIn(c), idIn(c)]
      const { done, refused } = await attempt(async () => {
        if (decision !== 'ok' && decision !== 'revert') throw new AppError('invalid', 'Say whether it stays or is taken back.')
        return patrolContribution(app, actor, id, { decision, message })
      })
      if (!done) return page(c, { refused, decision: decision ?? '', message })
      await lookForDepartures(app, db)
      sayNext(c, decision === 'ok' ? 'proposals.saidSeen' : 'proposals.saidTakenBack')
      return goOn(c, `/contributions/${id}`)
    })
    .post('/contributions/:id/preview', async (c) => {
      const { done, refused } = await attempt(() => requestPreview(app, requireVisitor(c), idIn(c)))
      return done ? goOn(c, `/contributions/${idIn(c)}#preview`) : page(c, { refused, decision: '', message: '' })
    })
    .post('/contributions/:id/preview/cancel', async (c) => {
      const { done, refused } = await attempt(() => cancelPreview(app, requireVisitor(c), idIn(c)))
      return done ? goOn(c, `/contributions/${idIn(c)}#preview`) : page(c, { refused, decision: '', message: '' })
    })
    .get('/contributions/:id/rounds/:round', async (c) => {
      const [detail, round] = [await contributionDetail(db, idIn(c)), idIn(c, 'round')]
      if (round < 2 || round > detail.contribution.round)
        throw new AppError('not-found', `Contribution ${idIn(c)} has no round ${round} to compare with the one before.`)
      const after = Math.max(0, Math.trunc(Number(c.req.query('after')) || 0))
      const difference = await differenceOfRounds(db, idIn(c), { from: round - 1, to: round }, { after, limit: pairsShown })
      return show(c, roundPage(c.get('visit'), detail, round, difference, after))
    })
    .get('/contributions/:id/withdraw', async (c) => {
      requireVisitor(c)
      return show(c, withdrawPage(c.get('visit'), await findContribution(db, idIn(c))))
    })
    .post('/contributions/:id/withdraw', async (c) => {
      const { done, refused } = await attempt(() => withdrawContribution(app, requireVisitor(c), idIn(c)))
      if (!done) return show(c, withdrawPage(c.get('visit'), await findContribution(db, idIn(c)), refused))
      sayNext(c, 'proposals.saidWithdrawn')
      return goOn(c, `/contributions/${idIn(c)}`)
    })
    .get('/contributions/:id/revert', async (c) => {
      requireVisitor(c)
      return show(c, revertPage(c.get('visit'), await findContribution(db, idIn(c))))
    })
    .post('/contributions/:id/revert', async (c) => {
      const [actor, { message = '' }, id] = [requireVisitor(c), await typedIn(c), idIn(c)]
      const { done, refused } = await attempt(() => revertContribution(app, actor, id, { message, signOff: actorName(actor) }))
      if (!done) return show(c, revertPage(c.get('visit'), await findContribution(db, id), { message, refused }))
      await considerPreview(app, done.contribution)
      sayNext(c, 'proposals.saidRevertOffered')
      return goOn(c, `/contributions/${done.contribution.id}`)
    })

  /** Whoever works through a queue goes on to the next in it. */
  async function afterReview(c: Context, modelId: number, model: string, id: number): Promise<string> {
    const queue = c.get('visit').url.searchParams.get('queue')
    const place = await placeInQueue(db, requireVisitor(c), modelId, queue, id)
    if (place === null) return `/contributions/${id}`
    const next = place.after ?? place.before
    return next === null ? communityPath(model, place.queue) : address(`/contributions/${next}`, { queue: place.queue })
  }
}
