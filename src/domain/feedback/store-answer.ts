/** Stores an answer for the person who asked for that, and forgets those that are too old. */

import { sql } from 'kysely'
import type { Database, Db } from '../../storage/database.ts'
import { actorId, type Actor } from '../people/actor.ts'
import { answerRetention, type StoredAnswer } from './answer.ts'
import { findAnswer, isKept } from './answer-queries.ts'

export type AnswerToStore = Omit<StoredAnswer, 'personId' | 'createdAt'>

/** Nothing is stored unless it is asked for. Storing one clears away what is too old, of everybody, and what is too much, of this person. */
export async function storeAnswer(app: { readonly db: Database }, actor: Actor, answer: AnswerToStore): Promise<void> {
  const { turns, choices, usage, metadata, ...rest } = answer
  const [turnsJson, choicesJson] = [JSON.stringify(turns), JSON.stringify(choices)]
  await app.db.transaction().execute(async (db) => {
    await db
      .insertInto('answers')
      .values({
        ...rest,
        personId: actorId(actor),
        turns: turnsJson,
        choices: choicesJson,
        usage: JSON.stringify(usage),
        metadata: JSON.stringify(metadata),
      })
      .execute()
    await forgetAnswers(db, actor)
  })
}

async function forgetAnswers(db: Db, actor: Actor): Promise<void> {
  await db
    .deleteFrom('answers')
    .where(sql<boolean>`not ${isKept}`)
    .execute()
  const own = actorId(actor)
  await sql`delete from answers where id in (
    select id from answers where person_id ${own === null ? sql`is null` : sql`= ${own}`}
      and not exists (select 1 from feedback where feedback.answer_id = answers.id)
    order by created_at desc, id desc offset ${answerRetention.perPerson})`.execute(db)
}

/** Takes an answer back. What was said about it stays, with the conversation it was about. */
export async function deleteAnswer(app: { readonly db: Database }, actor: Actor, id: string): Promise<void> {
  await app.db.transaction().execute(async (db) => {
    await findAnswer(db, actor, id)
    await db.deleteFrom('answers').where('id', '=', id).execute()
  })
}
