/** What a form about giving something starts with: the terms a person gave something under last, and the languages a community writes in. */

import type { ExpressionBuilder } from 'kysely'
import type { Db } from '../../storage/database.ts'
import type { Schema } from '../../storage/schema.ts'
import type { Example } from '../contributions/example.ts'
import { actorId, type Actor } from '../people/actor.ts'

export interface UsualTerms {
  readonly licence: string | null
  readonly language: string | null
  readonly signOff: string | null
}

/** Of the newest contribution somebody offered anywhere; what says nothing of it is null. */
export async function lastTermsOf(db: Db, actor: Actor): Promise<UsualTerms> {
  const own = actorId(actor)
  const last = await db
    .selectFrom('contributions')
    .innerJoin('contributionRounds as rounds', (join) =>
      join.onRef('rounds.contributionId', '=', 'contributions.id').onRef('rounds.round', '=', 'contributions.round'),
    )
    .select(['contributions.id', 'contributions.round', 'rounds.signOff'])
    .where('contributions.authorId', own === null ? 'is' : '=', own)
    .orderBy('contributions.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!last) return { licence: null, language: null, signOff: null }
  const example = await db
    .selectFrom('contributionChanges as changes')
    .innerJoin('examples', 'examples.digest', 'changes.exampleDigest')
    .select('examples.body')
    .where('changes.contributionId', '=', last.id)
    .where('changes.round', '=', last.round)
    .orderBy('changes.position')
    .limit(1)
    .executeTakeFirst()
  const said = (example?.body as Example | undefined)?.provenance
  return { licence: said?.licence ?? null, language: said?.language ?? null, signOff: last.signOff }
}

/** Of the newest examples, so many are looked at. */
const newest = { contributions: 10, examples: 200 } as const

/** BCP 47, the most frequent among a community's newest examples first. */
export async function languagesOf(db: Db, modelId: number): Promise<readonly string[]> {
  const counts = new Map<string, number>()
  for (const { provenance } of await newestExamples(db, modelId, newest.examples))
    counts.set(provenance.language, (counts.get(provenance.language) ?? 0) + 1)
  return [...counts].sort(([a, many], [b, others]) => others - many || (a < b ? -1 : 1)).map(([language]) => language)
}

/** Questions a newcomer could ask to see what a community teaches: short ones, each from another of its newest contributions as far as there are so many. */
export async function questionsToTry(db: Db, modelId: number, wanted: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom((eb) => newestAccepted(eb, modelId).as('latest'))
    .innerJoin('contributionChanges as changes', (join) =>
      join.onRef('changes.contributionId', '=', 'latest.id').onRef('changes.round', '=', 'latest.round'),
    )
    .innerJoin('examples', 'examples.digest', 'changes.exampleDigest')
    .select(['examples.body', 'changes.position'])
    .where('changes.position', '<=', wanted)
    .orderBy('changes.position')
    .orderBy('latest.id', 'desc')
    .execute()
  const questions = rows.flatMap(({ body }) => {
    const { content } = body as Example
    if ('prompt' in content) return [content.prompt]
    return 'messages' in content && content.messages.length === 2 ? [content.messages[0]!.content] : []
  })
  return [...new Set(questions)].filter((question) => question.length > 0 && question.length <= 120).slice(0, wanted)
}

async function newestExamples(db: Db, modelId: number, limit: number): Promise<readonly Example[]> {
  const rows = await db
    .selectFrom((eb) => newestAccepted(eb, modelId).as('latest'))
    .innerJoin('contributionChanges as changes', (join) =>
      join.onRef('changes.contributionId', '=', 'latest.id').onRef('changes.round', '=', 'latest.round'),
    )
    .innerJoin('examples', 'examples.digest', 'changes.exampleDigest')
    .select('examples.body')
    .limit(limit)
    .execute()
  return rows.map(({ body }) => body as Example)
}

/** Along an index, and first of all: what they brought may be a million examples. */
function newestAccepted(eb: ExpressionBuilder<Schema, never>, modelId: number) {
  return eb
    .selectFrom('contributions')
    .select(['id', 'round'])
    .where('modelId', '=', modelId)
    .where('state', '=', 'accepted')
    .orderBy('decidedAt', 'desc')
    .limit(newest.contributions)
}
