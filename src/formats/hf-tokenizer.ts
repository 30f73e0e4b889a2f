/** Checks a parsed `tokenizer.json` before anything is built from it, and reads what conversion needs: tokens, ids, merges. */

import { FormatError } from './format-error.ts'
import { describe, fieldsOf, isRecord, type JsonRecord } from './strict-json.ts'

export const tokenizerLimits = {
  /** Gemma's vocabulary, the largest in use, has 262,144 tokens. */
  tokens: 1_048_576,
  merges: 2_097_152,
  /** Runs of spaces or dashes make the longest real tokens, of a few hundred characters. */
  tokenCharacters: 4_096,
  /** The longest published pre-tokenizer expressions have about 600 characters. */
  regexCharacters: 4_096,
} as const

export interface AddedToken {
  readonly id: number
  readonly content: string
  /** Control tokens, which decoding can leave out; others are words added after training. */
  readonly special: boolean
  readonly normalized: boolean
  /** Takes in the spaces before it. */
  readonly lstrip: boolean
  /** Takes in the spaces after it. */
  readonly rstrip: boolean
  /** Stands only between words. */
  readonly singleWord: boolean
}

/** A byte-pair tokenizer whose parts have been checked. */
export interface TokenizerDefinition {
  readonly json: JsonRecord
  /** By id; holes are undefined. */
  readonly tokens: readonly (string | undefined)[]
  readonly ids: ReadonlyMap<string, number>
  readonly added: readonly AddedToken[]
  /** Ids of special added tokens. */
  readonly special: ReadonlySet<number>
  /** In order of rank. */
  readonly merges: readonly (readonly [string, string])[]
  readonly unkToken: string | null
  readonly byteFallback: boolean
  readonly ignoreMerges: boolean
  /** Tokens that the post-processor puts around one text; null where there is none that could. */
  readonly affixes: { readonly before: readonly string[]; readonly after: readonly string[] } | null
}

/** Throws FormatError on anything but a byte-pair tokenizer with a consistent vocabulary. */
export function checkTokenizerJson(json: unknown): TokenizerDefinition {
  const file = fieldsOf(json, 'tokenizer.json')
  const model = fieldsOf(file.value('model'), 'tokenizer.json: model')
  const type = model.value('type')
  if (type !== undefined && type !== 'BPE')
    throw new FormatError(`tokenizer.json: the model is ${describe(type)}; only byte-pair encoding (BPE) works.`)
  const tokens: (string | undefined)[] = []
  const ids = new Map<string, number>()
  const place = (id: unknown, token: unknown): number => {
    if (!Number.isSafeInteger(id) || (id as number) < 0 || (id as number) >= tokenizerLimits.tokens)
      throw new FormatError(
        `tokenizer.json: token ${describe(token)} has id ${describe(id)}; ids run from 0 to ${tokenizerLimits.tokens - 1}.`,
      )
    if (typeof token !== 'string' || token.length > tokenizerLimits.tokenCharacters)
      throw new FormatError(
        `tokenizer.json: the token of id ${id as number} must be a text of at most ${tokenizerLimits.tokenCharacters} characters.`,
      )
    const before = tokens[id as number]
    if (before !== undefined && before !== token)
      throw new FormatError(`tokenizer.json: tokens ${describe(before)} and ${describe(token)} share id ${id as number}.`)
    if (ids.has(token) && ids.get(token) !== id)
      throw new FormatError(`tokenizer.json: token ${describe(token)} has ids ${ids.get(token)} and ${id as number}.`)
    tokens[id as number] = token
    ids.set(token, id as number)
    return id as number
  }
  const vocab = model.value('vocab')
  if (!isRecord(vocab)) return model.refuse('vocab', 'an object from token to id')
  for (const [token, id] of Object.entries(vocab)) place(id, token)
  if (ids.size === 0) throw new FormatError('tokenizer.json: the vocabulary is empty.')

  const added = parseAdded(file.value('added_tokens'))
  for (const token of added) place(token.id, token.content)
  // Array.from makes the holes real, so that every reader sees undefined.
  const list = Array.from(tokens)
  const unkToken = model.text('unk_token') ?? null
  if (unkToken !== null && !ids.has(unkToken))
    throw new FormatError(`tokenizer.json: the unknown token ${describe(unkToken)} is not in the vocabulary.`)
  if (model.value('dropout') !== undefined && model.value('dropout') !== 0)
    throw new FormatError('tokenizer.json: the model has BPE dropout, which makes tokens random; set dropout to null.')
  for (const key of ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder']) checkPart(file.value(key), `tokenizer.json: ${key}`, 0)
  const affixes = parseAffixes(file.value('post_processor'))
  for (const token of [...(affixes?.before ?? []), ...(affixes?.after ?? [])])
    if (!ids.has(token))
      throw new FormatError(`tokenizer.json: the post_processor adds ${describe(token)}, which is not in the vocabulary.`)
  return {
    // The library asks for these keys even where they are null.
    json: {
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: null,
      ...file.record,
      added_tokens: file.value('added_tokens') ?? [],
    },
    tokens: list,
    ids,
    added,
    special: new Set(added.filter((token) => token.special).map((token) => token.id)),
    merges: parseMerges(model.value('merges'), ids),
    unkToken,
    byteFallback: model.boolean('byte_fallback', false),
    ignoreMerges: model.boolean('ignore_merges', false),
    affixes,
  }
}

function parseAdded(value: unknown): AddedToken[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.length > tokenizerLimits.tokens) throw new FormatError('tokenizer.json: added_tokens must be a list.')
  return value.map((entry: unknown, i) => {
    const token = fieldsOf(entry, `tokenizer.json: added_tokens[${i}]`)
    const content = token.text('content')
    if (content === undefined || content === '') return token.refuse('content', 'a text')
    const special = token.boolean('special', false)
    return {
      id: token.integer('id', { min: 0, max: tokenizerLimits.tokens - 1 }),
      content,
      special,
      normalized: token.boolean('normalized', !special),
      lstrip: token.boolean('lstrip', false),
      rstrip: token.boolean('rstrip', false),
      singleWord: token.boolean('single_word', false),
    }
  })
}

/** Pairs as a list of two, or as one text with a space between, as older files write them. Both parts and their union must be tokens. */
function parseMerges(value: unknown, ids: ReadonlyMap<string, number>): (readonly [string, string])[] {
  if (!Array.isArray(value) || value.length > tokenizerLimits.merges)
    throw new FormatError(`tokenizer.json: merges must be a list of at most ${tokenizerLimits.merges} pairs.`)
  return value.map((entry: unknown, rank) => {
    const pair: unknown = typeof entry === 'string' ? entry.split(' ') : entry
    const refuse = (fact: string): never => {
      throw new FormatError(`tokenizer.json: merge ${rank} ${fact}`)
    }
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string' || typeof pair[1] !== 'string' || !pair[0] || !pair[1])
      return refuse(`is ${describe(entry)}; a pair of tokens is needed.`)
    // Readers tell the two ways of writing apart by the first one, so a file that mixes them means different things to different readers.
    if (typeof entry !== typeof value[0]) return refuse('is written in another way than the first.')
    const [left, right] = pair as [string, string]
    for (const token of [left, right, left + right])
      if (!ids.has(token)) return refuse(`uses ${describe(token)}, which is not in the vocabulary.`)
    return [left, right] as const
  })
}

/** Bounds nesting and expression length in the parts that the tokenizer library builds. */
function checkPart(value: unknown, what: string, depth: number): void {
  if (value === undefined || value === null) return
  if (depth > 8) throw new FormatError(`${what} is nested more than 8 deep.`)
  if (typeof value === 'string' && value.length > tokenizerLimits.regexCharacters)
    throw new FormatError(`${what} holds a text of ${value.length} characters; at most ${tokenizerLimits.regexCharacters} are read.`)
  if (depth === 0 && !isRecord(value)) throw new FormatError(`${what} must be an object or null, not ${describe(value)}.`)
  if (isRecord(value) && Object.hasOwn(value, 'pattern')) {
    const { pattern } = value
    if (!isRecord(pattern) || typeof (pattern['String'] ?? pattern['Regex']) !== 'string')
      throw new FormatError(`${what} has the pattern ${describe(pattern)}; a String or a Regex is needed.`)
  }
  if (typeof value === 'object') for (const inner of Object.values(value)) checkPart(inner, what, depth + 1)
}

/** From a template such as `<s> A`; a byte-level post-processor only trims offsets and adds nothing. */
function parseAffixes(value: unknown): TokenizerDefinition['affixes'] {
  if (value === undefined) return null
  const { type, processors, single } = value as JsonRecord
  if (type === 'ByteLevel') return null
  if (type === 'Sequence' && Array.isArray(processors)) {
    const parts = processors.filter(isRecord).map(parseAffixes)
    if (parts.every((part) => part === null)) return null
    return { before: parts.toReversed().flatMap((part) => part?.before ?? []), after: parts.flatMap((part) => part?.after ?? []) }
  }
  if (type !== 'TemplateProcessing' || !Array.isArray(single))
    throw new FormatError(`tokenizer.json: the post_processor is ${describe(type)}; those that work are TemplateProcessing and ByteLevel.`)
  // The text itself is null.
  const names = single.map((piece: unknown) => {
    if (isRecord(piece) && isRecord(piece['Sequence'])) return null
    const token: unknown = isRecord(piece) ? piece['SpecialToken'] : undefined
    if (isRecord(token) && typeof token['id'] === 'string') return token['id']
    throw new FormatError(`tokenizer.json: the post_processor holds ${describe(piece)}; a SpecialToken or a Sequence is needed.`)
  })
  const text = names.indexOf(null)
  if (text < 0 || names.lastIndexOf(null) !== text) throw new FormatError('tokenizer.json: the post_processor must hold the text once.')
  return { before: names.slice(0, text) as string[], after: names.slice(text + 1) as string[] }
}

/** Where Metaspace puts a space that the text does not have: before every piece between added tokens, before the first only, or nowhere. */
export function spaceInFront({ pre_tokenizer: splitting }: JsonRecord): 'always' | 'first' | 'never' | null {
  if (!isRecord(splitting) || splitting['type'] !== 'Metaspace') return null
  const scheme = splitting['prepend_scheme'] ?? 'always'
  return scheme === 'always' || scheme === 'first' || scheme === 'never' ? scheme : null
}
