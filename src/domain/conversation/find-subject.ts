/** Finds what people want to talk about: nobody discusses what is not there. */

import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import { findModel } from '../models/model-queries.ts'
import { findSuite } from '../models/suite-queries.ts'
import { findRelease } from '../releases/release-queries.ts'
import { formatSubject, nameSubject, parseSubject, type ParsedSubject, type Subject } from './subject.ts'

export interface FoundSubject {
  readonly subject: Subject
  readonly parsed: ParsedSubject
  /** As part of a sentence. */
  readonly words: string
  readonly modelId: number
  /** Whose it is, and so who is told of a new thread; null: nobody's, or the local operator's. */
  readonly ownerId: number | null
}

/** Throws `not-found` where there is no such thing, and `invalid` where the text names none. "latest" becomes the version it means. */
export async function findSubject(db: Db, input: { readonly kind: string; readonly id: string }): Promise<FoundSubject> {
  const parsed = parseSubject(input)
  const { modelId, ownerId, exact } = await find(db, parsed)
  return { subject: formatSubject(exact), parsed: exact, words: nameSubject(exact), modelId, ownerId }
}

async function find(db: Db, parsed: ParsedSubject): Promise<{ modelId: number; ownerId: number | null; exact: ParsedSubject }> {
  switch (parsed.kind) {
    case 'contribution': {
      const { modelId, authorId } = await findContribution(db, parsed.number)
      return { modelId, ownerId: authorId, exact: parsed }
    }
    case 'release': {
      const { modelId, version } = await findRelease(db, parsed.model, parsed.version)
      return { modelId, ownerId: null, exact: { ...parsed, version } }
    }
    case 'suite': {
      const { id } = await findModel(db, parsed.model)
      const { name } = await findSuite(db, id, parsed.suite)
      return { modelId: id, ownerId: null, exact: { ...parsed, suite: name } }
    }
    case 'clause': {
      const { id, charter } = await findModel(db, parsed.model)
      if (parsed.number > charter.length)
        throw new AppError('not-found', `The charter of ${parsed.model} has ${charter.length} clauses, and no clause ${parsed.number}.`)
      return { modelId: id, ownerId: null, exact: parsed }
    }
    case 'example': {
      const { id } = await findModel(db, parsed.model)
      const brought = await db
        .selectFrom('contributionChanges as changes')
        .innerJoin('contributions', 'contributions.id', 'changes.contributionId')
        .select('contributions.authorId')
        .where('contributions.modelId', '=', id)
        .where('changes.exampleDigest', '=', parsed.digest)
        .orderBy('contributions.id')
        .executeTakeFirst()
      if (!brought)
        throw new AppError(
          'not-found',
          `Nobody offered an example ${parsed.digest} to ${parsed.model}; "dataset export" lists the digests.`,
        )
      return { modelId: id, ownerId: brought.authorId, exact: parsed }
    }
    default:
      return parsed satisfies never
  }
}
