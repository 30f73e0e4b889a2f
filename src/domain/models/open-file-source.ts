/** A local file as a ByteSource. */

import { open } from 'node:fs/promises'
import type { ByteSource } from '../../formats/byte-source.ts'

/** The file, open until disposed of. */
export async function openFileSource(path: string): Promise<ByteSource & AsyncDisposable> {
  const handle = await open(path, 'r')
  const { size } = await handle.stat()
  return {
    size,
    async read(start, end) {
      const bytes = new Uint8Array(end - start)
      let done = 0
      while (done < bytes.length) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done)
        if (bytesRead === 0) return bytes.subarray(0, done)
        done += bytesRead
      }
      return bytes
    },
    [Symbol.asyncDispose]: () => handle.close(),
  }
}
