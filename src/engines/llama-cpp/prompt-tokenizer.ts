/** Text to tokens, as the base was trained: by llama.cpp where it splits as the base's tokenizer does, else by the tokenizer.json that the GGUF carries. */

import type { LlamaModel } from 'node-llama-cpp'
import { embeddedTokenizer } from '../../formats/gguf-tokenizer.ts'
import { FormatError } from '../../formats/format-error.ts'
import type { GgufMetadata } from '../../formats/gguf.ts'
import { loadTokenizer } from '../../ml/tokenizer/tokenizer.ts'

export interface PromptTokenizer {
  /** Special tokens written out in the text become their ids; nothing is put around it. */
  encode(text: string): number[]
  /** Texts and ids of special tokens in turn: what is written like a special token in a text stays text. */
  encodePieces(pieces: readonly (string | number)[]): number[]
  /** Whether the bytes of the tokens are those of the text. */
  readonly keepsBytes: boolean
}

/** Throws FormatError where the embedded tokenizer is none. */
export function promptTokenizer(model: Pick<LlamaModel, 'tokenize'>, metadata: GgufMetadata): PromptTokenizer {
  const embedded = metadata.get(embeddedTokenizer)
  if (embedded?.type !== 'string') return byLlamaCpp((text, special) => model.tokenize(text, special))
  const own = loadTokenizer({ tokenizer: parsed(embedded.value as string), config: null })
  return { encode: (text) => own.encode(text), encodePieces: (pieces) => own.encodePieces(pieces), keepsBytes: false }
}

/** @param tokenize where `special` says whether special tokens written out in the text become their ids */
export function byLlamaCpp(tokenize: (text: string, special: boolean) => number[]): PromptTokenizer {
  return {
    encode: (text) => tokenize(text, true),
    encodePieces: (pieces) => pieces.flatMap((piece) => (typeof piece === 'number' ? [piece] : tokenize(piece, false))),
    keepsBytes: true,
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new FormatError(`${embeddedTokenizer} is not JSON: ${(cause as Error).message}`, undefined, { cause })
  }
}
