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
 * regression suite and `clause` a change of the charter. Anything else is an example to add. Columns that mean nothing here are left out.
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
    return { kind: 'remove', target: removes, row }
  }
  if (isRecord(record['clause'])) return { kind: 'clause', change: record['clause'], row }
  if (isRecord(record['case'])) {
    const { action, suite, ...sample } = record['case']
    const from = provenanceOf(record)
    return typeof from === 'string' ? unreadable(from) : { kind: 'case', action, suite, sample, provenance: from, row }
  }
  const content = contentOf(record)
  if (typeof content === 'string') return unreadable(content)
  const provenance = provenanceOf(record)
  if (typeof provenance === 'string') return unreadable(provenance)
  if (replaces === undefined) return { kind: 'add', content, provenance, row }
  if (typeof replaces !== 'string') return unreadable(`replaces must be the digest of an example, not ${describe(replaces)}.`)
  return { kind: 'replace', target: replaces, content, provenance, row }
}

type Row = Readonly<Record<string, unknown>>

function contentOf(record: Row): unknown {
  if (isRecord(record['content'])) return record['content']
  const conversation = listOf(record['messages']) ?? listOf(record['conversations'])
  if (conversation !== undefined) return { messages: conversation.map(turnOf) }
  if (record['chosen'] !== undefined || record['rejected'] !== undefined) {
    const { prompt = record['question'] ?? record['instruction'], chosen, rejected } = record
    return { prompt, chosen, rejected }
  }
  for (const [question, answer] of pairs)
    if (record[question] !== undefined && record[answer] !== undefined)
      return { prompt: questionOf(record, question), completion: record[answer] }
  if (record['text'] !== undefined) return { text: record['text'] }
  if (record['prompt'] !== undefined) return { prompt: record['prompt'], completion: record['completion'] }
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
