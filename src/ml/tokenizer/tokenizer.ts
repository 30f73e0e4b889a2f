/** Text to token ids and back, and conversations to text, exactly as `tokenizer.json` and `tokenizer_config.json` say. */

import { Template } from '@huggingface/jinja'
import * as library from '@huggingface/tokenizers'
import { FormatError } from '../../formats/format-error.ts'
import { checkTokenizerJson, spaceInFront } from '../../formats/hf-tokenizer.ts'
import type { JsonRecord } from '../../formats/strict-json.ts'
import { parseTokenizerConfig } from '../../formats/tokenizer-config.ts'

/** The part of the library's Tokenizer that is used. Its own types do not resolve under Node's module rules. */
interface LibraryTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] }
  decode(ids: readonly number[]): string
}
const LibraryTokenizer = (library as unknown as { Tokenizer: new (tokenizer: object, config: object) => LibraryTokenizer }).Tokenizer

/** One turn; the shape that chat templates see. */
export interface TemplateMessage {
  readonly role: string
  readonly content: string
}

export interface Tokenizer {
  /** One more than the largest token id. A model's vocabulary may be larger: padded. */
  readonly vocabSize: number
  readonly bosId: number | null
  readonly eosId: number | null
  readonly padId: number | null
  readonly unkId: number | null
  readonly hasChatTemplate: boolean
  /**
   * Special tokens written out in the text become their ids. `special` adds what the tokenizer puts around a text (the begin token,
   * for most); rendered chats already hold it, so the default is not to.
   */
  encode(text: string, options?: { special?: boolean }): number[]
  /**
   * Texts and ids of special tokens in turn, as one text whose special tokens are these ids alone: what is written like one in a text stays text.
   * Spaces beside a token that takes them in are left out, and only the beginning of the whole gets the space that some tokenizers put there.
   */
  encodePieces(pieces: readonly (string | number)[]): number[]
  /** Whether some tokens take in the spaces beside them, so that ids do not give back every byte of a text. */
  readonly losesSpaces: boolean
  /** The text of ids; unfinished characters come out as U+FFFD. `skipSpecial` leaves out special tokens. Throws FormatError on an unknown id. */
  decode(ids: readonly number[], options?: { skipSpecial?: boolean }): string
  /** The token as it stands in the vocabulary (byte-level ones in their printable form), or undefined. */
  token(id: number): string | undefined
  /** The id of a token as it stands in the vocabulary, or undefined. */
  idOf(token: string): number | undefined
  /** Whether the token is one the text itself never holds, such as an end of turn. */
  isSpecial(id: number): boolean
  /** The text that the model's own template makes of a conversation. Throws FormatError where there is no template or it refuses the turns. */
  renderChat(messages: readonly TemplateMessage[], options?: { addGenerationPrompt?: boolean }): string
}

/** @param files parsed JSON; `chatTemplate` is the text of chat_template.jinja where the model has one. Throws FormatError. */
export function loadTokenizer(files: { tokenizer: unknown; config: unknown; chatTemplate?: string | null }): Tokenizer {
  const definition = checkTokenizerJson(files.tokenizer)
  const config = parseTokenizerConfig(files.config, files.chatTemplate ?? null)
  // The library cleans up spaces before punctuation unless told not to; transformers 5 no longer does, and byte-exact decoding needs it off.
  const options = { ...(config.eosToken === null ? {} : { eos_token: config.eosToken }), clean_up_tokenization_spaces: false }
  const hf = inWords('tokenizer.json cannot be used', () => {
    const made = new LibraryTokenizer(definition.json, options)
    // Some faults show only in use: better here than in the middle of a run.
    const { ids } = made.encode('a 1', { add_special_tokens: true })
    if (ids.length > 0) made.decode(ids)
    return made
  })
  let plain: LibraryTokenizer | undefined
  const strips = new Map(definition.added.filter(({ lstrip, rstrip }) => lstrip || rstrip).map((token) => [token.id, token]))
  const idOf = (token: string | null): number | null => (token === null ? null : (definition.ids.get(token) ?? null))
  const bosId = idOf(config.bosToken)
  const eosId = idOf(config.eosToken)
  const template = config.chatTemplate === null ? null : compileTemplate(config.chatTemplate)
  return {
    vocabSize: definition.tokens.length,
    bosId,
    eosId,
    padId: idOf(config.padToken),
    unkId: idOf(definition.unkToken ?? config.unkToken),
    hasChatTemplate: template !== null,
    encode(text, options = {}) {
      const special = options.special ?? false
      const { ids } = inWords('tokenizer.json fails on the text', () => hf.encode(text, { add_special_tokens: special }))
      // Tokenizers without a post-processor leave the begin and end tokens to the flags of tokenizer_config.json.
      if (special && definition.affixes === null) {
        if (config.addBos && bosId !== null) ids.unshift(bosId)
        if (config.addEos && eosId !== null) ids.push(eosId)
      }
      return ids
    },
    losesSpaces: strips.size > 0,
    encodePieces(pieces) {
      plain ??= new LibraryTokenizer(withoutSpecial(definition.json), options)
      return pieces.flatMap((piece, i) => {
        if (typeof piece === 'number') return [piece]
        const [before, after] = [pieces[i - 1], pieces[i + 1]]
        let text = piece
        if (typeof before === 'number' && strips.get(before)?.rstrip) text = text.trimStart()
        if (typeof after === 'number' && strips.get(after)?.lstrip) text = text.trimEnd()
        if (text === '') return []
        if (i === 0 && spaceInFront(definition.json) === 'first' && !/^[ ▁]/.test(text)) text = ` ${text}`
        return inWords('tokenizer.json fails on the text', () => plain!.encode(text, { add_special_tokens: false })).ids
      })
    },
    decode(ids, options = {}) {
      for (const id of ids)
        if (definition.tokens[id] === undefined)
          throw new FormatError(`Token id ${id} is not in the vocabulary of ${definition.tokens.length}.`)
      const kept = options.skipSpecial ? ids.filter((id) => !definition.special.has(id)) : [...ids]
      return kept.length === 0 ? '' : inWords('tokenizer.json fails on the tokens', () => hf.decode(kept))
    },
    token: (id) => definition.tokens[id],
    idOf: (token) => definition.ids.get(token),
    isSpecial: (id) => definition.special.has(id),
    renderChat(messages, options = {}) {
      if (template === null)
        throw new FormatError('The model has no chat template; give it plain text, or add chat_template to tokenizer_config.json.')
      return inWords('The chat template refuses the conversation', () =>
        template.render({
          messages: messages.map(({ role, content }) => ({ role, content })),
          add_generation_prompt: options.addGenerationPrompt ?? false,
          bos_token: config.bosToken ?? '',
          eos_token: config.eosToken ?? '',
          pad_token: config.padToken ?? '',
          unk_token: config.unkToken ?? '',
        }),
      )
    },
  }
}

/** The same tokenizer for the pieces between special tokens: it knows none, and puts no space in front of what is not the beginning. */
function withoutSpecial(json: JsonRecord): JsonRecord {
  const { added_tokens: added, pre_tokenizer: splitting } = json
  return {
    ...json,
    added_tokens: (added as { special?: unknown }[]).filter(({ special }) => special !== true),
    pre_tokenizer: spaceInFront(json) === 'first' ? { ...(splitting as JsonRecord), prepend_scheme: 'never' } : splitting,
  }
}

function compileTemplate(source: string): Template {
  return inWords('The chat template cannot be read', () => new Template(source))
}

/** Runs what belongs to a library; its errors become FormatError. */
function inWords<T>(sentence: string, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw new FormatError(`${sentence}: ${(cause as Error).message}`, undefined, { cause })
  }
}
