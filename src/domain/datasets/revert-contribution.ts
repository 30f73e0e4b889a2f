/** Offers the reverse of an accepted contribution, as a contribution like any other. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { changesOf, findContribution } from '../contributions/contribution-queries.ts'
import { contribute, type ContributionDetail } from '../contributions/contribute.ts'
import type { Change, OfferedChange } from '../contributions/contribution.ts'
import { currentCharter } from '../models/charter-queries.ts'
import { standingAmong } from '../contributions/standing-examples.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { reverseOfCase, reverseOfClause, standingCasesOf } from './reverse-change.ts'

/**
 * Takes back what of the contribution still stands; what others changed since stays as it is. It needs reviews like every contribution.
 * Throws `conflict` where the contribution was not accepted or nothing of it is left.
 */
export async function revertContribution(
  app: { readonly db: Database; readonly blobs: Blobs },
  actor: Actor,
  id: number,
  input: { readonly message: string; readonly signOff: string },
): Promise<ContributionDetail> {
  requireRole(actor, 'contributor')
  const accepted = await findContribution(app.db, id)
  if (accepted.state !== 'accepted')
    throw new AppError('conflict', `Contribution ${id} is ${accepted.state}; only an accepted one can be reverted.`)
  const changes = await allChanges(app.db, id)
  const touched = changes.flatMap((change) => [
    ...('digest' in change ? [change.digest] : []),
    ...('target' in change ? [change.target] : []),
  ])
  const standing = await standingAmong(app.db, accepted.modelId, touched)
  const standingCases = await standingCasesOf(app, accepted.modelId, changes)
  const charter = await currentCharter(app.db, accepted.modelId)
  const reverse = changes.flatMap((change): OfferedChange[] => {
    if (change.kind === 'case') return reverseOfCase(change, standingCases)
    if (change.kind === 'clause') return reverseOfClause(change.change, charter)
    const back = 'targetExample' in change && !standing.has(change.target) ? change.targetExample : null
    const gone = 'digest' in change && standing.has(change.digest) ? change.digest : null
    if (gone !== null && back !== null) return [{ kind: 'replace', target: gone, ...back }]
    if (gone !== null) return [{ kind: 'remove', target: gone }]
    return change.kind === 'remove' && back !== null ? [{ kind: 'add', ...back }] : []
  })
  if (reverse.length === 0) throw new AppError('conflict', `Nothing of contribution ${id} is left; there is nothing to revert.`)
  return contribute(app, actor, accepted.model, {
    message: input.message.trim() || `Reverts contribution ${id}: ${accepted.message}`,
    signOff: input.signOff,
    // Every example that comes back brings its own provenance.
    ...{ licence: '', language: '', origin: '', source: '' },
    changes: reverse,
    reverts: id,
  })
}

async function allChanges(db: Database, id: number): Promise<readonly Change[]> {
  const changes: Change[] = []
  for (;;) {
    const page = await changesOf(db, id, { after: changes.at(-1)?.position ?? 0, limit: 200 })
    if (page.length === 0) return changes
    changes.push(...page)
  }
}
