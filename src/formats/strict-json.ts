/** JSON from untrusted bytes: valid UTF-8, no repeated keys, and fields read by name with a sentence when one is not what it must be. */

import { FormatError } from './format-error.ts'

export type JsonRecord = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Parses; `what` names the input in the error. Repeated keys are refused because readers disagree on which one counts. */
export function parseStrictJson(bytes: Uint8Array, what: string): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new FormatError(`${what} is not valid UTF-8.`, undefined, { cause })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new FormatError(`${what} is not valid JSON: ${(cause as Error).message}.`, undefined, { cause })
  }
  const repeated = repeatedKey(text)
  if (repeated !== null) throw new FormatError(`${what} names ${JSON.stringify(repeated)} twice in one object.`)
  return value
}

/** First key that stands twice in one object of `text`, which is valid JSON; null if none. */
export function repeatedKey(text: string): string | null {
  const open: (Set<string> | null)[] = []
  let keys: Set<string> | null = null
  let atKey = false
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '{':
        open.push((keys = new Set()))
        atKey = true
        break
      case '[':
        open.push((keys = null))
        atKey = false
        break
      case '}':
      case ']':
        open.pop()
        keys = open.at(-1) ?? null
        atKey = false
        break
      case ',':
        atKey = keys !== null
        break
      case '"': {
        const start = i
        for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++
        if (atKey && keys !== null) {
          const key = JSON.parse(text.slice(start, i + 1)) as string
          if (keys.has(key)) return key
          keys.add(key)
          atKey = false
        }
      }
    }
  }
  return null
}

/** Reads the fields of one object; every error names the file and the field. */
export function fieldsOf(value: unknown, what: string) {
  if (!isRecord(value)) throw new FormatError(`${what} must be a JSON object, not ${describe(value)}.`)
  const record = value
  // Only what the object itself holds: a file must not reach Object.prototype through a field name.
  const own = (key: string): unknown => (Object.hasOwn(record, key) ? (record[key] ?? undefined) : undefined)
  const refuse = (key: string, wanted: string): never => {
    throw new FormatError(`${what}: ${key} must be ${wanted}, not ${describe(own(key))}.`)
  }
  return {
    record,
    /** The value, or undefined where it is absent or null. */
    value: own,
    integer(key: string, range: { min: number; max: number; default?: number }): number {
      const found = own(key) ?? range.default
      if (typeof found !== 'number' || !Number.isSafeInteger(found) || found < range.min || found > range.max)
        return refuse(key, `a whole number from ${range.min} to ${range.max}`)
      return found
    },
    positive(key: string, fallback?: number): number {
      const found = own(key) ?? fallback
      if (typeof found !== 'number' || !Number.isFinite(found) || found <= 0) return refuse(key, 'a number above 0')
      return found
    },
    boolean(key: string, fallback: boolean): boolean {
      const found = own(key) ?? fallback
      return typeof found === 'boolean' ? found : refuse(key, 'true or false')
    },
    text(key: string): string | undefined {
      const found = own(key)
      return found === undefined || typeof found === 'string' ? found : refuse(key, 'a text')
    },
    refuse,
  }
}

/** A short word for a value in an error sentence. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return 'absent'
  const text = JSON.stringify(value) ?? typeof value
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
