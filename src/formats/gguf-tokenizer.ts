/**
 * tokenizer.json as GGUF metadata, such that llama.cpp splits text into the same tokens. Where it can do so for most texts only, the file carries
 * tokenizer.json itself too, for engines that go by it, ours among them. What would differ in more than that is refused, in words.
 */

import { FormatError } from './format-error.ts'
import type { GgufValue } from './gguf.ts'
import { gguf } from './gguf-write.ts'
import { spaceInFront, type TokenizerDefinition } from './hf-tokenizer.ts'
import { isRecord, type JsonRecord } from './strict-json.ts'
import type { TokenizerConfig } from './tokenizer-config.ts'

/** llama.cpp's kinds of token. */
const kind = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

const words = {
  llama3: String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  qwen2: String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  qwen35: String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  tekken: String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
} as const

/** The name llama.cpp has for each way of splitting words; it knows them by name, not by expression. */
const splitters: readonly { pre: string; pieces: readonly string[]; ignoreMerges: boolean; differs?: string }[] = [
  { pre: 'gpt-2', pieces: ['byte-level words'], ignoreMerges: false },
  { pre: 'smollm', pieces: ['digits', 'byte-level words'], ignoreMerges: false },
  { pre: 'llama-bpe', pieces: [words.llama3, 'byte-level'], ignoreMerges: true },
  { pre: 'smaug-bpe', pieces: [words.llama3, 'byte-level'], ignoreMerges: false },
  { pre: 'qwen2', pieces: [words.qwen2, 'byte-level'], ignoreMerges: false },
  { pre: 'qwen35', pieces: [words.qwen35, 'byte-level'], ignoreMerges: false },
  {
    ...{ pre: 'tekken', pieces: [words.tekken, 'byte-level'], ignoreMerges: true },
    differs:
      'words are cut at vowel signs and other marks, as Indic scripts have them, and not at a capital after a small letter beyond a to z',
  },
]

/** The key that GGUF has for a whole tokenizer.json. */
export const embeddedTokenizer = 'tokenizer.huggingface.json'

/** What llama.cpp would split otherwise than tokenizer.json, each as a part of a sentence; empty where nothing is known to. */
export function whatLlamaCppSplitsOtherwise(tokenizer: TokenizerDefinition): string[] {
  const differs: string[] = []
  const stripping = tokenizer.added.filter(({ lstrip, rstrip }) => lstrip || rstrip)
  if (stripping.length > 0 && stripsAsPhi3(tokenizer)) differs.push('spaces other than ASCII’s after special tokens stay')
  else if (stripping.length > 0)
    differs.push(`spaces beside ${stripping[0]!.content}${stripping.length > 1 ? ` and ${stripping.length - 1} other tokens` : ''} stay`)
  if (spaceInFront(tokenizer.json) === 'first') differs.push('a text that begins with no special token gets no space in front')
  const { differs: words } = (tokenizer.byteFallback ? undefined : splitterOf(tokenizer)) ?? {}
  return words === undefined ? differs : [...differs, words]
}

/** Whether its tokens take in spaces as llama.cpp has it for a model whose name says phi-3. */
export function stripsAsPhi3({ added }: TokenizerDefinition): boolean {
  const named = new Map(added.map((token) => [token.content, token]))
  const plain = ['<unk>', '<s>', '<|endoftext|>']
  return (
    [...plain, '</s>'].every((content) => named.has(content)) &&
    added.every(({ content, lstrip, rstrip }) => !lstrip && rstrip === !plain.includes(content))
  )
}

/** `tokenizer.ggml.*` and the chat template. `vocabSize` is the model's, which may be padded beyond the tokenizer's. */
export function ggufTokenizer(
  tokenizer: TokenizerDefinition,
  config: TokenizerConfig,
  vocabSize: number,
  model: { bosTokenId: number | null; eosTokenIds: readonly number[]; padTokenId: number | null },
): Map<string, GgufValue> {
  if (tokenizer.tokens.length > vocabSize)
    throw new FormatError(
      `tokenizer.json has token id ${tokenizer.tokens.length - 1}, but config.json says the vocabulary has ${vocabSize} tokens.`,
    )
  for (const token of tokenizer.added)
    if (token.singleWord)
      throw new FormatError(`tokenizer.json: token ${token.content} stands only between words (single_word); llama.cpp cannot do that.`)
  const entries = tokenizer.byteFallback ? sentencePiece(tokenizer, vocabSize) : byteLevel(tokenizer, vocabSize)
  const idOf = (token: string | null) => (token === null ? undefined : tokenizer.ids.get(token))
  const { before, after } = affixes(tokenizer, config)
  const bos = before ?? idOf(config.bosToken) ?? model.bosTokenId ?? undefined
  const eos = after ?? idOf(config.eosToken) ?? model.eosTokenIds[0]
  const others = model.eosTokenIds.filter((id) => id !== eos)
  const ids = {
    bos_token_id: bos,
    eos_token_id: eos,
    // Further tokens that end an answer; llama.cpp has these two places for them.
    eot_token_id: others[0],
    eom_token_id: others[1],
    unknown_token_id: idOf(tokenizer.unkToken ?? config.unkToken),
    padding_token_id: idOf(config.padToken) ?? model.padTokenId ?? undefined,
  }
  for (const [key, id] of Object.entries(ids)) if (id !== undefined) entries.set(`tokenizer.ggml.${key}`, gguf.uint32(id))
  entries.set('tokenizer.ggml.add_bos_token', gguf.bool(before !== undefined))
  entries.set('tokenizer.ggml.add_eos_token', gguf.bool(after !== undefined))
  if (whatLlamaCppSplitsOtherwise(tokenizer).length > 0) entries.set(embeddedTokenizer, gguf.string(JSON.stringify(tokenizer.json)))
  if (config.chatTemplate !== null) entries.set('tokenizer.chat_template', gguf.string(config.chatTemplate))
  return entries
}

/** The one token before and the one after a text that llama.cpp can add. */
function affixes(tokenizer: TokenizerDefinition, config: TokenizerConfig): { before: number | undefined; after: number | undefined } {
  const { before, after } = tokenizer.affixes ?? {
    before: config.addBos && config.bosToken !== null ? [config.bosToken] : [],
    after: config.addEos && config.eosToken !== null ? [config.eosToken] : [],
  }
  if (before.length > 1 || after.length > 1)
    throw new FormatError('tokenizer.json: the post-processor adds more than one token before or after a text; llama.cpp adds at most one.')
  const idOf = (token: string | undefined) => (token === undefined ? undefined : tokenizer.ids.get(token))
  return { before: idOf(before[0]), after: idOf(after[0]) }
}

function byteLevel(tokenizer: TokenizerDefinition, vocabSize: number): Map<string, GgufValue> {
  const { normalizer } = tokenizer.json
  // llama.cpp does not normalise. NFC is let through as its own converter does: text must come to it composed.
  if (isRecord(normalizer) && normalizer['type'] !== 'NFC')
    throw new FormatError(`tokenizer.json: the normalizer is ${String(normalizer['type'])}; llama.cpp works with none or NFC.`)
  const found = splitterOf(tokenizer)
  const pieces = splitterPieces(tokenizer.json['pre_tokenizer'])
  if (!found)
    throw new FormatError(
      `tokenizer.json: llama.cpp has no name here for this pre_tokenizer (${pieces?.join(' then ') ?? 'of an unknown kind'}` +
        `${tokenizer.ignoreMerges ? ', ignoring merges' : ''}); those that work are ${splitters.map((known) => known.pre).join(', ')}.`,
    )
  return new Map([
    ['tokenizer.ggml.model', gguf.string('gpt2')],
    ['tokenizer.ggml.pre', gguf.string(found.pre)],
    ...tokenList(tokenizer, vocabSize, () => kind.normal),
    ['tokenizer.ggml.merges', gguf.strings(tokenizer.merges.map(([left, right]) => `${left} ${right}`))],
  ])
}

function splitterOf({ json, ignoreMerges }: TokenizerDefinition): (typeof splitters)[number] | undefined {
  const pieces = splitterPieces(json['pre_tokenizer'])
  return splitters.find((known) => known.ignoreMerges === ignoreMerges && isSame(known.pieces, pieces))
}

/** The pre-tokenizer as a list of steps, or null where a step is of no known kind. */
function splitterPieces(splitting: unknown): string[] | null {
  if (!isRecord(splitting)) return null
  const steps: unknown[] =
    splitting['type'] === 'Sequence' && Array.isArray(splitting['pretokenizers']) ? splitting['pretokenizers'] : [splitting]
  const pieces = steps.map((step) => (isRecord(step) ? piece(step) : null))
  return pieces.includes(null) ? null : (pieces as string[])
}

function piece(step: JsonRecord): string | null {
  switch (step['type']) {
    case 'ByteLevel':
      if (step['add_prefix_space'] !== false) return null
      return step['use_regex'] === false ? 'byte-level' : 'byte-level words'
    case 'Digits':
      return step['individual_digits'] === true ? 'digits' : null
    case 'Split': {
      const { pattern, behavior, invert } = step
      // To keep what matches, or to take out what does not: the same for expressions that leave nothing out, as all of these.
      const isolates = (behavior === 'Isolated' && invert !== true) || (behavior === 'Removed' && invert === true)
      return isolates && isRecord(pattern) && typeof pattern['Regex'] === 'string' ? pattern['Regex'] : null
    }
    default:
      return null
  }
}

function isSame(a: readonly string[], b: readonly string[] | null): boolean {
  return b !== null && a.length === b.length && a.every((text, i) => text === b[i])
}

/**
 * Byte-pair encoding with byte fallback, as converted from SentencePiece. llama.cpp merges by the score of the token that results, not by a list
 * of pairs, so the two agree only where every way of putting a token together is listed and all of them stand next to each other.
 */
function sentencePiece(tokenizer: TokenizerDefinition, vocabSize: number): Map<string, GgufValue> {
  const addsSpace = prefixSpace(tokenizer.json)
  for (let byte = 0; byte < 256; byte++)
    if (!tokenizer.ids.has(byteToken(byte)))
      throw new FormatError(`tokenizer.json falls back to bytes, but has no token ${byteToken(byte)}.`)
  const scores = new Map<string, number>()
  const spaces = spaceRuns(tokenizer)
  let before = ''
  for (const [rank, [left, right]] of tokenizer.merges.entries()) {
    const token = left + right
    if (spaces.has(token)) {
      if (scores.size > 0)
        throw new FormatError(
          `tokenizer.json: merge ${rank} joins spaces after other tokens were made; llama.cpp takes tokens of several spaces first.`,
        )
      continue
    }
    if (scores.has(token) && token !== before)
      throw new FormatError(
        `tokenizer.json: merge ${rank} makes ${token} again after other tokens; llama.cpp merges by token and would split differently.`,
      )
    if (!scores.has(token)) scores.set(token, -scores.size - 1)
    before = token
  }
  refuseMissingMerges(tokenizer, spaces)
  const lowest = -scores.size - 1
  const list = tokenList(tokenizer, vocabSize, (token) => {
    if (token === tokenizer.unkToken) return kind.unknown
    return /^<0x[0-9A-F]{2}>$/.test(token) ? kind.byte : kind.normal
  })
  return new Map([
    ['tokenizer.ggml.model', gguf.string('llama')],
    ['tokenizer.ggml.pre', gguf.string('default')],
    ...list,
    [
      'tokenizer.ggml.scores',
      gguf.float32s(Array.from({ length: vocabSize }, (_, id) => scores.get(tokenizer.tokens[id] ?? '') ?? lowest)),
    ],
    ['tokenizer.ggml.add_space_prefix', gguf.bool(addsSpace)],
  ])
}

/** Tokens of several spaces that were added to the vocabulary, as Gemma has them: llama.cpp finds them in the text before it merges anything. */
function spaceRuns(tokenizer: TokenizerDefinition): ReadonlySet<string> {
  return new Set(tokenizer.added.filter(({ content, special }) => !special && /^▁{2,}$/.test(content)).map(({ content }) => content))
}

function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
}

/** llama.cpp joins any two neighbours that make a token; a pair left out of the merges would be joined by it alone. */
function refuseMissingMerges(tokenizer: TokenizerDefinition, spaces: ReadonlySet<string>): void {
  const listed = new Set(tokenizer.merges.map(([left, right]) => `${left.length} ${left}${right}`))
  const added = new Set(tokenizer.added.map((token) => token.content))
  for (const token of tokenizer.ids.keys()) {
    if ((added.has(token) && !spaces.has(token)) || /^<0x[0-9A-F]{2}>$/.test(token)) continue
    for (let cut = 1; cut < token.length; cut++) {
      if (token.codePointAt(cut - 1)! > 0xffff) continue
      const isPair = tokenizer.ids.has(token.slice(0, cut)) && tokenizer.ids.has(token.slice(cut))
      if (isPair && !listed.has(`${cut} ${token}`))
        throw new FormatError(
          `tokenizer.json: token ${token} can be made of ${token.slice(0, cut)} and ${token.slice(cut)}, but no merge says so; llama.cpp would merge them. ` +
            'Only byte-pair models converted from SentencePiece work with byte fallback.',
        )
    }
  }
}

/** Whether a space is put before a text. Checks that spaces become ▁ and nothing else happens. */
function prefixSpace({ normalizer, pre_tokenizer: splitting }: JsonRecord): boolean {
  const shape = JSON.stringify([normalizer ?? null, splitting ?? null])
  const prepend = { type: 'Prepend', prepend: '▁' }
  const replace = { type: 'Replace', pattern: { String: ' ' }, content: '▁' }
  if (shape === JSON.stringify([{ type: 'Sequence', normalizers: [prepend, replace] }, null])) return true
  if (shape === JSON.stringify([{ type: 'Sequence', normalizers: [replace] }, null]) || shape === JSON.stringify([replace, null]))
    return false
  // Gemma's: it splits after spaces when the normalizer has left none.
  const afterSpaces = { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false }
  if (shape === JSON.stringify([replace, afterSpaces])) return false
  if (
    normalizer === null &&
    isRecord(splitting) &&
    splitting['type'] === 'Metaspace' &&
    splitting['replacement'] === '▁' &&
    splitting['split'] === false
  ) {
    if (splitting['prepend_scheme'] === 'always') return true
    // llama.cpp knows no space before the first piece only. Chats begin with a special token, so that theirs get none.
    if (splitting['prepend_scheme'] === 'never' || splitting['prepend_scheme'] === 'first') return false
  }
  throw new FormatError(
    'tokenizer.json: with byte fallback, only the normalizers of SentencePiece (a ▁ in front or not, spaces to ▁) work in llama.cpp.',
  )
}

function tokenList(tokenizer: TokenizerDefinition, vocabSize: number, ordinary: (token: string) => number): [string, GgufValue][] {
  const added = new Map(tokenizer.added.map((token) => [token.id, token]))
  const tokens: string[] = []
  const kinds: number[] = []
  for (let id = 0; id < vocabSize; id++) {
    const token = tokenizer.tokens[id]
    // llama.cpp needs a text for every id, and each text once.
    const extra = added.get(id)
    tokens.push(
      token === undefined ? `[PAD${id}]` : tokenizer.byteFallback && extra && /^▁{2,}$/.test(token) ? ' '.repeat(token.length) : token,
    )
    if (token === undefined) kinds.push(kind.unused)
    else if (ordinary(token) === kind.unknown) kinds.push(kind.unknown)
    else if (extra) kinds.push(extra.special ? kind.control : kind.userDefined)
    else kinds.push(ordinary(token))
  }
  return [
    ['tokenizer.ggml.tokens', gguf.strings(tokens)],
    ['tokenizer.ggml.token_type', gguf.int32s(kinds)],
  ]
}
