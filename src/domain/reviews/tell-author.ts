/** Tells an author what was decided about a contribution of theirs, by a review or by the rules. */

import type { Db } from '../../storage/database.ts'
import type { Contribution } from '../contributions/contribution.ts'
import type { NotificationKind } from '../notifications/notification.ts'
import { notify } from '../notifications/notify.ts'
import { inOneLine } from '../notifications/one-line.ts'
import type { Review } from './review.ts'

const kinds = {
  accept: 'accepted',
  reject: 'rejected',
  'request-changes': 'changes-requested',
} as const satisfies Record<Review['decision'], NotificationKind>

/**
 * In the transaction of the review, with the contribution as it is after it. An acceptance is told once it completes the quorum; a rejection that does not
 * complete its own is told as a wish for changes, which the author can still meet. `revision`: the dataset's
 * that it made, null where it changed no example.
 */
export async function tellAuthor(
  db: Db,
  contribution: Contribution,
  { decision, reviewer, reviewerId, message }: Review,
  revision: { readonly number: number } | null,
): Promise<void> {
  const { id, authorId, model, state } = contribution
  if (decision === 'accept' && state !== 'accepted') return
  const objects = decision === 'reject' && state !== 'rejected'
  const named = `contribution ${id}, “${inOneLine(contribution.message, 80)}”`
  const said = message === '' ? '.' : `: ${message}`
  const sentences = {
    accept: `${reviewer} accepted your ${named}; ${revision ? `it is in revision ${revision.number} of the dataset of ${model}` : `${model} has it from now on`}${said}`,
    reject: objects
      ? `${reviewer} would reject your ${named}${said} It is not decided: others have to think so too, and you can revise it meanwhile.`
      : `${reviewer} rejected your ${named}${said}`,
    'request-changes': `${reviewer} asks you to change ${named}${said}`,
  }
  await notify(db, {
    personIds: [authorId],
    actorId: reviewerId,
    kind: objects ? 'changes-requested' : kinds[decision],
    sentence: sentences[decision],
    link: `/contributions/${id}`,
  })
}

/** The same where the rules accepted it at once, in the transaction that did. Nobody decided, so nobody is named. */
export async function tellAuthorOfPatrol(db: Db, contribution: Contribution, revision: { readonly number: number } | null): Promise<void> {
  const { id, authorId, model, message } = contribution
  const where = revision ? `it is in revision ${revision.number} of the dataset of ${model}` : `${model} has it from now on`
  await notify(db, {
    personIds: [authorId],
    kind: 'accepted',
    sentence: `Your contribution ${id}, “${inOneLine(message, 80)}”, was accepted at once; ${where}. A reviewer looks at it later.`,
    link: `/contributions/${id}`,
    key: `accepted at once ${id}`,
  })
}
