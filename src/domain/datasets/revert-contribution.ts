/** Offers the reverse of an accepted contribution, as a contribution like any other. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { changesOf, findContribution } from '../contributions/contribution-queries.ts'
import { contribute, type ContributionDetail } from '../contributions/contribute.ts'
import type { Change, OfferedChange } from '../contributions/contribution.ts'
import { standingAmong } from '../contributions/standing-examples.ts'
import { requireRole, type Actor } from '../people/actor.ts'

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
    ...(change.kind === 'remove' ? [] : [change.digest]),
    ...(change.kind === 'add' ? [] : [change.target]),
  ])
  const standing = await standingAmong(app.db, accepted.modelId, touched)
  const reverse = changes.flatMap((change): OfferedChange[] => {
    const back = 'targetExample' in change && !standing.has(change.target) ? change.targetExample : null
    const gone = change.kind !== 'remove' && standing.has(change.digest) ? change.digest : null
    if (gone !== null && back !== null) return [{ kind: 'replace', target: gone, ...back }]
    if (gone !== null) return [{ kind: 'remove', target: gone }]
    return change.kind === 'remove' && back !== null ? [{ kind: 'add', ...back }] : []
  })
  if (reverse.length === 0)
    throw new AppError('conflict', `Nothing of contribution ${id} is left in the dataset; there is nothing to revert.`)
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
