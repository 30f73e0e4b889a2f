/** The licence of a release: concluded from its base and from every example it was trained on. */

import type { Db } from '../../storage/database.ts'
import { examplesOf, licenceInputsOf } from '../datasets/examples-of.ts'
import { concludeLicence } from '../lineage/conclude-licence.ts'
import type { LicenceInput, LicenceVerdict } from '../lineage/licence-verdict.ts'
import type { BaseModel } from '../models/base-model.ts'
import { acceptedNumber, type TrainingRun } from '../training/run.ts'

/** What the examples of a dataset have in common, counted. */
export interface ExampleFacts {
  readonly verdict: LicenceVerdict
  /** BCP 47, most frequent first. */
  readonly languages: readonly string[]
  readonly origins: readonly (readonly [origin: string, count: number])[]
  readonly generators: readonly string[]
  readonly licences: readonly (readonly [licence: string, count: number])[]
}

export async function factsOfExamples(db: Db, run: TrainingRun, base: BaseModel): Promise<ExampleFacts> {
  const languages = new Counts()
  const origins = new Counts()
  const licences = new Counts()
  const generators = new Set<string>()
  for await (const { provenance } of examplesOf(db, run.revision)) {
    const { licence, language, origin, generator } = provenance
    languages.add(language)
    origins.add(origin)
    licences.add(licence)
    if (generator) generators.add(generator)
  }
  const examples = await licenceInputsOf(db, { id: run.revision.id, modelId: run.modelId, number: acceptedNumber(run) })
  const baseInput: LicenceInput = {
    what: `the base model ${base.name}`,
    role: 'base',
    licence: base.licence,
    count: 1,
    link: `/bases/${base.name}`,
  }
  return {
    verdict: concludeLicence([baseInput, ...examples]),
    languages: languages.ordered().map(([language]) => language),
    origins: origins.ordered(),
    generators: [...generators].sort(),
    licences: licences.ordered(),
  }
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
