/** JSON Lines from untrusted bytes: one value a line, read as they come, with the line named when something is wrong. */

import { FormatError } from './format-error.ts'
import { parseStrictJson } from './strict-json.ts'

export const jsonlLimits = {
  /** One example is one line. A long conversation with documents has some 100 KB; a megabyte more costs nothing, a gigabyte would be held in memory. */
  lineBytes: 4 * 1024 * 1024,
} as const

export type Bytes = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

export type JsonLine =
  { readonly line: number; readonly value: unknown } | { readonly line: number; /** What is wrong with it. */ readonly problem: string }

/** Values with their 1-based lines; blank lines are left out. Throws FormatError, with the line, at the first that is no JSON. */
export async function* readJsonl(bytes: Bytes, options: { lineBytes?: number } = {}): AsyncIterable<{ line: number; value: unknown }> {
  for await (const found of jsonLines(bytes, options)) {
    if ('problem' in found) throw new FormatError(found.problem, { line: found.line })
    yield found
  }
}

/** The same for those who want to hear of every bad line: it comes as a problem. A line above the limit is read past, never held. */
export async function* jsonLines(bytes: Bytes, options: { lineBytes?: number } = {}): AsyncIterable<JsonLine> {
  const limit = options.lineBytes ?? jsonlLimits.lineBytes
  let line = 1
  let held: Uint8Array[] = []
  let length = 0
  for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
    let start = 0
    for (;;) {
      const newline = chunk.indexOf(10, start)
      const piece = chunk.subarray(start, newline < 0 ? chunk.length : newline)
      length += piece.length
      if (length > limit) held = []
      // What outlasts the chunk is copied: its owner may reuse the memory.
      else held.push(newline < 0 ? new Uint8Array(piece) : piece)
      if (newline < 0) break
      const found = parseLine(held, length, line, limit)
      if (found) yield found
      held = []
      length = 0
      line++
      start = newline + 1
    }
  }
  const last = parseLine(held, length, line, limit)
  if (last) yield last
}

function parseLine(held: readonly Uint8Array[], length: number, line: number, limit: number): JsonLine | null {
  if (length > limit) return { line, problem: `The line has ${length} bytes; at most ${limit} are read.` }
  let bytes = held.length === 1 ? held[0]! : joined(held, length)
  // A byte order mark, which some editors put in front.
  if (line === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3)
  if (bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)) return null
  try {
    return { line, value: parseStrictJson(bytes, 'The line') }
  } catch (error) {
    if (error instanceof FormatError) return { line, problem: error.message }
    throw error
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** One line of JSONL, newline included. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}
