/** Adds a base model: its files, verified, and the GGUF forms the engine serves. Whole or not at all. */

import { FormatError } from '../../formats/format-error.ts'
import type { GgufWriteType } from '../../formats/gguf-write.ts'
import { modelToGguf } from '../../formats/hf-to-gguf.ts'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { StoredFile } from '../../storage/schema.ts'
import { parseLicence } from '../lineage/parse-licence.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { digestOfFiles, parseBaseName, type BaseModel, type ServedForm } from './base-model.ts'
import { listBaseFiles, type BaseListing, type BaseSource, type HubAccess } from './fetch-base-files.ts'
import { findBase } from './model-queries.ts'
import { openBase, readConfig, type OpenBase } from './read-base.ts'

export const publicHub: HubAccess = { endpoint: 'https://huggingface.co' }

/** Up to here an F32 artefact, exact for weights that are not F16, costs at most 128 MB. */
const exactUpTo = 32_000_000

/**
 * Stores the files, converts them and records the base in one last step: what fails or is killed before leaves blobs that nothing names.
 * Throws `invalid` for files that cannot be trained and served, `conflict` where the name is taken, `unavailable` where the Hub cannot be reached.
 */
export async function addBase(
  app: { readonly db: Database; readonly blobs: Blobs; readonly hub?: HubAccess | undefined },
  actor: Actor,
  input: { readonly from: BaseSource; readonly name: string; readonly licence: string; readonly source?: string | undefined },
  options: { readonly signal?: AbortSignal } = {},
): Promise<BaseModel> {
  requireRole(actor, 'maintainer')
  const name = parseBaseName(input.name)
  const licence = parseLicence(input.licence).expression
  await refuseTakenName(app.db, name)
  const listing = await listBaseFiles(input.from, app.hub ?? publicHub)
  return inWords(listing.where, async () => {
    const files = await storeFiles(app.blobs, listing, options)
    await using base = await openBase(app.blobs, files)
    const served = await convert(app.blobs, base, { name, licence }, options)
    // Awaited here, before the files are closed: a rejection meanwhile would have nobody to hear it.
    return await app.db.transaction().execute(async (db) => {
      await refuseTakenName(db, name)
      await db
        .insertInto('baseModels')
        .values({
          name,
          licence,
          source: input.source?.trim() || listing.source,
          digest: digestOfFiles(files),
          config: JSON.stringify(base.model.config),
          files: JSON.stringify(files),
          parameters: base.parameters,
          served: JSON.stringify(served),
          hasChatTemplate: base.hasChatTemplate,
        })
        .execute()
      return findBase(db, name)
    })
  })
}

async function refuseTakenName(db: Db, name: string): Promise<void> {
  const taken = await db.selectFrom('baseModels').select('id').where('name', '=', name).executeTakeFirst()
  if (taken) throw new AppError('conflict', `There already is a base model called ${name}; choose another name.`)
}

/** In the listing's order: config.json is understood before the weights are fetched. */
async function storeFiles(blobs: Blobs, listing: BaseListing, options: { signal?: AbortSignal }): Promise<StoredFile[]> {
  const files: StoredFile[] = []
  for (const file of listing.files) {
    options.signal?.throwIfAborted()
    const stored = await file.store(blobs, options)
    if (stored.path === 'config.json') readConfig(await blobs.get(stored.digest), null)
    files.push(stored)
  }
  return files
}

/** The first form is what is served: exact where that is affordable, half precision otherwise. */
async function convert(
  blobs: Blobs,
  base: OpenBase,
  names: { name: string; licence: string },
  options: { signal?: AbortSignal },
): Promise<ServedForm[]> {
  const exact: GgufWriteType[] = !base.isHalf && base.parameters <= exactUpTo ? ['F32'] : []
  const served: ServedForm[] = []
  for (const quantization of [...exact, 'F16', 'Q8_0'] as const) {
    const stored = await blobs.put(modelToGguf(base.model, { ...names, type: quantization }), options)
    served.push({ quantization, ...stored })
  }
  return served
}

async function inWords<Result>(where: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof FormatError) throw new AppError('invalid', `${where} cannot be a base model: ${cause.message}`, { cause })
    throw cause
  }
}
