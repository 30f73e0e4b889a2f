/** Files as the trainer needs them: read by range, written whole or not at all. */

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '../../errors.ts'
import type { ByteSource } from '../../formats/byte-source.ts'

/** A file as a byte source; `close` it when done. */
export async function fileSource(path: string): Promise<ByteSource & { close(): Promise<void> }> {
  const handle: FileHandle = await open(path)
  const { size } = await handle.stat()
  return {
    size,
    async read(start, end) {
      const bytes = new Uint8Array(end - start)
      let filled = 0
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return bytes.subarray(0, filled)
    },
    close: () => handle.close(),
  }
}

/**
 * Writes a file that is either whole and durable under its name or not there. Synchronous on purpose: a process told to stop cannot leave in the
 * middle of it.
 */
export function writeWhole(path: string, chunks: Iterable<Uint8Array>): void {
  const temporary = `${path}.${process.pid}.tmp`
  let file: number | undefined
  try {
    file = openSync(temporary, 'w')
    for (const chunk of chunks) for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at)
    fsyncSync(file)
    closeSync(file)
    file = undefined
    renameSync(temporary, path)
    syncFolder(dirname(path))
  } catch (cause) {
    if (file !== undefined) closeSync(file)
    rmSync(temporary, { force: true })
    if (isFullDisk(cause)) {
      throw new AppError('unavailable', `The disk is full: ${path} was not written; free some space and resume from the last checkpoint.`, {
        cause,
      })
    }
    throw cause
  }
}

/** Makes a rename durable. Windows cannot open folders and does without. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function isFullDisk(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOSPC' || code === 'EDQUOT'
}
