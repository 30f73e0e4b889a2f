/** Tells people of a comment. What it says is not repeated: a notification must not outlive a text that is hidden or erased. */

import type { Db } from '../../storage/database.ts'
import { notify } from '../notifications/notify.ts'
import { actorId, actorName, type Actor } from '../people/actor.ts'
import { mentionsIn } from './comment-text.ts'

interface NewComment {
  readonly threadId: number
  readonly commentId: number
  readonly text: string
  /** The subject as part of a sentence. */
  readonly words: string
  /** Whom it concerns besides those it mentions. */
  readonly others: readonly (number | null)[]
  /** What the actor did, before the subject's words. */
  readonly what: string
}

/** In the transaction of the comment. Nobody is told twice of one comment: who is mentioned is told that. An edit tells those it mentions for the first time. */
export async function tellOfComment(db: Db, actor: Actor, { threadId, commentId, text, words, others, what }: NewComment): Promise<void> {
  const mentioned = await peopleMentioned(db, text)
  const about = { actorId: actorId(actor), link: `/threads/${threadId}#comment-${commentId}`, key: `comment ${commentId}` }
  await notify(db, {
    ...about,
    personIds: mentioned,
    kind: 'mentioned',
    sentence: `${actorName(actor)} mentions you in the discussion of ${words}.`,
  })
  await notify(db, {
    ...about,
    personIds: others.filter((id) => id !== null && !mentioned.includes(id)),
    kind: 'replied',
    sentence: `${actorName(actor)} ${what} ${words}.`,
  })
}

/** Those of the names that are somebody's, in the order of the text. */
async function peopleMentioned(db: Db, text: string): Promise<readonly number[]> {
  const mentions = mentionsIn(text)
  if (mentions.length === 0) return []
  const rows = await db.selectFrom('people').select(['id', 'name']).where('name', 'in', mentions.flat()).execute()
  const ids = new Map(rows.map(({ id, name }) => [name, id]))
  return [...new Set(mentions.flatMap((names) => names.map((name) => ids.get(name)).find((id) => id !== undefined) ?? []))]
}
