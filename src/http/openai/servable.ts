/** Which model ids the OpenAI API knows, and what the engine serves for each. */

import { listBases } from '../../domain/models/model-queries.ts'
import { findRelease, publishedReleases, servedModelOf, type ServedRelease } from '../../domain/releases/release-queries.ts'
import type { Release } from '../../domain/releases/release.ts'
import type { ServedModel } from '../../engines/engine.ts'
import { modelObject } from '../../formats/openai.ts'
import type { Database } from '../../storage/database.ts'

interface ServingApp {
  readonly db: Database
}

export interface Servable {
  readonly served: ServedModel
  readonly release: Release | null
  readonly model: ReturnType<typeof modelObject>
}

const seconds = (date: Date) => Math.floor(date.getTime() / 1000)

function releaseObject(id: string, release: ServedRelease) {
  return modelObject(id, seconds(release.createdAt), release.model.split('/')[0] as string, {
    x_version: release.version,
    x_licence: release.licence.expression,
    x_adapter: release.artefacts.find((it) => it.format === 'gguf' && it.path.includes('adapter'))?.digest ?? null,
  })
}

/** `owner/name` is the newest release that was not retracted, `owner/name@version` that one, a name without a slash a base model. */
export async function resolveServed({ db }: ServingApp, id: string): Promise<Servable> {
  if (!id.includes('/')) {
    const served = await servedModelOf(db, { base: id })
    const base = (await listBases(db)).find((it) => it.name === id)
    return { served, release: null, model: modelObject(id, base ? seconds(base.createdAt) : 0, 'base') }
  }
  const [name, version] = id.split('@') as [string, string | undefined]
  const release = await findRelease(db, name, version ?? 'latest')
  return { served: await servedModelOf(db, { release }), release, model: releaseObject(id, release) }
}

/** Every published version, an alias for the newest of each community model, and every base. */
export async function listServed({ db }: ServingApp) {
  const releases = await publishedReleases(db)
  const newest = new Map<string, ServedRelease>()
  for (const release of releases) if ((newest.get(release.model)?.id ?? 0) < release.id) newest.set(release.model, release)
  const bases = await listBases(db)
  return [
    ...[...newest.values()].map((release) => releaseObject(release.model, release)),
    ...releases.map((release) => releaseObject(`${release.model}@${release.version}`, release)),
    ...bases.map((base) => modelObject(base.name, seconds(base.createdAt), 'base')),
  ]
}
