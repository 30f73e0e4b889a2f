/** Untrusted input for parsers: random bytes, and valid files with something broken. A parser may accept or throw FormatError, nothing else. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FormatError } from '../format-error.ts'

/** A valid file with a few bytes changed, cut out, put in or cut off. */
export function broken(valid: Uint8Array, within = valid.length): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    kind: fc.constantFrom('set', 'cut', 'insert', 'end'),
    at: fc.nat(within - 1),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }),
  })
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    let bytes = Buffer.from(valid)
    for (const { kind, at, bytes: piece } of changes) {
      if (kind === 'set') bytes.set(piece.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length))
      else if (kind === 'cut') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + piece.length)])
      else if (kind === 'insert') bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
      else bytes = bytes.subarray(0, at)
    }
    return new Uint8Array(bytes)
  })
}

/** Parsed JSON with parts replaced by other JSON. */
export function brokenJson(valid: unknown): fc.Arbitrary<unknown> {
  const paths = pathsOf(valid)
  return fc
    .array(fc.tuple(fc.constantFrom(...paths), fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 1e99, 0.5, '', [], {}, null, true, 2 ** 53))), {
      minLength: 1,
      maxLength: 3,
    })
    .map((changes) => {
      const copy = structuredClone(valid)
      for (const [path, value] of changes) {
        let place: unknown = copy
        for (const key of path.slice(0, -1))
          place = typeof place === 'object' && place !== null ? (place as Record<string, unknown>)[key] : undefined
        // A copy: the same {} put into itself would be a circle, which no file can hold.
        if (typeof place === 'object' && place !== null) (place as Record<string, unknown>)[path.at(-1)!] = structuredClone(value)
      }
      return copy
    })
}

function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return []
  // A vocabulary has thousands of alike entries; some of them are enough.
  const keys = Object.keys(value).slice(0, 40)
  return keys.flatMap((key) => [[...path, key], ...pathsOf((value as Record<string, unknown>)[key], [...path, key])])
}

/**
 * Runs the parser on many inputs: half of them the same every time, whose `ends` are counted, so that a test can show that both ways were taken without
 * depending on luck; half of them new every time.
 */
export async function survives<T>(
  inputs: fc.Arbitrary<T>,
  parse: (input: T) => unknown,
  runs = 500,
): Promise<{ accepted: number; refused: number }> {
  const run = async (options: fc.Parameters<[T]>) => {
    const ends = { accepted: 0, refused: 0 }
    const property = fc.asyncProperty(inputs, async (input) => {
      try {
        await parse(input)
        ends.accepted++
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        assert.ok(error.message.length > 10 && error.message.length < 2_000, `a sentence: ${error.message.slice(0, 200)}`)
        ends.refused++
      }
    })
    await fc.assert(property, options)
    return ends
  }
  await run({ numRuns: runs / 2 })
  return run({ numRuns: runs, seed: 22 })
}
