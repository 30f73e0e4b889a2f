/** Where a binary format reads from: a file opened by the caller, a blob, or bytes in memory. Formats do no I/O of their own. */

export interface ByteSource {
  /** Bytes in all. */
  readonly size: number
  /** Exactly the bytes `start` to `end` (exclusive), which lie within `size`. The caller may keep them but must not write to them. */
  read(start: number, end: number): Uint8Array | Promise<Uint8Array>
}

export function bytesSource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (start, end) => bytes.subarray(start, end) }
}
