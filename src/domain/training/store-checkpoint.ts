/** Takes the weights out of a trainer's folder into blobs, and makes of them what is evaluated and served. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import { bytesSource } from '../../formats/byte-source.ts'
import { adapterToGguf } from '../../formats/hf-to-gguf.ts'
import { readAdapter, writeAdapter, type Adapter } from '../../formats/peft.ts'
import { openSafetensors } from '../../formats/safetensors.ts'
import { parseStrictJson } from '../../formats/strict-json.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import type { StoredFile } from '../../storage/schema.ts'
import { digestOfFiles, type BaseModel } from '../models/base-model.ts'
import { announce } from './changes.ts'
import type { TrainingRun } from './run.ts'

/** One checkpoint row and the end of the run, together or not at all. Blobs come first: a row never names bytes that are not there. */
export async function storeCheckpoint(
  app: { readonly db: Database; readonly blobs: Blobs },
  finished: { readonly run: TrainingRun; readonly base: BaseModel; readonly folder: string; readonly step: number },
): Promise<void> {
  const { run, base, step } = finished
  const adapter = await openAdapter(finished.folder, base)
  const files: StoredFile[] = []
  for (const [path, content] of Object.entries(writeAdapter(adapter, base.config)))
    files.push({ path, ...(await app.blobs.put(Buffer.from(content))) })
  // Named after nothing that differs between two runs of the same request: their bytes are the same.
  const served = await app.blobs.put(
    adapterToGguf(adapter, base.config, { name: `${base.name} adapter`, licence: base.licence, baseName: base.name }),
  )
  await app.db.transaction().execute(async (db) => {
    const ended = await db
      .updateTable('trainingRuns')
      .set({ state: 'finished', endedAt: new Date() })
      .where('id', '=', run.id)
      .where('state', '=', 'running')
      .executeTakeFirst()
    if (ended.numUpdatedRows === 0n) throw new AppError('conflict', `Run ${run.id} was cancelled.`)
    await db
      .insertInto('checkpoints')
      .values({ runId: run.id, step, digest: digestOfFiles(files), files: JSON.stringify(files), served: served.digest })
      .execute()
    await announce(db)
  })
}

/** The adapter as the trainer left it, checked against the base, and naming the base as people know it. */
async function openAdapter(folder: string, base: BaseModel): Promise<Adapter> {
  const config = parseStrictJson(await readFile(join(folder, 'adapter_config.json')), 'adapter_config.json')
  const weights = await openSafetensors(bytesSource(await readFile(join(folder, 'adapter_model.safetensors'))), 'adapter_model.safetensors')
  const adapter = await readAdapter(config, weights, base.config)
  return { ...adapter, config: { ...adapter.config, baseModel: publicNameOf(base) } }
}

/** The name under which others find the base: its address on the Hub where it came from there. */
export function publicNameOf(base: Pick<BaseModel, 'name' | 'source'>): string {
  return /^hf:([^@]+)/.exec(base.source)?.[1] ?? base.name
}
