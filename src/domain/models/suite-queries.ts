/** Reads eval suites and their samples. */

import { jsonLines } from '../../formats/jsonl.ts'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { retiredAt } from './suite-retirement.ts'
import { parseSample } from './suite-samples.ts'
import { suiteLimits, type Suite, type SuiteSample } from './suite.ts'

/** Suites that no newer one of the same name replaces, and that were not withdrawn; retired ones among them. */
function currentSuites(db: Db, modelId: number) {
  return db
    .selectFrom('suites')
    .selectAll()
    .select(retiredAt.as('retiredAt'))
    .where('modelId', '=', modelId)
    .where('withdrawnAt', 'is', null)
    .where((eb) => eb.not(eb.exists(eb.selectFrom('suites as newer').select('newer.id').whereRef('newer.supersedes', '=', 'suites.id'))))
}

/** The current suites that releases of the model are asked, by name. */
export async function listSuites(db: Db, modelId: number): Promise<readonly Suite[]> {
  return (await currentSuites(db, modelId).orderBy('name').execute()).filter((suite) => suite.retiredAt === null)
}

/** Those that were retired, by name. */
export async function listRetiredSuites(db: Db, modelId: number): Promise<readonly Suite[]> {
  return (await currentSuites(db, modelId).orderBy('name').execute()).filter((suite) => suite.retiredAt !== null)
}

/** Those whose questions nobody may train on. Retired ones too: taken up again, they must measure what they measured before. */
export async function guardedSuites(db: Db, modelId: number): Promise<readonly Suite[]> {
  return currentSuites(db, modelId).where('role', '!=', 'regression').orderBy('name').execute()
}

/** The current suite of that name, also where it is retired, or null. */
export async function currentSuite(db: Db, modelId: number, name: string): Promise<Suite | null> {
  return (await currentSuites(db, modelId).where('name', '=', name).executeTakeFirst()) ?? null
}

/** The current suite of that name, also where it is retired. */
export async function findSuite(db: Db, modelId: number, name: string): Promise<Suite> {
  const suite = await currentSuite(db, modelId, name)
  if (!suite) throw new AppError('not-found', `The model has no suite ${JSON.stringify(name.slice(0, 100))}; "suite add" adds one.`)
  return suite
}

export async function findSuiteById(db: Db, id: number): Promise<Suite> {
  const suite = await db.selectFrom('suites').selectAll().select(retiredAt.as('retiredAt')).where('id', '=', id).executeTakeFirst()
  if (!suite) throw new AppError('not-found', `There is no suite ${id}.`)
  return suite
}

/** In the order of the ids. */
export async function findSuites(db: Db, ids: readonly number[]): Promise<readonly Suite[]> {
  const suites: Suite[] = []
  for (const id of ids) suites.push(await findSuiteById(db, id))
  return suites
}

/** The samples in the order of the file they came from. */
export async function* readSuite(
  app: { readonly blobs: Blobs },
  suite: Pick<Suite, 'digest' | 'kind' | 'name'>,
): AsyncIterable<SuiteSample> {
  for await (const read of jsonLines(app.blobs.read(suite.digest), { lineBytes: suiteLimits.line * 4 })) {
    const sample = 'problem' in read ? read.problem : parseSample(suite.kind, read.value)
    if (typeof sample === 'string') throw new Error(`Suite ${suite.name}, line ${read.line}: ${sample}`)
    yield sample
  }
}

/** Suites that nobody may train on and that have any of the keys, with the keys they have. */
export async function suitesWithKeys(
  db: Db,
  modelId: number,
  keys: readonly string[],
): Promise<readonly { readonly suite: Suite; readonly keys: ReadonlySet<string> }[]> {
  const suites = await guardedSuites(db, modelId)
  if (suites.length === 0) return []
  const found = new Map<number, Set<string>>()
  for (let i = 0; i < keys.length; i += 5_000) {
    const rows = await db
      .selectFrom('suiteKeys')
      .selectAll()
      .where('key', 'in', keys.slice(i, i + 5_000))
      .where(
        'suiteId',
        'in',
        suites.map(({ id }) => id),
      )
      .execute()
    for (const { suiteId, key } of rows) found.set(suiteId, (found.get(suiteId) ?? new Set()).add(key))
  }
  return suites.flatMap((suite) => {
    const has = found.get(suite.id)
    return has ? [{ suite, keys: has }] : []
  })
}
