/** Puts what passed its gate before the maintainers; where somebody is left out, with the contribution that takes their work back. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Digest } from '../../storage/blobs.ts'
import { contribute } from '../contributions/contribute.ts'
import type { OfferedChange } from '../contributions/contribution.ts'
import type { Example } from '../contributions/example.ts'
import { inPieces } from '../contributions/standing-examples.ts'
import { latestRevision } from '../datasets/dataset-queries.ts'
import { changeWithout } from '../datasets/draft-changes.ts'
import { notify } from '../notifications/notify.ts'
import { operator } from '../people/actor.ts'
import { idsWithRole } from '../people/member-queries.ts'
import { announce } from '../training/changes.ts'
import { lettersFor, reversalMessage } from './evidence.ts'
import type { ReleaseTrain } from './release-train.ts'

interface ProposalApp {
  readonly db: Database
  readonly blobs: Blobs
}

/** Begun again after an interruption it finds the contribution it had made, and tells nobody twice. */
export async function proposeRelease(app: ProposalApp, train: ReleaseTrain): Promise<void> {
  const reversalId = train.leftOut.length === 0 ? null : await offerReversal(app, train)
  const letters = await lettersFor(app, train)
  await app.db.transaction().execute(async (db) => {
    const moved = await db
      .updateTable('releaseTrains')
      .set({ state: 'proposed', reversalId, letters: JSON.stringify(letters) })
      .where('id', '=', train.id)
      .where('state', '=', 'running')
      .executeTakeFirst()
    if (moved.numUpdatedRows === 0n) return
    for (const { contribution, authorId } of letters)
      await notify(db, {
        personIds: [authorId],
        kind: 'left-out',
        sentence: `Contribution ${contribution} is left out of the next release of ${train.model} for now: with it, the gate did not hold. What was measured, and what would help, is on the train's page.`,
        link: `/trains/${train.id}`,
        key: `train ${train.id} without ${contribution}`,
      })
    await notify(db, {
      personIds: await idsWithRole(db, train.modelId, 'maintainer'),
      kind: 'train',
      sentence: `Train ${train.number} of ${train.model} proposes a release${train.leftOut.length === 0 ? '' : ` without ${train.leftOut.join(', ')}`}; a maintainer decides.`,
      link: `/trains/${train.id}`,
      key: `train ${train.id} proposes`,
    })
    await announce(db)
  })
}

/** One contribution that undoes all that is left out, so that the dataset after it is the one the candidate was trained on. */
async function offerReversal(app: ProposalApp, train: ReleaseTrain): Promise<number> {
  const message = reversalMessage(train)
  const known = await app.db
    .selectFrom('contributions')
    .select('id')
    .where('modelId', '=', train.modelId)
    .where('authorId', 'is', null)
    .where('state', '=', 'open')
    .where('message', '=', message)
    .executeTakeFirst()
  if (known) return known.id
  const head = (await latestRevision(app.db, train.modelId))!
  const { going, coming } = await changeWithout(app.db, head, train.leftOut)
  const changes: OfferedChange[] = going.map((target) => ({ kind: 'remove', target }))
  for (const { content, provenance } of await examples(app.db, coming)) changes.push({ kind: 'add', content, provenance })
  if (changes.length === 0)
    throw new AppError('conflict', `Nothing of ${train.leftOut.join(', ')} is left in the dataset; start another train.`)
  const [only, ...more] = train.leftOut
  const { contribution } = await contribute(app, operator, train.model, {
    message,
    signOff: 'release train',
    // Every example that comes back brings its own provenance.
    ...{ licence: '', language: '', origin: '', source: '' },
    changes,
    reverts: more.length === 0 ? only : null,
  })
  return contribution.id
}

async function examples(db: Db, digests: readonly Digest[]): Promise<Example[]> {
  const found: Example[] = []
  for (const some of inPieces(digests)) {
    const rows = await db.selectFrom('examples').select('body').where('digest', 'in', some).orderBy('digest').execute()
    found.push(...rows.map(({ body }) => body as Example))
  }
  return found
}
