/** Turns a row of a file, in any of the column names people use, into an offered change. Pure. */

import { describe, isRecord } from '../../formats/strict-json.ts'
import type { OfferedChange, OfferedProvenance } from './contribution.ts'

/** Pairs of columns that mean a question and its answer, in the order they are looked for. */
const pairs = [
  ['prompt', 'completion'],
  ['prompt', 'response'],
  ['question', 'answer'],
  ['instruction', 'output'],
  ['instruction', 'response'],
  ['input', 'output'],
  ['query', 'response'],
  ['user', 'assistant'],
] as const

/** Columns that say where a row is from, with the other names they go by. */
const provenanceColumns = {
  licence: ['licence', 'license'],
  language: ['language', 'lang'],
  origin: ['origin'],
  generator: ['generator'],
  source: ['source'],
} as const satisfies Record<keyof OfferedProvenance, readonly string[]>

/** ShareGPT's names for who speaks. */
const speakers: Readonly<Record<string, string>> = {
  human: 'user',
  gpt: 'assistant',
  system: 'system',
  user: 'user',
  assistant: 'assistant',
}

/**
 * `removes` and `replaces` name the digest of an example of the dataset; a row with `content` is taken as we export it; `case` holds a case of a
 * regression suite and `clause` a change of the charter. Anything else is an example to add. Columns that mean nothing here are left out, and named in `unread`.
 */
export function changeOfRow(row: number, value: unknown): OfferedChange {
  const unreadable = (sentence: string): OfferedChange => ({ kind: 'unreadable', row, sentence })
  if (!isRecord(value)) return unreadable(`A row is a JSON object, not ${describe(value)}.`)
  const cells = Object.entries(value).map(([name, cell]) => [name.trim().toLowerCase(), cell] as const)
  // An empty cell is a column this row does not use.
  const record = Object.fromEntries(cells.filter(([, cell]) => cell !== '' && cell !== null && cell !== undefined))
  const { removes, replaces } = record
  if (removes !== undefined) {
    if (typeof removes !== 'string') return unreadable(`removes must be the digest of an example, not ${describe(removes)}.`)
    return { kind: 'remove', target: removes, row, ...unreadOf(record, ['removes']) }
  }
  if (isRecord(record['clause'])) return { kind: 'clause', change: record['clause'], row }
  if (isRecord(record['case'])) {
    const { action, suite, ...sample } = record['case']
    const from = provenanceOf(record)
    return typeof from === 'string' ? unreadable(from) : { kind: 'case', action, suite, sample, provenance: from, row }
  }
  const found = contentOf(record)
  if (typeof found === 'string') return unreadable(found)
  const { content, columns } = found
  const provenance = provenanceOf(record)
  if (typeof provenance === 'string') return unreadable(provenance)
  const unread = unreadOf(record, [...columns, 'replaces', ...provenanceNames])
  if (replaces === undefined) return { kind: 'add', content, provenance, row, ...unread }
  if (typeof replaces !== 'string') return unreadable(`replaces must be the digest of an example, not ${describe(replaces)}.`)
  return { kind: 'replace', target: replaces, content, provenance, row, ...unread }
}

type Row = Readonly<Record<string, unknown>>

/** Where a row is from, and the digest that our own export writes. */
const provenanceNames = ['provenance', ...Object.values(provenanceColumns).flat(), 'digest']

function unreadOf(record: Row, read: readonly string[]): { readonly unread?: readonly string[] } {
  const unread = Object.keys(record).filter((column) => !read.includes(column))
  return unread.length > 0 ? { unread } : {}
}

interface FoundContent {
  readonly content: unknown
  /** Those it was read from. */
  readonly columns: readonly string[]
}

function contentOf(record: Row): FoundContent | string {
  if (isRecord(record['content'])) return { content: record['content'], columns: ['content'] }
  for (const column of ['messages', 'conversations']) {
    const conversation = listOf(record[column])
    if (conversation !== undefined) return { content: { messages: conversation.map(turnOf) }, columns: [column] }
  }
  if (record['chosen'] !== undefined || record['rejected'] !== undefined) {
    const question = ['prompt', 'question', 'instruction'].find((column) => record[column] !== undefined) ?? 'prompt'
    const { [question]: prompt, chosen, rejected } = record
    return { content: { prompt, chosen, rejected }, columns: [question, 'chosen', 'rejected'] }
  }
  for (const [question, answer] of pairs)
    if (record[question] !== undefined && record[answer] !== undefined)
      return {
        content: { prompt: questionOf(record, question), completion: record[answer] },
        columns: [question, answer, ...(question === 'instruction' ? ['input'] : [])],
      }
  if (record['text'] !== undefined) return { content: { text: record['text'] }, columns: ['text'] }
  if (record['prompt'] !== undefined)
    return { content: { prompt: record['prompt'], completion: record['completion'] }, columns: ['prompt', 'completion'] }
  const columns = Object.keys(record)
  const shown = columns.length === 0 ? 'none' : columns.slice(0, 12).join(', ')
  return `Its columns are ${shown}; "messages", "prompt" and "completion", "text", or "prompt", "chosen" and "rejected" are needed (also question/answer, instruction/output).`
}

/** Alpaca's `input` is the second part of its instruction. */
function questionOf(record: Row, column: string): unknown {
  const [question, input] = [record[column], record['input']]
  return column === 'instruction' && typeof question === 'string' && typeof input === 'string' ? `${question}\n\n${input}` : question
}

/** A list, or the JSON text of one, as CSV has it. */
function listOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as unknown[]
  if (typeof value !== 'string' || !value.trimStart().startsWith('[')) return undefined
  try {
    const parsed: unknown = JSON.parse(value)
    return Array.isArray(parsed) ? (parsed as unknown[]) : undefined
  } catch {
    return undefined
  }
}

function turnOf(turn: unknown): unknown {
  if (!isRecord(turn) || turn['role'] !== undefined) return turn
  const from = turn['from']
  return typeof from === 'string' ? { role: Object.hasOwn(speakers, from) ? speakers[from] : from, content: turn['value'] } : turn
}

function provenanceOf(record: Row): OfferedProvenance | string {
  const outer = isRecord(record['provenance']) ? { ...record, ...record['provenance'] } : record
  const found: Record<string, string> = {}
  for (const [field, columns] of Object.entries(provenanceColumns)) {
    const value = columns.map((column) => outer[column]).find((cell) => cell !== undefined && cell !== null && cell !== '')
    if (value === undefined) continue
    if (typeof value !== 'string') return `${field} must be a text, not ${describe(value)}.`
    found[field] = value
  }
  return found
}
