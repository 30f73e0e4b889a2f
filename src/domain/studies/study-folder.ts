/** Where a study keeps the files that the trainer reads: gone when it has ended. */

import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export type WriteFile = (name: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => Promise<string>

/** Runs the work with a folder of its own. `write` returns the path. */
export async function inFolder<T>(app: { readonly workFolder: string }, id: number, work: (write: WriteFile) => Promise<T>): Promise<T> {
  const folder = join(app.workFolder, 'studies', String(id))
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  try {
    return await work(async (name, content) => {
      const path = join(folder, name)
      await pipeline(Readable.from(content), createWriteStream(path))
      return path
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
