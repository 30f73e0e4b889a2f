/** Where runs in progress keep their files. Everything here can be made again from blobs; a run's checkpoints are what would cost time. */

import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Blobs } from '../../storage/blobs.ts'
import type { BaseModel } from '../models/base-model.ts'
import { writeBaseFolder } from '../models/write-base-folder.ts'
import type { Checkpoint } from './run.ts'

/** A folder with the base's files, laid out once and shared by all runs on it: it appears whole or not at all. */
export async function baseFolder(app: { readonly blobs: Blobs; readonly workFolder: string }, base: BaseModel): Promise<string> {
  return folderOnce(join(app.workFolder, 'bases', base.digest.replace(':', '-')), (draft) => writeBaseFolder(app, base, draft))
}

/** A folder with a checkpoint's PEFT adapter, for a run that starts from it. */
export async function adapterFolder(
  app: { readonly blobs: Blobs; readonly workFolder: string },
  { digest, files }: Pick<Checkpoint, 'digest' | 'files'>,
): Promise<string> {
  return folderOnce(join(app.workFolder, 'adapters', digest.replace(':', '-')), async (draft) => {
    for (const file of files) {
      await mkdir(dirname(join(draft, file.path)), { recursive: true })
      await writeFile(join(draft, file.path), await app.blobs.get(file.digest))
    }
  })
}

async function folderOnce(folder: string, write: (draft: string) => Promise<unknown>): Promise<string> {
  if (await exists(folder)) return folder
  const draft = `${folder}.${process.pid}-${Date.now()}`
  await mkdir(draft, { recursive: true })
  try {
    await write(draft)
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (!(await exists(folder))) throw error
  }
  return folder
}

/** The trainer's own folder for one run. Removed once its checkpoint is stored. */
export async function runFolder(app: { readonly workFolder: string }, runId: number): Promise<string> {
  const folder = join(app.workFolder, 'runs', String(runId))
  await mkdir(folder, { recursive: true })
  return folder
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
