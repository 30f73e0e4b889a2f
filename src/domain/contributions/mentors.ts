/** Mentors: reviewers who volunteered to help newcomers with their first proposals. Others may review those too. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { findModel, lockModel } from '../models/model-queries.ts'
import { notify } from '../notifications/notify.ts'
import { inOneLine } from '../notifications/one-line.ts'
import { hasRoleIn } from '../people/member-queries.ts'
import { operatorName, requireRole, type Actor } from '../people/actor.ts'

export interface Mentor {
  readonly name: string
  readonly joinedAt: Date
  /** Undecided proposals they help with now. */
  readonly helping: number
}

/** Reviewers. Volunteers the actor; proposals of newcomers that wait for a mentor are handed out at once. */
export async function joinMentors(app: { readonly db: Database }, actor: Actor, model: string): Promise<readonly Mentor[]> {
  return change(app, actor, model, async (db, modelId, personId) => {
    await db
      .insertInto('mentors')
      .values({ modelId, personId, leftAt: null })
      .onConflict((again) => again.columns(['modelId', 'personId']).doUpdateSet({ leftAt: null }))
      .execute()
  })
}

/** Takes the actor off the list; what they helped with goes to the other mentors, or waits for one. */
export async function leaveMentors(app: { readonly db: Database }, actor: Actor, model: string): Promise<readonly Mentor[]> {
  return change(app, actor, model, async (db, modelId, personId) => {
    await db
      .updateTable('mentors')
      .set({ leftAt: new Date() })
      .where('modelId', '=', modelId)
      .where('personId', '=', personId)
      .where('leftAt', 'is', null)
      .execute()
  })
}

async function change(
  app: { readonly db: Database },
  actor: Actor,
  model: string,
  make: (db: Db, modelId: number, personId: number) => Promise<void>,
): Promise<readonly Mentor[]> {
  if (actor.kind === 'operator')
    throw new AppError('invalid', 'A mentor is a person whom newcomers can ask by name; act with the token of one (--token).')
  return app.db.transaction().execute(async (db) => {
    const { id } = await findModel(db, model)
    requireRole(actor, 'reviewer', id)
    await lockModel(db, id)
    await make(db, id, actor.id)
    await assignMentors(db, id)
    return mentorsOf(db, id)
  })
}

/** Those who are mentors now and still may review, in the order they came to this server. */
export async function mentorsOf(db: Db, modelId: number): Promise<readonly Mentor[]> {
  const rows = await mentoring(db, modelId)
    .select(['people.name', 'mentors.joinedAt'])
    .select((eb) =>
      eb
        .selectFrom('mentoredContributions as mentored')
        .innerJoin('contributions', 'contributions.id', 'mentored.contributionId')
        .select((of) => of.fn.countAll<number>().as('count'))
        .whereRef('mentored.mentorId', '=', 'people.id')
        .where('contributions.modelId', '=', modelId)
        .where('contributions.state', 'in', ['open', 'changes-requested'])
        .as('helping'),
    )
    .execute()
  return rows.map(({ name, joinedAt, helping }) => ({ name, joinedAt, helping: Number(helping ?? 0) }))
}

function mentoring(db: Db, modelId: number) {
  return db
    .selectFrom('mentors')
    .innerJoin('people', 'people.id', 'mentors.personId')
    .where('mentors.modelId', '=', modelId)
    .where('mentors.leftAt', 'is', null)
    .where(hasRoleIn('reviewer', modelId))
    .orderBy('people.id')
}

/** Puts a newcomer's proposal into the mentors' queue. Within a transaction that took the model's lock before it stored the proposal. */
export async function queueForMentor(db: Db, modelId: number, contributionId: number): Promise<void> {
  await db.insertInto('mentoredContributions').values({ contributionId, mentorId: null }).execute()
  await assignMentors(db, modelId)
}

/** Gives every undecided proposal without a mentor the next one in turn, by id: who is next depends on nothing but what was assigned before. */
async function assignMentors(db: Db, modelId: number): Promise<void> {
  const mentors = (await mentoring(db, modelId).select('people.id').execute()).map(({ id }) => id)
  const all = await db
    .selectFrom('mentoredContributions as mentored')
    .innerJoin('contributions', 'contributions.id', 'mentored.contributionId')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .select(['contributions.id', 'contributions.message', 'mentored.mentorId', 'people.name as author'])
    .where('contributions.modelId', '=', modelId)
    .where('contributions.state', 'in', ['open', 'changes-requested'])
    .orderBy('contributions.id')
    .execute()
  let last = await lastAssigned(db, modelId)
  for (const { id, message, author, mentorId } of all) {
    if (mentorId !== null && mentors.includes(mentorId)) continue
    const next = mentors.find((mentor) => mentor > last) ?? mentors[0] ?? null
    await db.updateTable('mentoredContributions').set({ mentorId: next }).where('contributionId', '=', id).execute()
    last = next ?? last
    await notify(db, {
      personIds: [next],
      kind: 'review-wanted',
      sentence: `${author ?? operatorName} is new here and you are their mentor for contribution ${id}, “${inOneLine(message, 80)}”.`,
      link: `/contributions/${id}`,
      key: `mentor of ${id}`,
    })
  }
}

/** The mentor of the newest proposal that has one; 0 where none has. */
async function lastAssigned(db: Db, modelId: number): Promise<number> {
  const row = await db
    .selectFrom('mentoredContributions as mentored')
    .innerJoin('contributions', 'contributions.id', 'mentored.contributionId')
    .select('mentored.mentorId')
    .where('contributions.modelId', '=', modelId)
    .where('mentored.mentorId', 'is not', null)
    .orderBy('contributions.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.mentorId ?? 0
}
