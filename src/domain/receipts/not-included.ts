/** Why a release has nothing of a contribution, as things stood when it was published. Pure. */

import { inOneLine } from '../notifications/one-line.ts'
import { isAcceptedBy, type ReleaseFacts, type Work, type WorkReview } from './release-facts.ts'
import { receiptLimits, type NotIncludedReason, type NotIncludedWork } from './receipt.ts'

/** Null where it is no news: decided before the release before. */
export function notIncluded(facts: ReleaseFacts, work: Work): NotIncludedWork | null {
  const say = (reason: NotIncludedReason, sentence: string, review?: WorkReview): NotIncludedWork => ({
    contribution: work.id,
    message: work.message,
    reason,
    sentence,
    by: review?.reviewer ?? null,
    words: review === undefined || review.message === '' ? null : inOneLine(review.message, receiptLimits.words),
  })
  const at = facts.release.createdAt
  const decided = work.decidedAt !== null && work.decidedAt <= at
  const isNews = work.decidedAt !== null && (facts.previousAt === null || work.decidedAt > facts.previousAt)
  if (!decided) return waiting(work, say)
  if (work.state === 'accepted') {
    if (isAcceptedBy(work, facts.number)) return isNews || work.revision! > facts.previousNumber ? gone(facts, work, say) : null
    if (work.revision === null) return null
    return say(
      'accepted-later',
      `It was accepted into revision ${work.revision} of the dataset; this release was trained on revision ${facts.number}. A release trained after that has it.`,
    )
  }
  if (!isNews) return null
  if (work.state === 'withdrawn') return say('withdrawn', `${work.author} withdrew it.`)
  const review = work.reviews.findLast(({ decision }) => decision === 'reject')
  return say('rejected', `${review?.reviewer ?? 'A reviewer'} rejected it.`, review)
}

type Say = (reason: NotIncludedReason, sentence: string, review?: WorkReview) => NotIncludedWork

function waiting(work: Work, say: Say): NotIncludedWork {
  const asked = work.reviews.findLast(({ decision, round }) => decision === 'request-changes' && round === work.rounds.length)
  if (asked) return say('changes-requested', `${asked.reviewer} asked for changes; a new round can answer that.`, asked)
  const accepting = work.reviews.filter(({ decision, round }) => decision === 'accept' && round === work.rounds.length)
  if (accepting.length === 0) return say('waiting', 'Nobody had decided on it yet.')
  return say('waiting', `${names(accepting.map(({ reviewer }) => reviewer))} had accepted it; it needed more reviews.`)
}

/** Accepted in time, and nothing of it is there. */
function gone(facts: ReleaseFacts, work: Work, say: Say): NotIncludedWork {
  const leftOut = facts.leftOut.get(work.id)
  if (leftOut) {
    const left = say('left-out', `Release train ${leftOut.train} left it out: with it the gate did not hold.`)
    return { ...left, by: `release train ${leftOut.train}`, words: leftOut.letter && inOneLine(leftOut.letter, receiptLimits.letter) }
  }
  const revert = facts.works.find((other) => other.reverts === work.id && isAcceptedBy(other, facts.number))
  if (revert) return say('taken-back', `Contribution ${revert.id} by ${revert.author} took it back: ${revert.message}`)
  const explained = goneSentence(facts, work)
  if (explained !== null) return say('replaced', explained)
  return say('left-out', 'This release was trained on the dataset without it.')
}

/** What others put in the place of its examples or took out; null where they did not. */
export function goneSentence(facts: ReleaseFacts, work: Work): string | null {
  const by = facts.replacedBy.get(work.id) ?? []
  if (by.length === 0) return null
  return by
    .map(
      ({ contribution, author, count }) =>
        `${count} of its examples ${count === 1 ? 'was' : 'were'} replaced or taken out by contribution ${contribution} of ${author}`,
    )
    .join('; ')
    .concat('.')
}

export function names(all: readonly string[]): string {
  return all.length <= 1 ? (all[0] ?? '') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`
}
