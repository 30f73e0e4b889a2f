/** Finds what people want to talk about: nobody discusses what is not there. */

import { AppError } from '../../errors.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import { currentCharter } from '../models/charter-queries.ts'
import { findModel } from '../models/model-queries.ts'
import { findSuite } from '../models/suite-queries.ts'
import { findRelease } from '../releases/release-queries.ts'
import { formatSubject, nameSubject, parseSubject, type ParsedSubject, type Subject } from './subject.ts'

export interface FoundSubject extends KnownSubject {
  readonly subject: Subject
  readonly modelId: number
}

export interface KnownSubject {
  /** As part of a sentence. */
  readonly words: string
  /** Whose it is, and so who is told of what is said; null: nobody's, or the local operator's. */
  readonly ownerId: number | null
}

/** Throws `not-found` where there is no such thing, and `invalid` where the text names none. "latest" becomes the version it means. */
export async function findSubject(db: Db, input: { readonly kind: string; readonly id: string }): Promise<FoundSubject> {
  const { modelId, exact } = await find(db, parseSubject(input))
  const subject = formatSubject(exact)
  return { subject, modelId, ...(await knownSubject(db, subject)) }
}

/** Of a thread that is there: its subject may have been replaced or taken away since, and what was said stays. */
export async function knownSubject(db: Db, subject: Subject): Promise<KnownSubject> {
  const parsed = parseSubject(subject)
  return { words: nameSubject(parsed), ownerId: await ownerOf(db, parsed) }
}

async function find(db: Db, parsed: ParsedSubject): Promise<{ readonly modelId: number; readonly exact: ParsedSubject }> {
  if (parsed.kind === 'contribution') return { modelId: (await findContribution(db, parsed.number)).modelId, exact: parsed }
  const { id: modelId } = await findModel(db, parsed.model)
  switch (parsed.kind) {
    case 'release':
      return { modelId, exact: { ...parsed, version: (await findRelease(db, parsed.model, parsed.version)).version } }
    case 'suite':
      return { modelId, exact: { ...parsed, suite: (await findSuite(db, modelId, parsed.suite)).name } }
    case 'clause': {
      const { nextClause } = await currentCharter(db, modelId)
      if (parsed.number >= nextClause)
        throw new AppError(
          'not-found',
          `The charter of ${parsed.model} has never had a clause ${parsed.number}; "model show" lists those it has.`,
        )
      return { modelId, exact: parsed }
    }
    case 'example': {
      if (await offererOf(db, parsed)) return { modelId, exact: parsed }
      throw new AppError('not-found', `Nobody offered an example ${parsed.digest} to ${parsed.model}; "dataset export" lists the digests.`)
    }
    default:
      return parsed satisfies never
  }
}

async function ownerOf(db: Db, parsed: ParsedSubject): Promise<number | null> {
  if (parsed.kind === 'contribution') return (await findContribution(db, parsed.number)).authorId
  return parsed.kind === 'example' ? ((await offererOf(db, parsed))?.authorId ?? null) : null
}

/** Who offered an example first. */
async function offererOf(db: Db, { model, digest }: { readonly model: string; readonly digest: Digest }) {
  const { id } = await findModel(db, model)
  return db
    .selectFrom('contributionChanges as changes')
    .innerJoin('contributions', 'contributions.id', 'changes.contributionId')
    .select('contributions.authorId')
    .where('contributions.modelId', '=', id)
    .where('changes.exampleDigest', '=', digest)
    .orderBy('contributions.id')
    .executeTakeFirst()
}
