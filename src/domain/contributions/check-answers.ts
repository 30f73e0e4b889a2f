/** Finds different answers to one question, within a contribution and against the dataset: both may be meant, but never unnoticed. */

import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { questionKey } from '../models/question-key.ts'
import type { Finding } from './contribution.ts'
import { askedAndAnswered, type Example } from './example.ts'
import { comingOf, targetOf, type PreparedChange } from './prepared-change.ts'
import { inPieces, standingAmong } from './standing-examples.ts'

interface Answer {
  readonly row: number
  readonly key: string
  readonly answer: string
}

function answersIn(changes: readonly PreparedChange[]): readonly Answer[] {
  return changes.flatMap((change) => {
    const coming = comingOf(change)
    const said = coming && askedAndAnswered(coming.example.content)
    return said ? [{ row: coming.row, key: questionKey(said.asked), answer: plain(said.answer) }] : []
  })
}

const plain = (answer: string) => answer.normalize('NFC').trim()

const warn = (row: number, sentence: string): Finding => ({ check: 'answer', severity: 'warning', row, sentence })

/** Rows that answer the question of an earlier row in another way. Pure. */
export function answersWithin(changes: readonly PreparedChange[]): Finding[] {
  const first = new Map<string, Answer>()
  return answersIn(changes).flatMap((said) => {
    const before = first.get(said.key)
    if (!before) first.set(said.key, said)
    if (!before || before.answer === said.answer) return []
    return [warn(said.row, `It answers the question of row ${before.row} in another way; keep both only if both are right.`)]
  })
}

/** Rows that answer a question which the dataset answers in another way, unless this very contribution takes that away. */
export async function answersInDataset(db: Db, modelId: number, changes: readonly PreparedChange[]): Promise<Finding[]> {
  const answers = answersIn(changes)
  const leaving = new Set(changes.map(targetOf))
  const standing = await standingAnswers(
    db,
    modelId,
    answers.map(({ key }) => key),
  )
  return answers.flatMap(({ row, key, answer }) => {
    const other = standing.get(key)?.find((known) => known.answer !== answer && !leaving.has(known.digest))
    if (!other) return []
    const shown = other.answer.length > 80 ? `${other.answer.slice(0, 80)}…` : other.answer
    return [
      warn(row, `The dataset answers this question with ${JSON.stringify(shown)} (${other.digest}); replace that, unless both are right.`),
    ]
  })
}

/** What the dataset answers to questions, by their keys. Knows the questions of what was offered since keys are kept. */
export async function standingAnswers(
  db: Db,
  modelId: number,
  keys: readonly string[],
): Promise<ReadonlyMap<string, readonly { readonly digest: Digest; readonly answer: string }[]>> {
  const rows: { key: string; digest: Digest }[] = []
  for (const some of inPieces([...new Set(keys)])) {
    const found = await db
      .selectFrom('contributionChanges as changes')
      .innerJoin('contributions', (join) =>
        join.onRef('contributions.id', '=', 'changes.contributionId').onRef('contributions.round', '=', 'changes.round'),
      )
      .select(['changes.questionKey', 'changes.exampleDigest'])
      .distinct()
      .where('contributions.modelId', '=', modelId)
      .where('contributions.state', '=', 'accepted')
      .where('changes.questionKey', 'in', some)
      .where('changes.exampleDigest', 'is not', null)
      .execute()
    rows.push(...found.map(({ questionKey, exampleDigest }) => ({ key: questionKey as string, digest: exampleDigest as Digest })))
  }
  const standing = await standingAmong(
    db,
    modelId,
    rows.map(({ digest }) => digest),
  )
  const bodies = new Map<Digest, string>()
  for (const some of inPieces([...standing.keys()])) {
    const found = await db.selectFrom('examples').select(['digest', 'body']).where('digest', 'in', some).execute()
    for (const { digest, body } of found) bodies.set(digest, plain(askedAndAnswered((body as Example).content)?.answer ?? ''))
  }
  const answers = new Map<string, { digest: Digest; answer: string }[]>()
  for (const { key, digest } of rows.sort((a, b) => (a.digest < b.digest ? -1 : 1))) {
    const answer = bodies.get(digest)
    if (answer !== undefined) answers.set(key, [...(answers.get(key) ?? []), { digest, answer }])
  }
  return answers
}
