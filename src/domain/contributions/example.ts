/** One example: what it teaches, and where it is from. */

import canonicalize from 'canonicalize'
import { createHash } from 'node:crypto'
import type { Digest } from '../../storage/blobs.ts'
import type { ChatMessage } from '../../trainers/trainer.ts'
import type { SampleInput } from '../models/suite.ts'

/** The ecosystem's own shapes. */
export type ExampleContent =
  | { readonly messages: readonly ChatMessage[] }
  | { readonly prompt: string; readonly completion: string }
  | { readonly text: string }
  | { readonly prompt: string; readonly chosen: string; readonly rejected: string }

export const origins = ['human', 'translated', 'adapted', 'generated'] as const
export type Origin = (typeof origins)[number]

export interface Provenance {
  readonly origin: Origin
  /** What generated it, with its version; null unless `generated` or a machine took part. */
  readonly generator: string | null
  /** Where it is from: a link, a title, or who wrote it. */
  readonly source: string
  /** SPDX expression. */
  readonly licence: string
  /** BCP 47. */
  readonly language: string
}

export interface Example {
  readonly content: ExampleContent
  readonly provenance: Provenance
}

/** An example under its digest, as it stands in datasets. */
export interface StoredExample extends Example {
  readonly digest: Digest
}

export const exampleLimits = {
  /** Characters of all texts of one example: about 50,000 tokens, more than any context trained here. */
  characters: 200_000,
  turns: 200,
  source: 500,
  generator: 200,
} as const

/** sha256 over the canonical JSON (RFC 8785) of the whole record. */
export function exampleDigest(example: Example): Digest {
  return digestOfJson({ content: example.content, provenance: example.provenance })
}

/** The same over the content alone: equal for exact duplicates, wherever they are from. */
export function contentDigest(content: ExampleContent): Digest {
  return digestOfJson(content)
}

export function digestOfJson(value: unknown): Digest {
  return `sha256:${createHash('sha256')
    .update(canonicalize(value) as string)
    .digest('hex')}`
}

/** Every text of the content, in order. */
export function textsOf(content: ExampleContent): readonly string[] {
  if ('messages' in content) return content.messages.map((message) => message.content)
  if ('text' in content) return [content.text]
  if ('completion' in content) return [content.prompt, content.completion]
  return [content.prompt, content.chosen, content.rejected]
}

/** The same content with each text replaced. */
export function mapTexts(content: ExampleContent, change: (text: string) => string): ExampleContent {
  if ('messages' in content) return { messages: content.messages.map(({ role, content }) => ({ role, content: change(content) })) }
  if ('text' in content) return { text: change(content.text) }
  if ('completion' in content) return { prompt: change(content.prompt), completion: change(content.completion) }
  return { prompt: change(content.prompt), chosen: change(content.chosen), rejected: change(content.rejected) }
}

/** What it asks and what it answers; null for a plain text. Of a preference, the answer is the chosen one. */
export function askedAndAnswered(content: ExampleContent): { readonly asked: SampleInput; readonly answer: string } | null {
  if ('text' in content) return null
  if ('messages' in content) return { asked: { messages: content.messages.slice(0, -1) }, answer: content.messages.at(-1)?.content ?? '' }
  return { asked: { prompt: content.prompt }, answer: 'completion' in content ? content.completion : content.chosen }
}
