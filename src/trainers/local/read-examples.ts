/** Reads a JSONL file of training examples, one at a time, and says which line is wrong and how. */

import { createReadStream } from 'node:fs'
import type { Hash } from 'node:crypto'
import { basename } from 'node:path'
import { AppError } from '../../errors.ts'
import { jsonLines } from '../../formats/jsonl.ts'
import type { ChatMessage, TrainingContent, TrainingExample } from '../trainer.ts'

/** Yields each example with its 1-based line; blank lines are passed over. Throws `invalid` on a line that is none. `hash` sees every byte. */
export async function* readExamples(
  file: string,
  options: { signal?: AbortSignal | undefined; hash?: Hash } = {},
): AsyncGenerator<{ readonly line: number; readonly example: TrainingExample }> {
  for await (const found of jsonLines(bytesOf(file, options))) {
    const where = `Line ${found.line} of ${basename(file)}`
    if ('problem' in found) throw new AppError('invalid', `${where} cannot be read: ${found.problem}`)
    yield { line: found.line, example: parseExample(found.value, where) }
  }
}

async function* bytesOf(file: string, { signal, hash }: { signal?: AbortSignal | undefined; hash?: Hash }): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of createReadStream(file, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
      signal?.throwIfAborted()
      hash?.update(part)
      yield part
    }
  } catch (error) {
    if (signal?.aborted) throw error
    throw new AppError('invalid', `The examples file ${file} cannot be read: ${(error as Error).message}.`, { cause: error })
  }
}

function parseExample(value: unknown, where: string): TrainingExample {
  if (typeof value === 'object' && value !== null) {
    const content = contentOf(value as Record<string, unknown>)
    const { source } = value as Record<string, unknown>
    if (content && source === undefined) return content
    if (content && isSource(source)) return { ...content, source }
    if (content) throw new AppError('invalid', `${where} has a source that is no name; write it as a text, or as a list of texts.`)
  }
  throw new AppError(
    'invalid',
    `${where} is no training example; write {"messages": [{"role", "content"}, …]} with roles system, user and assistant, {"prompt", "completion"}, {"text"} or {"prompt", "chosen", "rejected"}.`,
  )
}

function contentOf({ prompt, completion, chosen, rejected, text, messages }: Record<string, unknown>): TrainingContent | null {
  if (typeof prompt === 'string' && typeof completion === 'string') return { prompt, completion }
  if (typeof prompt === 'string' && typeof chosen === 'string' && typeof rejected === 'string') return { prompt, chosen, rejected }
  if (typeof text === 'string') return { text }
  return Array.isArray(messages) && messages.length > 0 && messages.every(isMessage) ? { messages } : null
}

function isSource(value: unknown): value is string | string[] {
  return typeof value === 'string' || (Array.isArray(value) && value.every((name) => typeof name === 'string'))
}

function isMessage(value: unknown): value is ChatMessage {
  if (typeof value !== 'object' || value === null) return false
  const { role, content } = value as Record<string, unknown>
  return (role === 'system' || role === 'user' || role === 'assistant') && typeof content === 'string'
}
