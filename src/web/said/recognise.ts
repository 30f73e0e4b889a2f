/** Reads a finished sentence of the program back: which message it is, and which values stand in it. Pure. */

import type { Pattern } from './patterns.ts'

/** What a text says: sentence by sentence a message with its values, or words that no message has. */
export type Reading = readonly (Recognised | Unknown)[]

export interface Recognised {
  readonly key: string
  /** As it stood. */
  readonly text: string
  readonly values: Readonly<Record<string, Value>>
}

export interface Unknown {
  readonly unknown: string
}

export type Value = string | number | Reading | List

/** Several things, as they were joined. */
export interface List {
  readonly items: readonly Reading[]
  readonly join: 'and' | 'or' | 'comma'
}

/** Finds patterns by how they begin, so that a sentence is held against a few of them instead of hundreds. */
export class Patterns {
  readonly #byStart = new Map<string, Pattern[]>()
  /** Those that begin with a value. */
  readonly #others: Pattern[] = []

  constructor(patterns: Iterable<Pattern>) {
    for (const pattern of patterns) {
      const [first] = pattern.pieces
      if (typeof first !== 'string' || first.length < START) this.#others.push(pattern)
      else this.#byStart.set(first.slice(0, START), [...(this.#byStart.get(first.slice(0, START)) ?? []), pattern])
    }
  }

  *thatMayFit(text: string): Generator<Pattern> {
    yield* this.#byStart.get(text.slice(0, START)) ?? []
    yield* this.#others
  }
}

const START = 4

/** Longer texts and deeper nesting are no sentences of the program: they are not read, so that nobody can make reading slow. */
const limits = { characters: 6_000, sentences: 40, depth: 6 } as const

interface Weighed<T> {
  readonly read: T
  readonly weight: number
}

/** The reading under which most of the text is the program's own words. */
export function recognise(patterns: Patterns, text: string): Reading {
  return text.length > limits.characters ? [{ unknown: text }] : readText(patterns, text, 0).read
}

/** Every way to cut the text into sentences is weighed; the best for each beginning is kept. */
function readText(patterns: Patterns, text: string, depth: number): Weighed<Reading> {
  const cuts = [0, ...[...text.matchAll(/(?<=[.:;?!…)”"])\s+/g)].slice(0, limits.sentences).map(({ index }) => index), text.length]
  const best: Weighed<Reading>[] = [{ read: [], weight: 0 }]
  for (let to = 1; to < cuts.length; to++) {
    let found: Weighed<Reading> | null = null
    for (let from = 0; from < to; from++) {
      const before = best[from] as Weighed<Reading>
      const part = text.slice(cuts[from], cuts[to]).trim()
      const one = readOne(patterns, part, depth)
      const weight = before.weight + (one?.weight ?? 0)
      if (found === null || weight > found.weight) found = { read: append(before.read, one?.read ?? { unknown: part }), weight }
    }
    best.push(found as Weighed<Reading>)
  }
  return best.at(-1) as Weighed<Reading>
}

/** Unknown sentences in a row are one. */
function append(reading: Reading, part: Recognised | Unknown): Reading {
  const last = reading.at(-1)
  return last && 'unknown' in last && 'unknown' in part
    ? [...reading.slice(0, -1), { unknown: `${last.unknown} ${part.unknown}` }]
    : [...reading, part]
}

function readOne(patterns: Patterns, text: string, depth: number): Weighed<Recognised> | null {
  if (text === '' || depth > limits.depth) return null
  let best: (Weighed<Recognised> & { readonly own: number }) | null = null
  for (const pattern of patterns.thatMayFit(text)) {
    const fit = match(patterns, pattern, text, depth)
    if (fit === null || fit.weight === 0) continue
    // Of two that say as much, the one that says more of it itself.
    if (best !== null && (fit.weight < best.weight || (fit.weight === best.weight && pattern.weight <= best.own))) continue
    best = { read: { key: pattern.key, text, values: fit.read }, weight: fit.weight, own: pattern.weight }
  }
  return best
}

/** Goes through the text once: a value reaches to where the pattern's next words stand first. */
function match(patterns: Patterns, { pieces, fixed, weight }: Pattern, text: string, depth: number): Weighed<Recognised['values']> | null {
  const found = new Map<string, { readonly kind: string; readonly text: string }>()
  let at = 0
  for (const [i, piece] of pieces.entries()) {
    if (typeof piece === 'string') {
      if (!text.startsWith(piece, at)) return null
      at += piece.length
      continue
    }
    const next = pieces[i + 1] as string | undefined
    const end = next === undefined ? text.length : i + 2 === pieces.length ? text.length - next.length : text.indexOf(next, at + 1)
    if (end <= at) return null
    const value = text.slice(at, end)
    if (piece.kind === 'number' && !/^\d[\d,]*$/.test(value)) return null
    if ((found.get(piece.name)?.text ?? value) !== value) return null
    found.set(piece.name, { kind: piece.kind, text: value })
    at = end
  }
  if (at !== text.length) return null
  const values: Record<string, Value> = { ...fixed }
  let sum = weight
  for (const [name, { kind, text: value }] of found) {
    const read = readValue(patterns, kind, value, depth + 1)
    values[name] = read.read
    sum += read.weight
  }
  return { read: values, weight: sum }
}

/** "operator", or the name of a person, which no message has. */
function readOneOf(patterns: Patterns, text: string, depth: number): Weighed<Value> {
  const words = readText(patterns, text, depth)
  return words.weight > 0 ? words : { read: text, weight: 0 }
}

function readValue(patterns: Patterns, kind: string, text: string, depth: number): Weighed<Value> {
  if (kind === 'number') return { read: Number(text.replaceAll(',', '')), weight: 0 }
  if (kind === 'words') return readText(patterns, text, depth)
  if (kind === 'either') return readOneOf(patterns, text, depth)
  if (kind === 'text') return { read: text, weight: 0 }
  const items = text.split(/, and |, or |, | and | or /).map((item) => readText(patterns, item, depth))
  const join = / and /.test(text) ? 'and' : / or /.test(text) ? 'or' : 'comma'
  return { read: { items: items.map(({ read }) => read), join }, weight: items.reduce((sum, { weight }) => sum + weight, 0) }
}
