/** Lays a base model's files out as a folder, as the ecosystem and the trainer expect it. */

import { copyFile, link, mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { BaseModel } from './base-model.ts'

/** Links each file from blob storage, or copies it where the folder lies on another disk. The files are for reading only. Existing files stay. */
export async function writeBaseFolder(
  app: { readonly blobs: Blobs },
  base: Pick<BaseModel, 'name' | 'files'>,
  folder: string,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const { path, digest } of base.files) {
    if (basename(path) !== path)
      throw new AppError('invalid', `Base model ${base.name} has a file ${path} that does not lie flat; add it again.`)
    const from = await app.blobs.file(digest)
    await link(from, join(folder, path)).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return
      if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(error.code ?? '')) throw error
      await copyFile(from, join(folder, path))
    })
  }
}
