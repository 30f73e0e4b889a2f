/** The openness of a release: graded when it is published, stored with it, and what it would be with what has been declared since. */

import type { Db } from '../../storage/database.ts'
import { concludeOpenness, type OpennessVerdict, type Thing } from '../lineage/conclude-openness.ts'
import { thingsOfBase } from '../models/base-things.ts'
import { findBase, findModel } from '../models/model-queries.ts'
import { currentDeclaration } from '../models/openness-queries.ts'
import type { Candidate } from './candidate.ts'
import type { ExampleFacts } from './release-licence.ts'
import { declaredThings, thingsOfRelease } from './release-things.ts'
import type { GateReport, Release } from './release.ts'

export interface ReleaseOpenness extends OpennessVerdict {
  /** What it was graded by: the records of what was declared of the base and by the community; null: none was there. */
  readonly declarations: { readonly base: number | null; readonly community: number | null }
  /** What there is of the release itself: what it can be graded by again. */
  readonly own: readonly Thing[]
}

export async function gradeRelease(
  db: Db,
  candidate: Candidate,
  facts: { readonly version: string; readonly facts: ExampleFacts; readonly gate: GateReport },
): Promise<ReleaseOpenness> {
  return conclude(db, candidate.base, candidate.model.id, thingsOfRelease(candidate, facts))
}

export interface OpennessOfRelease {
  readonly model: string
  readonly version: string
  /** As it was graded when it was published; null: published before releases were graded. */
  readonly graded: ReleaseOpenness | null
  /** What the same release comes to with what has been declared since; null: nothing has. */
  readonly today: ReleaseOpenness | null
}

/** Reads. A grade is never changed; what was declared later counts for the next release, and is said beside. */
export async function opennessOf(db: Db, release: Release): Promise<OpennessOfRelease> {
  const graded = release.openness
  const { model, version } = release
  if (graded === null) return { model, version, graded, today: null }
  const base = await findBase(db, release.changelog.base)
  const again = await conclude(db, base, (await findModel(db, model)).id, graded.own)
  const same = again.declarations.base === graded.declarations.base && again.declarations.community === graded.declarations.community
  return { model, version, graded, today: same ? null : again }
}

async function conclude(db: Db, base: Candidate['base'], modelId: number, own: readonly Thing[]): Promise<ReleaseOpenness> {
  const [ofBase, ofCommunity] = [await currentDeclaration(db, { baseId: base.id }), await currentDeclaration(db, { modelId })]
  const verdict = concludeOpenness(passedOn(thingsOfBase(base, ofBase), own), [...own, ...declaredThings(ofCommunity)])
  return { ...verdict, declarations: { base: ofBase?.id ?? null, community: ofCommunity?.id ?? null }, own }
}

/** Weights of a base that came from a folder are to be had with every release: as the GGUF it is served from. */
function passedOn(base: readonly Thing[], own: readonly Thing[]): readonly Thing[] {
  const files = own.find(({ component }) => component === 'final-parameters')?.address
  return base.map((thing) =>
    files !== undefined && thing.component === 'final-parameters' && thing.address.startsWith('/bases/')
      ? { ...thing, address: files.replace(/peft$/, 'gguf') }
      : thing,
  )
}
