/** From tokens' bytes to text that is safe to show: whole characters, and nothing that may yet become a stop string. */

import type { TokenLogprob } from './engine.ts'

export interface Piece {
  readonly text: string
  readonly logprobs: readonly TokenLogprob[]
}

export class AnswerText {
  readonly #stops: readonly string[]
  /** Bytes of a character that is not whole yet. */
  #partial: Uint8Array = new Uint8Array()
  /** Decoded and not given out. */
  #held = ''
  /** UTF-16 units given out. */
  #given = 0
  /** Tokens not given out, with the unit at which their text begins and the one it reaches. */
  #tokens: { logprob: TokenLogprob; start: number; end: number }[] = []
  #stopped = false

  constructor(stop: readonly string[]) {
    this.#stops = stop.filter((text) => text !== '')
  }

  /** Whether a stop string has come; nothing after it is ever given out. */
  get stopped(): boolean {
    return this.#stopped
  }

  /** Adds one token's bytes and gives out what has become safe. A token's log-probabilities come with the last of its text. */
  push(bytes: Uint8Array, logprob: TokenLogprob | null): Piece {
    if (this.#stopped) return { text: '', logprobs: [] }
    const start = this.#given + this.#held.length
    const all = concat(this.#partial, bytes)
    const whole = wholeCharacters(all)
    this.#held += decoder.decode(all.subarray(0, whole))
    this.#partial = all.slice(whole)
    const reached = this.#given + this.#held.length
    if (logprob) this.#tokens.push({ logprob, start, end: this.#partial.length > 0 ? reached + 1 : reached })
    const cut = this.#firstStop()
    if (cut !== -1) {
      this.#stopped = true
      return this.#give(cut, true)
    }
    return this.#give(this.#held.length - this.#couldBecomeStop(), false)
  }

  /** The rest, once no token follows. Bytes of a character that never became whole are left out. */
  finish(): Piece {
    return this.#stopped ? { text: '', logprobs: [] } : this.#give(this.#held.length, true)
  }

  /** Gives out the first `length` units held, and the tokens that end there; with `last`, also those that only began. */
  #give(length: number, last: boolean): Piece {
    const text = this.#held.slice(0, length)
    this.#held = this.#held.slice(length)
    this.#given += length
    const ready = this.#tokens.filter((token) => token.end <= this.#given || (last && (token.start < this.#given || !this.#stopped)))
    this.#tokens = this.#tokens.slice(ready.length)
    return { text, logprobs: ready.map((token) => token.logprob) }
  }

  #firstStop(): number {
    const found = this.#stops.map((stop) => this.#held.indexOf(stop)).filter((at) => at !== -1)
    return found.length === 0 ? -1 : Math.min(...found)
  }

  /** Length of the longest end of the held text that some stop string begins with. */
  #couldBecomeStop(): number {
    let most = 0
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, this.#held.length); length > most; length--) {
        if (this.#held.endsWith(stop.slice(0, length))) most = length
      }
    }
    return most
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

/** How many leading bytes end on a character's end. Bytes that can never become a character count as whole: they come out as U+FFFD. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if ((byte & 0xc0) === 0x80) continue
    const needed = byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc2 && byte < 0xe0 ? 2 : 1
    return needed > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}
