/** Writes the receipts of a release from what is known of it. Reads, and stores nothing. */

import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { effectsOf } from './effects.ts'
import { goneSentence, notIncluded } from './not-included.ts'
import { effectSummary } from './receipt-words.ts'
import type { IncludedWork, ReceiptBody, ReviewedWork } from './receipt.ts'
import { isAcceptedBy, type ReleaseFacts, type Work } from './release-facts.ts'

interface ReadApp {
  readonly db: Database
  readonly blobs: Blobs
}

/**
 * By person: a receipt for everybody who has something in the release, reviewed something that is new in it, or waits for something of theirs.
 * @param only whose receipts are written, where not everybody's are
 */
export async function* writeReceipts(
  app: ReadApp,
  facts: ReleaseFacts,
  names: ReadonlyMap<number, string>,
  only?: ReadonlySet<number>,
): AsyncIterable<{ readonly personId: number; readonly body: ReceiptBody }> {
  const included = new Map<number, IncludedWork>()
  const inside = (work: Work) => isIn(facts, work)
  const inclusionOf = async (work: Work) => {
    const known = included.get(work.id) ?? (await includedWork(app, facts, work))
    included.set(work.id, known)
    return known
  }
  const byAuthor = Map.groupBy(facts.works, ({ authorId }) => authorId)
  const reviewedBy = new Map<number, Work[]>()
  for (const work of facts.works)
    if (inside(work) && isNew(facts, work))
      for (const reviewerId of new Set(work.reviews.map((review) => review.reviewerId)))
        if (reviewerId !== null) reviewedBy.set(reviewerId, [...(reviewedBy.get(reviewerId) ?? []), work])

  for (const [personId, person] of names) {
    if (only && !only.has(personId)) continue
    const own = byAuthor.get(personId) ?? []
    const body: ReceiptBody = {
      kind: 'receipt',
      person,
      release: releaseOf(facts),
      included: await inOrder(own.filter(inside), inclusionOf),
      notIncluded: own.filter((work) => !inside(work)).flatMap((work) => notIncluded(facts, work) ?? []),
      reviewed: await inOrder(reviewedBy.get(personId) ?? [], async (work) => reviewedWork(work, personId, await inclusionOf(work))),
    }
    if (body.included.length + body.notIncluded.length + body.reviewed.length > 0) yield { personId, body }
  }
}

function releaseOf({ release, run }: ReleaseFacts): ReceiptBody['release'] {
  const { number, digest, count } = run.revision
  return {
    model: release.model,
    version: release.version,
    publishedAt: release.createdAt.toISOString(),
    dataset: { number, digest, count },
    artefacts: release.artefacts.map(({ path, digest }) => ({ path, digest })),
  }
}

/** Something it brought stands, or something it took out is gone. What changes no example (the charter, cases) is in every release after its acceptance. */
function isIn(facts: ReleaseFacts, work: Work): boolean {
  if (changesNoExample(work)) return work.state === 'accepted' && work.decidedAt! <= facts.release.createdAt
  return isAcceptedBy(work, facts.number) && (facts.standing.has(work.id) || (work.brought === 0 && takenOut(facts, work) > 0))
}

function isNew(facts: ReleaseFacts, work: Work): boolean {
  if (changesNoExample(work)) return facts.previousAt === null || work.decidedAt! > facts.previousAt
  return work.revision !== null && work.revision > facts.previousNumber
}

const changesNoExample = (work: Work) => work.brought === 0 && work.targets.length === 0
const takenOut = (facts: ReleaseFacts, work: Work) => work.targets.filter((target) => !facts.present.has(target)).length

async function includedWork(app: ReadApp, facts: ReleaseFacts, work: Work): Promise<IncludedWork> {
  const shipped = facts.standing.get(work.id)
  const standing = shipped?.count ?? 0
  const effects = changesNoExample(work)
    ? []
    : await effectsOf(app, facts.release.id, { id: work.id, round: work.round, isNew: isNew(facts, work) })
  return {
    contribution: work.id,
    message: work.message,
    isNew: isNew(facts, work),
    examples: { brought: work.brought, standing, digest: shipped?.digest ?? null, takenOut: takenOut(facts, work) },
    gone: standing < work.brought ? goneSentence(facts, work) : null,
    effects,
    summary: changesNoExample(work) ? 'It changed no example: what it says holds since it was accepted.' : effectSummary(effects),
  }
}

function reviewedWork(work: Work, reviewerId: number, { examples, summary }: IncludedWork): ReviewedWork {
  return {
    contribution: work.id,
    author: work.author,
    message: work.message,
    examples: examples.standing,
    decisions: work.reviews.filter((review) => review.reviewerId === reviewerId).map(({ decision }) => decision),
    summary,
  }
}

async function inOrder<A, B>(values: readonly A[], map: (value: A) => Promise<B>): Promise<B[]> {
  const mapped: B[] = []
  for (const value of values) mapped.push(await map(value))
  return mapped
}
