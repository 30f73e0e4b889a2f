/** Tells those who may review that a proposal waits for them, and lets go of it once it does not. */

import type { Db } from '../../storage/database.ts'
import { notify } from '../notifications/notify.ts'
import { inOneLine } from '../notifications/one-line.ts'
import { idsWithRole } from '../people/member-queries.ts'
import type { Contribution } from './contribution.ts'

type Proposal = Pick<Contribution, 'id' | 'modelId' | 'model' | 'authorId' | 'author' | 'round' | 'message'>

/** In the transaction that opens a round. Its mentor was told already, when they became that. */
export async function askReviewers(db: Db, proposal: Proposal): Promise<void> {
  const { id, modelId, round, author, message, model, authorId } = proposal
  const mentor = round === 1 ? await mentorOf(db, id) : null
  const what = `contribution ${id} to ${model}, “${inOneLine(message, 80)}”`
  await notify(db, {
    personIds: (await idsWithRole(db, modelId, 'reviewer')).filter((reviewer) => reviewer !== mentor),
    actorId: authorId,
    kind: 'review-wanted',
    sentence: round === 1 ? `${author} offers ${what}; it waits for a review.` : `${author} revised ${what}; it waits for a review again.`,
    link: linkTo(id),
    key: `review of ${id}, round ${round}`,
  })
}

/** The same where it was accepted at once: somebody has to look at it all the same. */
export async function askForPatrol(db: Db, proposal: Proposal): Promise<void> {
  const { id, modelId, author, authorId, model, message } = proposal
  await notify(db, {
    personIds: await idsWithRole(db, modelId, 'reviewer'),
    actorId: authorId,
    kind: 'review-wanted',
    sentence: `Contribution ${id} to ${model} by ${author}, “${inOneLine(message, 80)}”, was accepted at once; it waits for somebody to look at it.`,
    link: linkTo(id),
    key: `patrol of ${id}`,
  })
}

/**
 * What was asked counts as read: it was reviewed, decided, withdrawn or looked at, so that nobody is sent to what is done.
 * @param by of this person alone; null: of nobody, since the operator is told nothing
 */
export async function endAsking(db: Db, { id, modelId }: Pick<Contribution, 'id' | 'modelId'>, by?: number | null): Promise<void> {
  const asked = by === undefined ? await idsWithRole(db, modelId, 'reviewer') : by === null ? [] : [by]
  if (asked.length === 0) return
  await db
    .updateTable('notifications')
    .set({ readAt: new Date() })
    .where('personId', 'in', asked)
    .where('kind', '=', 'review-wanted')
    .where('link', '=', linkTo(id))
    .where('readAt', 'is', null)
    .execute()
}

const linkTo = (id: number) => `/contributions/${id}`

async function mentorOf(db: Db, id: number): Promise<number | null> {
  const row = await db.selectFrom('mentoredContributions').select('mentorId').where('contributionId', '=', id).executeTakeFirst()
  return row?.mentorId ?? null
}
