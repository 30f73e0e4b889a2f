/** JSON with exactly one text for each value (RFC 8785), so that equal values have equal digests. */

import canonicalize from 'canonicalize'
import { FormatError } from './format-error.ts'

/** Throws FormatError on what has no canonical text: NaN, infinity, half a surrogate pair, a cycle, undefined, a bigint. */
export function canonicalJson(value: unknown): string {
  let text: string | undefined
  try {
    text = canonicalize(value)
  } catch (cause) {
    throw new FormatError(`A value has no canonical JSON: ${(cause as Error).message}.`, undefined, { cause })
  }
  if (text === undefined) throw new FormatError(`A value has no canonical JSON: ${typeof value} is no JSON value.`)
  return text
}
