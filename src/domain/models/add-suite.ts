/** Adds an eval suite to a community model; one of the same name replaces the one before. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { parseLicence } from '../lineage/parse-licence.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { findModel, lockModel } from './model-queries.ts'
import { parseSlug } from './model-name.ts'
import { insertSuite, storeSamples } from './store-suite.ts'
import { requireAsked } from './retire-suite.ts'
import { readSamples, type SamplesFormat } from './read-samples.ts'
import { currentSuite } from './suite-queries.ts'
import { suiteKinds, suiteLimits, type Suite, type SuiteRole } from './suite.ts'

export interface NewSuite {
  readonly name: string
  readonly kind: string
  /** measure (where nothing is said), or regression: its samples may be trained on, and no release has to improve it. */
  readonly role?: string | undefined
  readonly samples: Uint8Array | AsyncIterable<Uint8Array>
  /** jsonl where nothing is said. */
  readonly format?: SamplesFormat | undefined
  /** SPDX expression under which its cases are given; null or '': none. Where nothing is said, that of the suite it replaces. */
  readonly licence?: string | null | undefined
  /** Where its cases are from, in words or as an address; where nothing is said, as the suite it replaces says. */
  readonly source?: string | undefined
  /** Whether a release must improve it; true where nothing is said. */
  readonly target?: boolean | undefined
  /** Largest loss of score a release may have, in the suite's unit; 0.02 where nothing is said. */
  readonly tolerance?: number | undefined
}

const roles: readonly SuiteRole[] = ['measure', 'regression']

/** Throws `invalid` with every wrong line in `details`. */
export async function addSuite(
  app: { readonly db: Database; readonly blobs: Blobs },
  actor: Actor,
  model: string,
  input: NewSuite,
): Promise<Suite> {
  requireRole(actor, 'maintainer', (await findModel(app.db, model)).id)
  const name = parseSlug(input.name, 'suite name')
  const kind = suiteKinds.find((known) => known === input.kind)
  if (!kind) throw new AppError('invalid', `There is no kind of suite ${JSON.stringify(input.kind)}; choose ${suiteKinds.join(', ')}.`)
  const role = roles.find((known) => known === (input.role ?? 'measure'))
  if (!role) throw new AppError('invalid', `There is no role of suite ${JSON.stringify(input.role)}; choose ${roles.join(', ')}.`)
  if (/^clause-\d+$/.test(name))
    throw new AppError(
      'invalid',
      `${name} is the name of a clause's own cases; change them with "charter propose", or choose another name.`,
    )
  const { target = role === 'measure', tolerance = 0.02 } = input
  if (target && role === 'regression')
    throw new AppError('invalid', `${name} may be trained on, so improving it shows nothing; a regression suite cannot be a target.`)
  if (!Number.isFinite(tolerance) || tolerance < 0)
    throw new AppError('invalid', `The tolerance ${tolerance} is not a number from 0 upwards.`)
  const licence = input.licence ? parseLicence(input.licence).expression : input.licence === undefined ? undefined : null
  const source = input.source?.normalize('NFC').trim()
  if (source !== undefined && source.length > suiteLimits.source)
    throw new AppError('invalid', `The source has ${source.length} characters; at most ${suiteLimits.source} are kept.`)
  const { id: modelId } = await findModel(app.db, model)
  const samples = await readSamples(kind, input.samples, input.format)
  const stored = await storeSamples(app.blobs, samples)
  return app.db.transaction().execute(async (db) => {
    await lockModel(db, modelId)
    const before = await currentSuite(db, modelId, name)
    if (before && before.role !== role)
      throw new AppError(
        'conflict',
        `${name} is a ${before.role} suite, and what may be trained on must not be mixed with what measures; choose another name.`,
      )
    if (before) requireAsked(model, before)
    const said = { ...(licence !== undefined && { licence }), ...(source !== undefined && { source }) }
    return insertSuite(db, { modelId, name, kind, role, target, tolerance, ...said, ...stored }, before)
  })
}
