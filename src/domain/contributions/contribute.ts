/** Offers a change set to a community model. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import { findModel, lockModel } from '../models/model-queries.ts'
import { actorId, requireRole, type Actor } from '../people/actor.ts'
import { askReviewers, endAsking } from './ask-reviewers.ts'
import { dropClaims } from './claims.ts'
import type { Contribution, ContributionRound, Offer } from './contribution.ts'
import { contributionRounds, findContribution } from './contribution-queries.ts'
import { examineOffer, type ExaminedOffer } from './examine-offer.ts'
import { queueForMentor } from './mentors.ts'
import { requireRoomToContribute } from './newcomers.ts'
import { storeRound } from './store-round.ts'

export interface ContributionDetail {
  readonly contribution: Contribution
  readonly rounds: readonly ContributionRound[]
}

type App = { readonly db: Database; readonly blobs: Blobs }

/**
 * Checks the offer and opens a contribution. Where any check has an error it is turned away: `invalid`, with every finding in `details`, and nothing is
 * stored.
 * @param model `owner/name`
 * @param also what is true together with it or not at all, in the same transaction
 */
export async function contribute(
  app: App,
  actor: Actor,
  model: string,
  offer: Offer,
  also: (db: Db, id: number) => Promise<void> = async () => {},
): Promise<ContributionDetail> {
  requireRole(actor, 'contributor')
  const found = await findModel(app.db, model)
  // Before a file is read that could not be taken anyway.
  await requireRoomToContribute(app.db, actor, found.id, { examples: 0 })
  const examined = await examineOffer(app, found, offer)
  return app.db.transaction().execute(async (db) => {
    const newcomer = await requireRoomToContribute(db, actor, found.id, { examples: examplesIn(examined) })
    const mentored = newcomer?.newcomers.mentorQueue ?? false
    if (mentored) await lockModel(db, found.id)
    const { id } = await db
      .insertInto('contributions')
      .values({
        modelId: found.id,
        authorId: actorId(actor),
        state: 'open',
        message: examined.message,
        round: 1,
        feedbackId: offer.feedbackId ?? null,
        reverts: offer.reverts ?? null,
        decidedAt: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await storeRound(db, id, 1, examined)
    if (mentored) await queueForMentor(db, found.id, id)
    await also(db, id)
    const detail = await contributionDetail(db, id)
    await askReviewers(db, detail.contribution)
    return detail
  })
}

/** Replaces the changes of one's own contribution, as its next round, after which it is open for review again. */
export async function reviseContribution(app: App, actor: Actor, id: number, offer: Offer): Promise<ContributionDetail> {
  requireRole(actor, 'contributor')
  const before = await findContribution(app.db, id)
  requireAuthor(actor, before, 'revise')
  requireUndecided(before, 'revised')
  const examined = await examineOffer(app, await findModel(app.db, before.model), offer)
  return app.db.transaction().execute(async (db) => {
    const now = await lockContribution(db, id)
    requireUndecided(now, 'revised')
    if (now.round !== before.round) throw new AppError('conflict', `Contribution ${id} was revised meanwhile; look at it and try again.`)
    await requireRoomToContribute(db, actor, now.modelId, { examples: examplesIn(examined), revising: id })
    const round = now.round + 1
    await storeRound(db, id, round, examined)
    await db.updateTable('contributions').set({ round, state: 'open' }).where('id', '=', id).execute()
    const detail = await contributionDetail(db, id)
    await endAsking(db, now)
    await askReviewers(db, detail.contribution)
    return detail
  })
}

/** Takes back one's own contribution before it is decided. */
export async function withdrawContribution(app: { readonly db: Database }, actor: Actor, id: number): Promise<ContributionDetail> {
  requireRole(actor, 'contributor')
  return app.db.transaction().execute(async (db) => {
    const contribution = await lockContribution(db, id)
    requireAuthor(actor, contribution, 'withdraw')
    requireUndecided(contribution, 'withdrawn')
    await db.updateTable('contributions').set({ state: 'withdrawn', decidedAt: new Date() }).where('id', '=', id).execute()
    await endAsking(db, contribution)
    await dropClaims(db, id)
    return contributionDetail(db, id)
  })
}

export async function contributionDetail(db: Db, id: number): Promise<ContributionDetail> {
  return { contribution: await findContribution(db, id), rounds: await contributionRounds(db, id) }
}

/** The contribution, with others who change it waiting until the transaction ends. */
export async function lockContribution(db: Db, id: number): Promise<Contribution> {
  await db.selectFrom('contributions').select('id').where('id', '=', id).forUpdate().execute()
  return findContribution(db, id)
}

const examplesIn = ({ changes }: ExaminedOffer) => changes.filter(({ kind }) => kind === 'add' || kind === 'replace').length

function requireAuthor(actor: Actor, { id, authorId, author }: Contribution, verb: string): void {
  if (authorId !== actorId(actor)) throw new AppError('forbidden', `Contribution ${id} is ${author}'s; only ${author} can ${verb} it.`)
}

function requireUndecided({ id, state }: Contribution, verb: string): void {
  if (state === 'open' || state === 'changes-requested') return
  throw new AppError('conflict', `Contribution ${id} is ${state} and can no longer be ${verb}; offer a new one.`)
}
