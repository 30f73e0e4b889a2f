/** Adds an eval suite to a community model; one of the same name replaces the one before. */

import { jsonLines } from '../../formats/jsonl.ts'
import { AppError, type ErrorDetail } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { findModel, lockModel } from './model-queries.ts'
import { parseSlug } from './model-name.ts'
import { parseSample, questionOf, suiteKeysOf } from './suite-samples.ts'
import { findSuite } from './suite-queries.ts'
import { suiteLimits, type Suite, type SuiteKind, type SuiteSample } from './suite.ts'

export interface NewSuite {
  readonly name: string
  readonly kind: string
  /** JSONL. */
  readonly samples: Uint8Array | AsyncIterable<Uint8Array>
  /** Whether a release must improve it; true where nothing is said. */
  readonly target?: boolean | undefined
  /** Largest loss of score a release may have, in the suite's unit; 0.02 where nothing is said. */
  readonly tolerance?: number | undefined
}

const kinds: readonly SuiteKind[] = ['text', 'exact', 'choice']

/** Throws `invalid` with every wrong line in `details`. */
export async function addSuite(
  app: { readonly db: Database; readonly blobs: Blobs },
  actor: Actor,
  model: string,
  input: NewSuite,
): Promise<Suite> {
  requireRole(actor, 'maintainer')
  const name = parseSlug(input.name, 'suite name')
  const kind = kinds.find((known) => known === input.kind)
  if (!kind) throw new AppError('invalid', `There is no kind of suite ${JSON.stringify(input.kind)}; choose ${kinds.join(', ')}.`)
  const { target = true, tolerance = 0.02 } = input
  if (!Number.isFinite(tolerance) || tolerance < 0)
    throw new AppError('invalid', `The tolerance ${tolerance} is not a number from 0 upwards.`)
  const { id: modelId } = await findModel(app.db, model)
  const samples = await readSamples(kind, input.samples)
  const { digest } = await app.blobs.put(new TextEncoder().encode(samples.map(sampleLine).join('')))
  const keys = [...new Set(samples.flatMap(suiteKeysOf))]
  return app.db.transaction().execute(async (db) => {
    await lockModel(db, modelId)
    const before = await findSuite(db, modelId, name).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'not-found') return null
      throw error
    })
    const { id } = await db
      .insertInto('suites')
      .values({ modelId, name, kind, digest, count: samples.length, target, tolerance, supersedes: before?.id ?? null })
      .returning('id')
      .executeTakeFirstOrThrow()
    for (let i = 0; i < keys.length; i += 1_000)
      await db
        .insertInto('suiteKeys')
        .values(keys.slice(i, i + 1_000).map((key) => ({ suiteId: id, key })))
        .execute()
    return findSuite(db, modelId, name)
  })
}

function sampleLine({ kind: _, ...sample }: SuiteSample): string {
  return `${JSON.stringify(sample)}\n`
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
