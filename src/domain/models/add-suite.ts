/** Adds an eval suite to a community model; one of the same name replaces the one before. */

import { jsonLines } from '../../formats/jsonl.ts'
import { AppError, type ErrorDetail } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { findModel, lockModel } from './model-queries.ts'
import { parseSlug } from './model-name.ts'
import { insertSuite, storeSamples } from './store-suite.ts'
import { parseSample, questionOf } from './suite-samples.ts'
import { currentSuite } from './suite-queries.ts'
import { suiteLimits, type Suite, type SuiteKind, type SuiteRole, type SuiteSample } from './suite.ts'

export interface NewSuite {
  readonly name: string
  readonly kind: string
  /** measure (where nothing is said), or regression: its samples may be trained on, and no release has to improve it. */
  readonly role?: string | undefined
  /** JSONL. */
  readonly samples: Uint8Array | AsyncIterable<Uint8Array>
  /** Whether a release must improve it; true where nothing is said. */
  readonly target?: boolean | undefined
  /** Largest loss of score a release may have, in the suite's unit; 0.02 where nothing is said. */
  readonly tolerance?: number | undefined
}

const kinds: readonly SuiteKind[] = ['text', 'exact', 'choice', 'rule']
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
  const kind = kinds.find((known) => known === input.kind)
  if (!kind) throw new AppError('invalid', `There is no kind of suite ${JSON.stringify(input.kind)}; choose ${kinds.join(', ')}.`)
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
  const { id: modelId } = await findModel(app.db, model)
  const samples = await readSamples(kind, input.samples)
  const stored = await storeSamples(app.blobs, samples)
  return app.db.transaction().execute(async (db) => {
    await lockModel(db, modelId)
    const before = await currentSuite(db, modelId, name)
    if (before && before.role !== role)
      throw new AppError(
        'conflict',
        `${name} is a ${before.role} suite, and what may be trained on must not be mixed with what measures; choose another name.`,
      )
    return insertSuite(db, { modelId, name, kind, role, target, tolerance, ...stored }, before)
  })
}

/** Wrong lines shown; the rest are counted. */
const shownProblems = 100

async function readSamples(kind: SuiteKind, bytes: NewSuite['samples']): Promise<SuiteSample[]> {
  const samples: SuiteSample[] = []
  const asked = new Map<string, number>()
  const problems: ErrorDetail[] = []
  let wrong = 0
  for await (const read of jsonLines(bytes, { lineBytes: suiteLimits.line })) {
    const sample = 'problem' in read ? read.problem : parseSample(kind, read.value)
    let problem = typeof sample === 'string' ? sample : null
    if (typeof sample !== 'string') {
      const before = asked.get(questionOf(sample))
      if (before !== undefined) problem = `It asks the same as line ${before}; one sample is enough, two would count twice.`
      else {
        asked.set(questionOf(sample), read.line)
        samples.push(sample)
      }
    }
    if (problem !== null && ++wrong <= shownProblems) problems.push({ row: read.line, sentence: problem, severity: 'error' })
    if (samples.length > suiteLimits.samples)
      throw new AppError('invalid', `The suite has more than ${suiteLimits.samples} samples; split it, or choose a sample of it.`)
  }
  if (wrong > 0) {
    const first = problems[0] as ErrorDetail
    throw new AppError('invalid', `${wrong} of the suite's lines cannot be used; line ${first.row}: ${first.sentence}`, {
      details: problems,
    })
  }
  if (samples.length === 0) throw new AppError('invalid', 'The suite has no samples; give a JSONL file with one sample a line.')
  return samples
}
