/** Offers to take one example back, as a contribution like any other. */

import { AppError } from '../../errors.ts'
import type { Blobs, Digest } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { contribute, type ContributionDetail } from '../contributions/contribute.ts'
import type { OfferedChange } from '../contributions/contribution.ts'
import type { Example } from '../contributions/example.ts'
import { standingAmong } from '../contributions/standing-examples.ts'
import { findModel } from '../models/model-queries.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { examplePage } from './example-page.ts'

/**
 * Where it came for another that is gone since, that one comes back in its place; else it goes. It needs reviews like every contribution.
 * Throws `conflict` where the example does not stand.
 */
export async function revertExample(
  app: { readonly db: Database; readonly blobs: Blobs },
  actor: Actor,
  model: string,
  text: string,
  input: { readonly message: string; readonly signOff: string },
): Promise<ContributionDetail> {
  const { id } = await findModel(app.db, model)
  requireRole(actor, 'contributor', id)
  const { digest, standing, history } = await examplePage(app.db, id, text)
  if (!standing) throw new AppError('conflict', `The dataset does not have the example ${digest} now; there is nothing to take back.`)
  const came = history.find(({ state, kind }) => state === 'accepted' && (kind === 'brought' || kind === 'replaced'))
  const before = came?.other ?? null
  const back = before !== null && !(await standingAmong(app.db, id, [before])).has(before) ? before : null
  const change: OfferedChange =
    back === null ? { kind: 'remove', target: digest } : { kind: 'replace', target: digest, ...(await bodyOf(app.db, back)) }
  return contribute(app, actor, model, {
    message: input.message.trim() || `Takes back one example of contribution ${came?.contribution}: ${came?.message ?? ''}`.slice(0, 500),
    signOff: input.signOff,
    // What comes back brings its own provenance.
    ...{ licence: '', language: '', origin: '', source: '' },
    changes: [change],
  })
}

async function bodyOf(db: Database, digest: Digest): Promise<Example> {
  const { body } = await db.selectFrom('examples').select('body').where('digest', '=', digest).executeTakeFirstOrThrow()
  return body as Example
}
