/** Reads JSONL from untrusted bytes: line by line, with what is wrong said of each line instead of thrown at the first. */

import { FormatError } from '../../formats/format-error.ts'
import { parseStrictJson } from '../../formats/strict-json.ts'

export type JsonLine =
  { readonly line: number; readonly value: unknown } | { readonly line: number; /** What is wrong with it. */ readonly problem: string }

/** Yields every line that is not blank. A line longer than `limit` bytes is never held in memory: it becomes a problem and is skipped. */
export async function* jsonLines(
  bytes: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limit: number,
): AsyncIterable<JsonLine> {
  let line = 1
  let held: Uint8Array[] = []
  let length = 0
  for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
    let start = 0
    for (;;) {
      const newline = chunk.indexOf(10, start)
      const piece = chunk.subarray(start, newline < 0 ? chunk.length : newline)
      length += piece.length
      if (length <= limit) held.push(newline < 0 ? piece.slice() : piece)
      else held = []
      if (newline < 0) break
      const found = readLine(held, length, line, limit)
      if (found) yield found
      held = []
      length = 0
      line++
      start = newline + 1
    }
  }
  const last = readLine(held, length, line, limit)
  if (last) yield last
}

function readLine(held: readonly Uint8Array[], length: number, line: number, limit: number): JsonLine | null {
  if (length > limit)
    return { line, problem: `The line has ${length.toLocaleString('en')} bytes; at most ${limit.toLocaleString('en')} are read.` }
  let bytes: Uint8Array = held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held)
  if (line === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3)
  if (bytes.every((byte) => byte === 32 || byte === 9 || byte === 13)) return null
  try {
    return { line, value: parseStrictJson(bytes, 'The line') }
  } catch (error) {
    if (error instanceof FormatError) return { line, problem: error.message }
    throw error
  }
}
