/** One example: whether it stands, who brought it and let it in, everything that happened to it, and other answers to its question. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import type { CaseBody, ContributionState } from '../contributions/contribution.ts'
import { askedAndAnswered, type Example, type ExampleContent } from '../contributions/example.ts'
import { questionKey } from '../models/question-key.ts'
import { operatorName } from '../people/actor.ts'
import { blame } from './dataset-queries.ts'
import type { Blame } from './dataset-revision.ts'

export interface ExamplePage extends Example {
  readonly digest: Digest
  /** Whether the newest dataset has it. */
  readonly standing: boolean
  /** Who brought it and who let it in; null while no accepted contribution has. */
  readonly blame: Blame | null
  /** Every contribution that touches it, the newest first, at most `mostShown`. */
  readonly history: readonly ExampleEvent[]
  /** Other answers to the same question, in this community: taught ones first. */
  readonly competing: readonly CompetingAnswer[]
}

export interface ExampleEvent {
  readonly contribution: number
  readonly state: ContributionState
  readonly author: string
  readonly message: string
  /** brought: it came new; replaced: it came for another; replaced-by: it went for another; removed: it went. */
  readonly kind: 'brought' | 'replaced' | 'replaced-by' | 'removed'
  /** The other example, where one came for the other. */
  readonly other: Digest | null
  /** The dataset revision this made; null while it is not accepted. */
  readonly revision: number | null
  readonly at: Date
}

export interface CompetingAnswer {
  /** null: it is the answer of a test case. */
  readonly digest: Digest | null
  readonly answer: string
  readonly contribution: number
  readonly state: ContributionState
  readonly author: string
  readonly standing: boolean
}

const mostShown = 100

/** Throws `not-found` where no contribution to this community has it. */
export async function examplePage(db: Db, modelId: number, text: string): Promise<ExamplePage> {
  const digest = (text.startsWith('sha256:') ? text : `sha256:${text}`) as Digest
  const history = /^sha256:[0-9a-f]{64}$/.test(digest) ? await exampleHistory(db, modelId, digest) : []
  if (history.length === 0)
    throw new AppError('not-found', `No contribution here has an example ${text.slice(0, 80)}; search for it by its words.`)
  const { body } = await db.selectFrom('examples').select('body').where('digest', '=', digest).executeTakeFirstOrThrow()
  const { content, provenance } = body as Example
  const accepted = history.filter(({ state }) => state === 'accepted')
  // What was last accepted about it decides.
  const last = accepted.toSorted((a, b) => b.at.getTime() - a.at.getTime())[0]
  const came = accepted.some(({ kind }) => kind === 'brought' || kind === 'replaced')
  return {
    digest,
    content,
    provenance,
    standing: last?.kind === 'brought' || last?.kind === 'replaced',
    blame: came ? await blame(db, modelId, digest) : null,
    history,
    competing: await competingAnswers(db, modelId, digest, content),
  }
}

/** What contributions to this community did or would do to an example, the newest first. */
export async function exampleHistory(db: Db, modelId: number, digest: Digest): Promise<readonly ExampleEvent[]> {
  const touching = (side: 'example_digest' | 'target_digest') => sql`
    select contributions.id, contributions.state, contributions.author_id, contributions.message, contributions.created_at, contributions.decided_at,
      changes.kind, changes.example_digest, changes.target_digest
    from contribution_changes changes
    join contributions on contributions.id = changes.contribution_id and contributions.round = changes.round
    where ${sql.ref(`changes.${side}`)} = ${digest} and contributions.model_id = ${modelId}`
  const { rows } = await sql<{
    id: number
    state: ContributionState
    author: string | null
    message: string
    at: Date
    comes: boolean
    kind: 'add' | 'replace' | 'remove'
    other: Digest | null
    revision: number | null
  }>`
    select touched.id, state, people.name as author, message, coalesce(decided_at, touched.created_at) as at, example_digest = ${digest} as comes,
      kind, case when example_digest = ${digest} then target_digest else example_digest end as other, revisions.number as revision
    from (${touching('example_digest')} union ${touching('target_digest')}) touched
    left join people on people.id = touched.author_id
    left join revision_contributions links on links.contribution_id = touched.id
    left join dataset_revisions revisions on revisions.id = links.revision_id
    order by at desc, touched.id desc limit ${mostShown}`.execute(db)
  return rows.map(({ id, author, comes, kind, ...row }) => ({
    contribution: id,
    state: row.state,
    author: author ?? operatorName,
    message: row.message,
    kind: comes ? (kind === 'replace' ? 'replaced' : 'brought') : kind === 'replace' ? 'replaced-by' : 'removed',
    other: row.other,
    revision: row.revision,
    at: row.at,
  }))
}

async function competingAnswers(db: Db, modelId: number, own: Digest, content: ExampleContent): Promise<readonly CompetingAnswer[]> {
  const said = askedAndAnswered(content)
  if (said === null) return []
  const { rows } = await sql<{
    digest: Digest | null
    body: CaseBody | null
    example: Example | null
    id: number
    state: ContributionState
    author: string | null
    standing: boolean
  }>`
    select changes.example_digest as digest, changes.body, examples.body as example, contributions.id, contributions.state, people.name as author,
      standing.digest is not null as standing
    from contribution_changes changes
    join contributions on contributions.id = changes.contribution_id and contributions.round = changes.round
    left join examples on examples.digest = changes.example_digest
    left join people on people.id = contributions.author_id
    left join standing_examples standing on standing.digest = changes.example_digest and standing.model_id = contributions.model_id
      and standing.contribution_id = contributions.id
    where changes.question_key = ${questionKey(said.asked)} and contributions.model_id = ${modelId}
      and contributions.state in ('open', 'changes-requested', 'accepted') and changes.example_digest is distinct from ${own}
    order by standing desc, contributions.id desc limit ${mostShown}`.execute(db)
  return rows.flatMap(({ digest, body, example, id, state, author, standing }) => {
    const answer = example ? askedAndAnswered(example.content)?.answer : body?.sample.expected
    // A case that asks for just this answer is no other one.
    if (answer === undefined || (digest === null && answer === said.answer)) return []
    return [{ digest, answer, contribution: id, state, author: author ?? operatorName, standing }]
  })
}
