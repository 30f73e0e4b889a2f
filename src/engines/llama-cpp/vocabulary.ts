/** What a GGUF's tokens are in bytes, and text to tokens: as llama.cpp splits it, or with parts of it kept from meaning anything special. */

import type { GgufMetadata } from '../../formats/gguf.ts'
import { FormatError } from '../../formats/format-error.ts'

/** ggml's kinds of token (llama.h, LLAMA_TOKEN_TYPE). */
const kinds = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

export interface Vocabulary {
  readonly size: number
  /** Bytes of the longest token, at least 1. */
  readonly longestToken: number
  /** Put in front of raw text; null where the model asks for none. */
  readonly begin: number | null
  /** What a text without any context follows: the begin token, else the end token, as evaluation harnesses do; null where there is neither. */
  readonly start: number | null
  /** Texts that stand for one special token, longest first. */
  readonly specialTexts: readonly string[]
  readonly bosText: string
  readonly eosText: string
  /** What a token adds to a text; nothing for control tokens. `first` is whether it stands at the start of a text or after a special token. */
  bytesOf(id: number, first: boolean): Uint8Array
  /** How a token is shown: its text, with U+FFFD for a part of a character; a control token's name. */
  nameOf(id: number): string
  /** Special tokens are those that no plain text becomes. */
  isSpecial(id: number): boolean
  /** The special token of this text, which is one of `specialTexts`. */
  specialId(text: string): number
}

/** @param metadata of a base GGUF. Throws FormatError where the tokenizer is missing or of a kind that is not read. */
export function readVocabulary(metadata: GgufMetadata, file: string): Vocabulary {
  const model = scalar(metadata, 'tokenizer.ggml.model')
  if (model !== 'gpt2' && model !== 'llama')
    throw new FormatError(
      `${file} has a tokenizer of kind ${typeof model === 'string' ? model : 'none'}; served are gpt2 (byte-level BPE) and llama (SentencePiece).`,
    )
  const list = metadata.get('tokenizer.ggml.tokens')
  if (list?.type !== 'array' || list.of !== 'string' || list.values.length === 0)
    throw new FormatError(`${file} has no list of tokens (tokenizer.ggml.tokens).`)
  const texts = list.values as readonly string[]
  const typeList = metadata.get('tokenizer.ggml.token_type')
  const types = typeList?.type === 'array' ? (typeList.values as readonly number[]) : []
  const typeOf = (id: number): number => types[id] ?? kinds.normal
  const isSpecial = (id: number): boolean => typeOf(id) === kinds.control || typeOf(id) === kinds.unknown
  const idAt = (key: string, otherwise: number | null): number | null => {
    const value = scalar(metadata, `tokenizer.ggml.${key}`)
    return typeof value === 'number' && value < texts.length ? value : otherwise
  }
  // llama.cpp's own defaults: SentencePiece models begin with <s>, which is 1, and take a space in front of the text.
  const bos = idAt('bos_token_id', model === 'llama' ? 1 : null)
  const eos = idAt('eos_token_id', model === 'llama' ? 2 : null)
  const addsBegin = scalar(metadata, 'tokenizer.ggml.add_bos_token') ?? model === 'llama'
  const spaced = model === 'llama' && (scalar(metadata, 'tokenizer.ggml.add_space_prefix') ?? true) === true
  const special = new Map<string, number>()
  texts.forEach((text, id) => {
    if (isSpecial(id) && text.length > 1) special.set(text, id)
  })
  const bytes: (Uint8Array | undefined)[] = []
  const bytesOfToken = (id: number): Uint8Array => {
    if (isSpecial(id) || typeOf(id) === kinds.unused) return nothing
    const text = texts[id]
    if (text === undefined) return nothing
    return (bytes[id] ??= tokenBytes(model, typeOf(id), text))
  }
  return {
    size: texts.length,
    longestToken: texts.reduce((most, text) => Math.max(most, Buffer.byteLength(text)), 1),
    begin: addsBegin === true ? bos : null,
    start: bos ?? eos,
    specialTexts: [...special.keys()].sort((a, b) => b.length - a.length),
    bosText: bos === null ? '' : (texts[bos] ?? ''),
    eosText: eos === null ? '' : (texts[eos] ?? ''),
    bytesOf(id, first) {
      const all = bytesOfToken(id)
      return first && spaced && all[0] === 0x20 ? all.subarray(1) : all
    },
    nameOf: (id) => (isSpecial(id) ? (texts[id] ?? '') : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOfToken(id))),
    isSpecial,
    specialId: (text) => special.get(text)!,
  }
}

function scalar(metadata: GgufMetadata, key: string): unknown {
  const value = metadata.get(key)
  return value === undefined || value.type === 'array' ? undefined : value.value
}

const nothing = new Uint8Array()

function tokenBytes(model: 'gpt2' | 'llama', type: number, text: string): Uint8Array {
  if (type === kinds.userDefined) return new TextEncoder().encode(text)
  if (model === 'llama') {
    const byte = type === kinds.byte ? /^<0x([0-9A-Fa-f]{2})>$/.exec(text) : null
    return byte ? Uint8Array.of(parseInt(byte[1]!, 16)) : new TextEncoder().encode(text.replaceAll('\u2581', ' '))
  }
  const found: number[] = []
  for (const character of text) {
    const byte = byteOfCharacter.get(character)
    // A character outside the alphabet is one that somebody added by hand; llama.cpp takes it as it is.
    if (byte === undefined) found.push(...new TextEncoder().encode(character))
    else found.push(byte)
  }
  return Uint8Array.from(found)
}

/** GPT-2's printable alphabet for bytes: printable Latin-1 stands for itself, the other 68 bytes are U+0100 onwards. */
const byteOfCharacter: ReadonlyMap<string, number> = (() => {
  const printable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  let next = 256
  return new Map(Array.from({ length: 256 }, (_, byte): [string, number] => [String.fromCodePoint(printable(byte) ? byte : next++), byte]))
})()
