/** `tokenizer_config.json`: the special tokens' texts, whether they are added, and the chat template. */

import { FormatError } from './format-error.ts'
import { describe, fieldsOf, isRecord } from './strict-json.ts'

export interface TokenizerConfig {
  readonly bosToken: string | null
  readonly eosToken: string | null
  readonly padToken: string | null
  readonly unkToken: string | null
  /** null where the file does not say: then the post-processor of tokenizer.json decides. */
  readonly addBos: boolean | null
  readonly addEos: boolean | null
  /** Jinja source, or null for a model without one. */
  readonly chatTemplate: string | null
}

export const tokenizerConfigLimits = {
  /** The longest published templates, with tools and vision, are about 20,000 characters. */
  templateCharacters: 1_000_000,
} as const

/** Reads the file; null or undefined is a model without one. A `chat_template.jinja`, where there is one, wins over the file's own. */
export function parseTokenizerConfig(json: unknown, chatTemplateFile: string | null = null): TokenizerConfig {
  const config = fieldsOf(json ?? {}, 'tokenizer_config.json')
  const token = (key: string): string | null => {
    const value = config.value(key)
    const content = isRecord(value) ? value['content'] : value
    if (content === undefined) return null
    return typeof content === 'string' ? content : config.refuse(key, 'a token or an object with its content')
  }
  const flag = (key: string) => (config.value(key) === undefined ? null : config.boolean(key, false))
  const chatTemplate = chatTemplateFile ?? parseTemplate(config.value('chat_template'))
  if (chatTemplate !== null && chatTemplate.length > tokenizerConfigLimits.templateCharacters)
    throw new FormatError(
      `The chat template has ${chatTemplate.length} characters; at most ${tokenizerConfigLimits.templateCharacters} are read.`,
    )
  return {
    bosToken: token('bos_token'),
    eosToken: token('eos_token'),
    padToken: token('pad_token'),
    unkToken: token('unk_token'),
    addBos: flag('add_bos_token'),
    addEos: flag('add_eos_token'),
    chatTemplate,
  }
}

/** One template, or a list of named ones of which `default` counts. */
function parseTemplate(value: unknown): string | null {
  if (value === undefined) return null
  if (typeof value === 'string') return value
  const found: unknown = Array.isArray(value) ? value.find((entry) => isRecord(entry) && entry['name'] === 'default') : undefined
  const template = isRecord(found) ? found['template'] : undefined
  if (typeof template === 'string') return template
  throw new FormatError(`tokenizer_config.json: chat_template must be a text or a list with one named default, not ${describe(value)}.`)
}
