/** What newcomers may do at once: limits of the community's rules, refused in words that say when one may go on. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { findModelById } from '../models/model-queries.ts'
import { formatModelName } from '../models/model-name.ts'
import { currentRules } from '../models/review-rules-queries.ts'
import type { ReviewRules } from '../models/review-rules.ts'
import { roleIn, type Actor } from '../people/actor.ts'
import { trustFrom } from '../people/trust.ts'
import { trustEventsOf } from './trust-events.ts'

/** The rules, where the actor is a newcomer: a contributor whose trust in this community is below its threshold. Null for everybody else. */
export async function newcomerRules(db: Db, actor: Actor, modelId: number): Promise<ReviewRules | null> {
  if (actor.kind === 'operator' || roleIn(actor, modelId) !== 'contributor') return null
  const { rules } = await currentRules(db, modelId)
  const { value } = trustFrom(await trustEventsOf(db, modelId, actor.id), new Date(), rules.trust.halfLifeDays)
  return value < rules.trust.newcomerBelow ? rules : null
}

/**
 * Throws `conflict` where the actor is a newcomer who has done as much of this as the rules allow, and counts the act otherwise. Call it in the transaction
 * that does the act: what is rolled back is not counted.
 */
export async function requireWithinLimits(db: Db, actor: Actor, modelId: number, act: 'comment'): Promise<void> {
  const rules = await newcomerRules(db, actor, modelId)
  const most = rules?.newcomers.commentsPerHour ?? null
  if (actor.kind === 'operator' || most === null) return
  await waitForOwnActs(db, actor.id)
  const acts = db.deleteFrom('newcomerActs').where('personId', '=', actor.id).where('kind', '=', act)
  await acts.where('createdAt', '<', sql<Date>`now() - interval '1 hour'`).execute()
  const recent = await db
    .selectFrom('newcomerActs')
    .select('createdAt')
    .where('personId', '=', actor.id)
    .where('modelId', '=', modelId)
    .where('kind', '=', act)
    .orderBy('createdAt', 'desc')
    .limit(most)
    .execute()
  if (recent.length >= most) {
    const free = new Date((recent.at(-1) as { createdAt: Date }).createdAt.getTime() + 3_600_000)
    throw new AppError(
      'conflict',
      `${actor.name} has written ${most} comment${most === 1 ? '' : 's'} within an hour, as many as a newcomer to this community may. ` +
        `You can go on ${moment(free)}; what you wrote so far stands, and your text is only not sent yet. ${untilTrusted(rules as ReviewRules)}`,
    )
  }
  await db.insertInto('newcomerActs').values({ modelId, personId: actor.id, kind: act }).execute()
}

export interface WantedRoom {
  /** Examples of the proposal; 0 to ask before it is read. */
  readonly examples: number
  /** The contribution of which this would be a further round. */
  readonly revising?: number
}

/**
 * Throws `conflict` where a newcomer has too many undecided proposals, or too many examples within a day, for this one too.
 * @returns the rules where the actor is a newcomer, else null
 */
export async function requireRoomToContribute(
  db: Db,
  actor: Actor,
  modelId: number,
  { examples, revising }: WantedRoom,
): Promise<ReviewRules | null> {
  const rules = await newcomerRules(db, actor, modelId)
  if (actor.kind === 'operator' || rules === null) return null
  await waitForOwnActs(db, actor.id)
  if (revising === undefined) await requireFewOpen(db, actor, modelId, rules)
  await requireFewExamples(db, actor, modelId, rules, { examples, ...(revising !== undefined && { revising }) })
  return rules
}

type Newcomer = Actor & { readonly kind: 'person' }

/** Two requests of one person at once are counted one after the other. What only refers to the person does not wait. */
async function waitForOwnActs(db: Db, personId: number): Promise<void> {
  if (db.isTransaction) await db.selectFrom('people').select('id').where('id', '=', personId).forNoKeyUpdate().execute()
}

async function requireFewOpen(db: Db, actor: Newcomer, modelId: number, rules: ReviewRules): Promise<void> {
  const most = rules.newcomers.openAtOnce
  if (most === null) return
  const open = await db
    .selectFrom('contributions')
    .leftJoin('mentoredContributions as mentored', 'mentored.contributionId', 'contributions.id')
    .leftJoin('people as mentor', 'mentor.id', 'mentored.mentorId')
    .select(['contributions.id', 'mentor.name as mentor'])
    .where('contributions.modelId', '=', modelId)
    .where('contributions.authorId', '=', actor.id)
    .where('contributions.state', 'in', ['open', 'changes-requested'])
    .orderBy('contributions.id')
    .execute()
  if (open.length < most) return
  const mentors = [...new Set(open.flatMap(({ mentor }) => mentor ?? []))]
  const meanwhile = mentors.length > 0 ? `${mentors.join(' and ')} will help you with them` : 'reviewers see them in their queue'
  throw new AppError(
    'conflict',
    `${actor.name} has ${open.length} undecided proposal${open.length === 1 ? '' : 's'} in ${await nameOf(db, modelId)} (${open.map(({ id }) => id).join(', ')}), ` +
      `as many as a newcomer may have at once. You can offer the next as soon as one of them is decided, or when you withdraw one; meanwhile ${meanwhile}. ` +
      untilTrusted(rules),
  )
}

async function requireFewExamples(db: Db, actor: Newcomer, modelId: number, rules: ReviewRules, wanted: WantedRoom): Promise<void> {
  const most = rules.newcomers.examplesPerDay
  if (most === null) return
  if (wanted.examples > most)
    throw new AppError(
      'conflict',
      `The proposal has ${wanted.examples.toLocaleString('en')} examples; a newcomer gives ${await nameOf(db, modelId)} at most ${most.toLocaleString('en')} a day. ` +
        `Offer a part of it first: what reviewers say of that part helps with the rest. ${untilTrusted(rules)}`,
    )
  const given = await givenToday(db, actor.id, modelId)
  const others = given.filter(({ id }) => id !== wanted.revising)
  const sum = others.reduce((total, { examples }) => total + examples, 0)
  // Asked before the file is read, a limit that is just reached is enough to refuse.
  if (sum + Math.max(1, wanted.examples) <= most) return
  const free = whenFree(others, sum + Math.max(1, wanted.examples) - most)
  throw new AppError(
    'conflict',
    `${actor.name} has given ${await nameOf(db, modelId)} ${sum.toLocaleString('en')} examples within a day, and a newcomer gives at most ${most.toLocaleString('en')}` +
      `${wanted.examples > 0 ? `; this proposal has ${wanted.examples.toLocaleString('en')}` : ''}. You can go on ${moment(free)}; meanwhile what you gave is being looked at, and nothing of it is lost. ` +
      untilTrusted(rules),
  )
}

interface GivenExamples {
  readonly id: number
  readonly examples: number
  readonly at: Date
}

/** Contributions with a round of the last day, by the largest such round: making a proposal again as asked is not giving more. Oldest first. */
async function givenToday(db: Db, personId: number, modelId: number): Promise<readonly GivenExamples[]> {
  const { rows } = await sql<GivenExamples>`
    select contributions.id, max(sizes.examples)::integer as examples, max(rounds.created_at) as at
    from contributions join contribution_rounds rounds on rounds.contribution_id = contributions.id
    cross join lateral (
      select count(*) as examples from contribution_changes changes
      where changes.contribution_id = rounds.contribution_id and changes.round = rounds.round and changes.kind in ('add', 'replace')) sizes
    where contributions.author_id = ${personId} and contributions.model_id = ${modelId} and rounds.created_at > now() - interval '1 day'
    group by contributions.id order by 3, 1`.execute(db)
  return rows
}

/** When the oldest of the day, so many that the excess is gone, are a day old. */
function whenFree(given: readonly GivenExamples[], excess: number): Date {
  let freed = 0
  for (const { examples, at } of given) {
    freed += examples
    if (freed >= excess) return new Date(at.getTime() + 86_400_000)
  }
  return new Date(Date.now() + 86_400_000)
}

/** "at 2031-03-05 14:02 UTC (in 3 h 10 min)". */
function moment(at: Date): string {
  const minutes = Math.max(1, Math.ceil((at.getTime() - Date.now()) / 60_000))
  const wait = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  return `at ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC (in ${wait})`
}

const untilTrusted = (rules: ReviewRules) =>
  `The limit ends by itself once your accepted work has brought your trust to ${rules.trust.newcomerBelow} ("trust" shows it).`

async function nameOf(db: Db, modelId: number): Promise<string> {
  return formatModelName(await findModelById(db, modelId))
}
