/** Competing suggestions: what several people say should be answered to one question, side by side. */

import { sql } from 'kysely'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { questionClaim } from '../contributions/claims.ts'
import { standingAnswers } from '../contributions/check-answers.ts'
import type { CaseBody, ContributionState } from '../contributions/contribution.ts'
import { askedAndAnswered, type Example } from '../contributions/example.ts'
import { findModel } from '../models/model-queries.ts'
import { questionKey } from '../models/question-key.ts'
import type { SampleInput } from '../models/suite.ts'
import { operatorName } from '../people/actor.ts'
import { pageLimit } from '../people/people-queries.ts'
import type { FeedbackTurn } from './feedback.ts'

export interface SuggestedQuestion {
  /** The conversation up to the answer. */
  readonly question: readonly FeedbackTurn[]
  /** What was answered and found wrong, as far as anybody said so. */
  readonly answers: readonly { readonly text: string; readonly release: string | null; readonly feedbackId: number }[]
  /** What the dataset teaches now. */
  readonly taught: readonly { readonly digest: Digest; readonly answer: string }[]
  /** In the order they were offered. */
  readonly suggestions: readonly Suggestion[]
}

export interface Suggestion {
  readonly contribution: number
  readonly state: ContributionState
  readonly author: string
  readonly message: string
  readonly answer: string
  readonly feedbackId: number | null
}

/** Questions that an open contribution answers because of feedback, or that several open ones answer; those asked first come first. */
export async function suggestionsOf(
  db: Db,
  model: string,
  page: { readonly limit?: number | undefined } = {},
): Promise<readonly SuggestedQuestion[]> {
  const { id: modelId } = await findModel(db, model)
  // Claims say which questions several open ones answer; those that feedback brought are few among all open ones.
  const { rows: asked } = await sql<{ key: string }>`
    with wanted as (
      select key from claims where model_id = ${modelId} and contested and key like ${`${questionClaim}%`}
      union
      select claims.key from contributions join claims on claims.contribution_id = contributions.id
      where contributions.model_id = ${modelId} and contributions.feedback_id is not null and contributions.state in ('open', 'changes-requested')
        and claims.key like ${`${questionClaim}%`})
    select claims.key from claims join wanted on wanted.key = claims.key
    where claims.model_id = ${modelId} group by claims.key order by min(claims.contribution_id), claims.key limit ${pageLimit(page)}`.execute(
    db,
  )
  return questionsOf(
    db,
    modelId,
    asked.map(({ key }) => key.slice(questionClaim.length)),
  )
}

/** The same of one question, whoever suggests something for it; null where no open contribution does. */
export async function suggestionsFor(db: Db, modelId: number, turns: readonly FeedbackTurn[]): Promise<SuggestedQuestion | null> {
  const key = questionKey({ messages: turns })
  const open = await openChanges(db, modelId).select('contributions.id').where('changes.questionKey', '=', key).limit(1).executeTakeFirst()
  return open ? ((await questionsOf(db, modelId, [key]))[0] ?? null) : null
}

async function questionsOf(db: Db, modelId: number, keys: readonly string[]): Promise<readonly SuggestedQuestion[]> {
  if (keys.length === 0) return []
  const rows = await openChanges(db, modelId)
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .leftJoin('examples', 'examples.digest', 'changes.exampleDigest')
    .leftJoin('feedback', 'feedback.id', 'contributions.feedbackId')
    .leftJoin('releases', 'releases.id', 'feedback.releaseId')
    .select(['changes.questionKey', 'changes.body as change', 'examples.body as example', 'people.name as author'])
    .select(['contributions.id', 'contributions.state', 'contributions.message', 'contributions.feedbackId'])
    .select(['feedback.turns', 'releases.version'])
    .where('changes.questionKey', 'in', keys)
    .orderBy('contributions.id')
    .orderBy('changes.position')
    .execute()
  const taught = await standingAnswers(db, modelId, keys)
  return keys.map((key): SuggestedQuestion => {
    const own = rows.filter(({ questionKey }) => questionKey === key).map((row) => ({ ...row, ...saidBy(row) }))
    return {
      question: turnsOf(own[0]!.asked),
      answers: distinct(
        own.flatMap(({ turns, version, feedbackId }) => {
          const text = (turns as readonly FeedbackTurn[] | null)?.at(-1)?.content
          return text === undefined || feedbackId === null ? [] : [{ text, release: version, feedbackId }]
        }),
        ({ text, release }) => JSON.stringify([text, release]),
      ),
      taught: taught.get(key) ?? [],
      suggestions: distinct(
        own.map(({ id, state, author, message, answer, feedbackId }) => ({
          contribution: id,
          state,
          author: author ?? operatorName,
          message,
          answer,
          feedbackId,
        })),
        ({ contribution, answer }) => JSON.stringify([contribution, answer]),
      ),
    }
  })
}

/** Changes of the present rounds of open contributions that answer a question. */
function openChanges(db: Db, modelId: number) {
  return db
    .selectFrom('contributionChanges as changes')
    .innerJoin('contributions', (join) =>
      join.onRef('contributions.id', '=', 'changes.contributionId').onRef('contributions.round', '=', 'changes.round'),
    )
    .where('contributions.modelId', '=', modelId)
    .where('contributions.state', 'in', ['open', 'changes-requested'])
    .where('changes.questionKey', 'is not', null)
}

function saidBy({ change, example }: { readonly change: unknown; readonly example: unknown }): {
  readonly asked: SampleInput
  readonly answer: string
} {
  if (example === null) {
    const { sample } = change as CaseBody
    return { asked: sample, answer: sample.expected }
  }
  const said = askedAndAnswered((example as Example).content)
  if (!said) throw new Error('A change has a question key and no question.')
  return said
}

function turnsOf(asked: SampleInput): readonly FeedbackTurn[] {
  return 'messages' in asked ? asked.messages : [{ role: 'user', content: asked.prompt }]
}

function distinct<Value>(values: readonly Value[], key: (value: Value) => string): readonly Value[] {
  const seen = new Set<string>()
  return values.filter((value) => !seen.has(key(value)) && seen.add(key(value)))
}
