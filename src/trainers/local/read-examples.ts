/** Reads a JSONL file of training examples, one at a time, and says which line is wrong and how. */

import { createReadStream } from 'node:fs'
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { AppError } from '../../errors.ts'
import type { ChatMessage, TrainingExample } from '../trainer.ts'

/** A line longer than this is not an example but an accident (a file without line ends, say); it would be held in memory whole. */
const longestLine = 16 * 2 ** 20

/**
 * Yields each example with its 1-based line number; blank lines are passed over. Throws `invalid` on a line that is no example.
 * `hash`, where given, sees every byte.
 */
export async function* readExamples(
  file: string,
  options: { signal?: AbortSignal | undefined; hash?: ReturnType<typeof createHash> } = {},
): AsyncGenerator<{ readonly line: number; readonly example: TrainingExample }> {
  let number = 0
  for await (const bytes of linesOf(file, options)) {
    number += 1
    const where = `Line ${number} of ${basename(file)}`
    let text: string
    try {
      text = utf8.decode(bytes)
    } catch (cause) {
      throw new AppError('invalid', `${where} is not UTF-8 text; save the file as UTF-8.`, { cause })
    }
    if (text.trim() === '') continue
    yield { line: number, example: parseExample(text, where) }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function parseExample(text: string, where: string): TrainingExample {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new AppError('invalid', `${where} is not JSON (${(cause as Error).message}); write one JSON object a line.`, { cause })
  }
  if (typeof value === 'object' && value !== null) {
    const fields = value as Record<string, unknown>
    if (typeof fields['prompt'] === 'string' && typeof fields['completion'] === 'string') {
      return { prompt: fields['prompt'], completion: fields['completion'] }
    }
    if (typeof fields['text'] === 'string') return { text: fields['text'] }
    if (Array.isArray(fields['messages']) && fields['messages'].length > 0 && fields['messages'].every(isMessage)) {
      return { messages: fields['messages'] }
    }
  }
  throw new AppError(
    'invalid',
    `${where} is no training example; write {"messages": [{"role", "content"}, …]} with roles system, user and assistant, {"prompt", "completion"} or {"text"}.`,
  )
}

function isMessage(value: unknown): value is ChatMessage {
  if (typeof value !== 'object' || value === null) return false
  const { role, content } = value as Record<string, unknown>
  return (role === 'system' || role === 'user' || role === 'assistant') && typeof content === 'string'
}

async function* linesOf(
  file: string,
  options: { signal?: AbortSignal | undefined; hash?: ReturnType<typeof createHash> },
): AsyncGenerator<Uint8Array> {
  let pending: Buffer[] = []
  let pendingBytes = 0
  const stream = createReadStream(file, { highWaterMark: 1 << 18, ...(options.signal ? { signal: options.signal } : {}) })
  try {
    for await (const part of stream as AsyncIterable<Buffer>) {
      options.hash?.update(part)
      let start = 0
      for (let end = part.indexOf(10); end !== -1; end = part.indexOf(10, start)) {
        const tail = part.subarray(start, end)
        yield pending.length ? Buffer.concat([...pending, tail]) : tail
        pending = []
        pendingBytes = 0
        start = end + 1
      }
      if (start < part.length) {
        pending.push(part.subarray(start))
        pendingBytes += part.length - start
        if (pendingBytes > longestLine) {
          throw new AppError('invalid', `${basename(file)} has a line of more than ${longestLine / 2 ** 20} MiB; write one example a line.`)
        }
      }
    }
  } catch (error) {
    if (error instanceof AppError || options.signal?.aborted) throw error
    throw new AppError('invalid', `The examples file ${file} cannot be read: ${(error as Error).message}.`, { cause: error })
  }
  if (pending.length) yield Buffer.concat(pending)
}
