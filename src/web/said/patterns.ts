/** What a sentence of the program looks like: the messages of `messages/en/said-*.json`, taken apart so that a finished sentence can be recognised. */

import { parse, TYPE, type MessageFormatElement } from '@formatjs/icu-messageformat-parser'

/**
 * A value in a sentence. `{name}` is text that means nothing to the pages, e.g. a name; `{n, number}` a whole number;
 * `{reasonWords}` more words of the program, recognised in their turn; `{nameOrWords}` either of these; `{namesList}` several of either, with commas, "and" or "or" between.
 * A choice, `{roleCase, select, …}`, is read from the words that stand there.
 */
export interface Slot {
  readonly name: string
  readonly kind: 'text' | 'number' | 'words' | 'either' | 'list'
}

/** One way in which a message can read: its plurals and choices are made. */
export interface Pattern {
  /** Of the message, e.g. `said-proposals.row`. */
  readonly key: string
  readonly pieces: readonly (string | Slot)[]
  /** Values that this way of reading stands for without showing them, e.g. `{ n: 1 }` of "a suite". */
  readonly fixed: Readonly<Record<string, string | number>>
  /** Characters that must be just so: where several patterns fit, the one that says most is meant. */
  readonly weight: number
}

/** Every way in which an English message can read. Throws where a sentence could not be told apart again. */
export function patternsOf(key: string, english: string): Pattern[] {
  return waysOf(key, parse(english), null).map(({ pieces, fixed }) => {
    const merged = mergeTexts(pieces)
    for (const [i, piece] of merged.entries())
      if (typeof piece !== 'string' && typeof merged[i + 1] === 'object')
        throw new Error(`${key}: two values stand side by side, and nothing says where one ends`)
    return { key, pieces: merged, fixed, weight: merged.reduce((sum, piece) => sum + (typeof piece === 'string' ? piece.length : 0), 0) }
  })
}

type Way = Pick<Pattern, 'pieces' | 'fixed'>

function waysOf(key: string, elements: readonly MessageFormatElement[], counted: string | null): readonly Way[] {
  return elements.reduce<readonly Way[]>(
    (ways, element) =>
      ways.flatMap((before) =>
        waysOfOne(key, element, counted).map((after) => ({
          pieces: [...before.pieces, ...after.pieces],
          fixed: { ...before.fixed, ...after.fixed },
        })),
      ),
    [{ pieces: [], fixed: {} }],
  )
}

function waysOfOne(key: string, element: MessageFormatElement, counted: string | null): readonly Way[] {
  switch (element.type) {
    case TYPE.literal:
      return [{ pieces: [element.value], fixed: {} }]
    case TYPE.argument:
      return [{ pieces: [{ name: element.value, kind: kindOf(element.value) }], fixed: {} }]
    case TYPE.number:
      return [{ pieces: [{ name: element.value, kind: 'number' }], fixed: {} }]
    case TYPE.pound:
      return [{ pieces: [{ name: counted ?? '', kind: 'number' }], fixed: {} }]
    case TYPE.select:
      return Object.entries(element.options).flatMap(([choice, { value }]) =>
        waysOf(key, value, counted).map((way) => ({ ...way, fixed: { ...way.fixed, [element.value]: choice } })),
      )
    case TYPE.plural:
      return Object.entries(element.options).flatMap(([choice, { value }]) =>
        waysOf(key, value, element.value).map((way) => {
          if (way.pieces.some((piece) => typeof piece !== 'string' && piece.name === element.value)) return way
          const exact = choice === 'one' ? 1 : Number(choice.slice(1))
          if (Number.isNaN(exact)) throw new Error(`${key}: "${choice}" does not show its number, so it cannot be read again`)
          return { ...way, fixed: { ...way.fixed, [element.value]: exact } }
        }),
      )
    default:
      throw new Error(`${key}: only values, numbers, plurals and choices can be recognised`)
  }
}

function kindOf(name: string): Slot['kind'] {
  if (name.endsWith('OrWords')) return 'either'
  if (name.endsWith('Words')) return 'words'
  return name.endsWith('List') ? 'list' : 'text'
}

function mergeTexts(pieces: readonly (string | Slot)[]): readonly (string | Slot)[] {
  const merged: (string | Slot)[] = []
  for (const piece of pieces) {
    const last = merged.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') merged[merged.length - 1] = last + piece
    else if (piece !== '') merged.push(piece)
  }
  return merged
}
