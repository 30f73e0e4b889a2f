/** The licence of a release: concluded from its base and from every example it was trained on. */

import type { Database } from '../../storage/database.ts'
import type { Digest } from '../../storage/blobs.ts'
import { examplesOf } from '../datasets/examples-of.ts'
import { concludeLicence } from '../lineage/conclude-licence.ts'
import type { LicenceInput, LicenceVerdict } from '../lineage/licence-verdict.ts'
import type { BaseModel } from '../models/base-model.ts'
import type { TrainingRun } from '../training/run.ts'

/** What the examples of a dataset have in common, counted. */
export interface ExampleFacts {
  readonly verdict: LicenceVerdict
  /** BCP 47, most frequent first. */
  readonly languages: readonly string[]
  readonly origins: readonly (readonly [origin: string, count: number])[]
  readonly generators: readonly string[]
  readonly licences: readonly (readonly [licence: string, count: number])[]
}

export async function factsOfExamples(db: Database, run: TrainingRun, base: BaseModel): Promise<ExampleFacts> {
  const broughtBy = await contributionOfExample(db, run)
  const inputs = new Map<string, LicenceInput>()
  const languages = new Counts()
  const origins = new Counts()
  const licences = new Counts()
  const generators = new Set<string>()
  for await (const { digest, provenance } of examplesOf(db, run.revision)) {
    const { licence, language, origin, generator } = provenance
    languages.add(language)
    origins.add(origin)
    licences.add(licence)
    if (generator) generators.add(generator)
    const contribution = broughtBy.get(digest)
    const key = `${contribution ?? ''} ${licence}`
    inputs.set(key, {
      what: contribution === undefined ? 'the dataset' : `contribution ${contribution}`,
      role: 'examples',
      licence,
      count: (inputs.get(key)?.count ?? 0) + 1,
      link: contribution === undefined ? null : `/contributions/${contribution}`,
    })
  }
  const baseInput: LicenceInput = { what: `the base model ${base.name}`, role: 'base', licence: base.licence, count: 1, link: `/bases/${base.name}` }
  return {
    verdict: concludeLicence([baseInput, ...inputs.values()]),
    languages: languages.ordered().map(([language]) => language),
    origins: origins.ordered(),
    generators: [...generators].sort(),
    licences: licences.ordered(),
  }
}

/** The newest accepted contribution that brought each example. */
async function contributionOfExample(db: Database, run: TrainingRun): Promise<Map<Digest, number>> {
  const rows = await db
    .selectFrom('contributionChanges')
    .innerJoin('contributions', (join) =>
      join.onRef('contributions.id', '=', 'contributionChanges.contributionId').onRef('contributions.round', '=', 'contributionChanges.round'),
    )
    .select(['contributionChanges.exampleDigest', 'contributions.id'])
    .where('contributions.modelId', '=', run.modelId)
    .where('contributions.state', '=', 'accepted')
    .where('contributionChanges.exampleDigest', 'is not', null)
    .orderBy('contributions.id')
    .execute()
  return new Map(rows.map(({ exampleDigest, id }) => [exampleDigest!, id]))
}

class Counts {
  readonly #counts = new Map<string, number>()

  add(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  /** Most frequent first, then by name. */
  ordered(): (readonly [string, number])[] {
    return [...this.#counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
  }
}
