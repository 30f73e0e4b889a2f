/**
 * An upload: a file or a pasted text on its way to a proposal. It is examined row by row without being offered; what its columns mean can be changed, rows
 * mended or left out, and then it is offered in one step. Its rows lie on the server, so that a lost connection loses nothing. Pure.
 */

import { AppError } from '../../errors.ts'
import { isRecord } from '../../formats/strict-json.ts'
import { contributionLimits, type Finding, type OfferedChange } from './contribution.ts'
import { changeOfRow } from './map-columns.ts'
import type { FileFormat } from './read-changes.ts'

export const uploadLimits = {
  rows: contributionLimits.changes,
  /** Of a file. Read into memory once, and stored as rows. */
  bytes: 64 * 1024 * 1024,
  /** Of all rows together. */
  characters: 32_000_000,
  columns: 100,
  /** Undone ones of one person. */
  each: 20,
  /** Without being touched; then it is deleted. */
  days: 30,
  name: 200,
  /** Kept of a row that cannot be read. */
  unreadable: 20_000,
} as const

/** What a column can mean. `input` is a second part of the prompt, as Alpaca's datasets have it. */
export const columnMeanings = [
  'prompt',
  'input',
  'completion',
  'text',
  'messages',
  'chosen',
  'rejected',
  'language',
  'licence',
  'origin',
  'generator',
  'source',
  'replaces',
  'removes',
  'content',
  'provenance',
  'case',
  'clause',
] as const
export type ColumnMeaning = (typeof columnMeanings)[number]

/** By column; null: it is left out. */
export type ColumnMapping = Readonly<Record<string, ColumnMeaning | null>>

/** What is said of all rows that say nothing themselves, and of the proposal; empty where it was not said yet. */
export interface Declared {
  readonly message: string
  readonly licence: string
  readonly language: string
  readonly origin: string
  readonly generator: string
  readonly source: string
  readonly signOff: string
}

export const nothingDeclared: Declared = { message: '', licence: '', language: '', origin: '', generator: '', source: '', signOff: '' }

export type Verdict = 'passes' | 'remarks' | 'fails'

export interface Upload {
  readonly id: number
  readonly modelId: number
  /** `owner/name`. */
  readonly model: string
  readonly personId: number | null
  readonly name: string
  readonly format: FileFormat
  readonly columns: readonly string[]
  readonly mapping: ColumnMapping
  readonly declared: Declared
  readonly version: number
  /** Whether the rows were examined since the last change of anything. */
  readonly examined: boolean
  /** About the whole: first of all what every row lacks. */
  readonly findings: readonly Finding[]
  readonly counts: { readonly [verdict in Verdict]: number } & { readonly leftOut: number; readonly rows: number }
  /** What rows of it were offered as last. */
  readonly contributionId: number | null
  readonly createdAt: Date
  readonly touchedAt: Date
  /** When it is deleted, unless it is touched before. */
  readonly expiresAt: Date
}

export interface UploadRow {
  readonly row: number
  readonly cells: unknown
  /** Why it could not be read. */
  readonly problem: string | null
  readonly edited: Readonly<Record<string, string>> | null
  readonly leftOut: boolean
  /** null while it is not examined, or left out. */
  readonly verdict: Verdict | null
  readonly findings: readonly Finding[]
}

/** Names that people give to columns. */
const names: { readonly [meaning in ColumnMeaning]: readonly string[] } = {
  prompt: ['prompt', 'question', 'instruction', 'query', 'user'],
  input: ['input'],
  completion: ['completion', 'response', 'answer', 'output', 'assistant'],
  text: ['text'],
  messages: ['messages', 'conversations'],
  chosen: ['chosen'],
  rejected: ['rejected'],
  language: ['language', 'lang'],
  licence: ['licence', 'license'],
  origin: ['origin'],
  generator: ['generator'],
  source: ['source'],
  replaces: ['replaces'],
  removes: ['removes'],
  content: ['content'],
  provenance: ['provenance'],
  case: ['case'],
  clause: ['clause'],
}

/** What the columns probably mean, by their names; of two whose names say nothing, the first asks and the second answers. */
export function suggestMapping(columns: readonly string[]): ColumnMapping {
  const mapping: Record<string, ColumnMeaning | null> = Object.fromEntries(columns.map((column) => [column, null]))
  for (const meaning of columnMeanings)
    for (const name of names[meaning]) {
      const column = columns.find((each) => each.trim().toLowerCase() === name)
      if (column === undefined) continue
      mapping[column] = meaning
      break
    }
  const meant = () => Object.values(mapping)
  // Without an instruction, the input is what is asked.
  const inputs = columns.find((column) => mapping[column] === 'input')
  if (inputs !== undefined && !meant().includes('prompt')) mapping[inputs] = 'prompt'
  const says = (['prompt', 'completion', 'text', 'messages', 'chosen', 'content', 'removes', 'case', 'clause'] as const).some((it) =>
    meant().includes(it),
  )
  const [first, second] = columns.filter((column) => mapping[column] === null)
  if (!says && first !== undefined) {
    mapping[first] = second === undefined ? 'text' : 'prompt'
    if (second !== undefined) mapping[second] = 'completion'
  }
  return mapping
}

/** Throws `invalid` where it names a column or a meaning that there is not, or gives one meaning to two columns. */
export function parseMapping(columns: readonly string[], given: Readonly<Record<string, string | null>>): ColumnMapping {
  const taken = new Map<string, string>()
  const mapping = Object.fromEntries(columns.map((column) => [column, null])) as Record<string, ColumnMeaning | null>
  for (const [column, name] of Object.entries(given)) {
    if (!columns.includes(column))
      throw new AppError('invalid', `There is no column ${JSON.stringify(column.slice(0, 60))}; there are ${columns.join(', ')}.`)
    if (name === null || name === '') continue
    const meaning = columnMeanings.find((it) => it === name)
    if (meaning === undefined)
      throw new AppError('invalid', `A column cannot mean ${JSON.stringify(name.slice(0, 60))}; it can mean ${columnMeanings.join(', ')}.`)
    const other = taken.get(meaning)
    if (other !== undefined)
      throw new AppError('invalid', `The columns ${other} and ${column} both mean ${meaning}; leave one of them out.`)
    taken.set(meaning, column)
    mapping[column] = meaning
  }
  return mapping
}

const structured: readonly ColumnMeaning[] = ['content', 'provenance', 'case', 'clause']

/** What a row offers, once its columns mean what the mapping says. */
export function changeOfUploadRow({ row, cells, problem, edited }: UploadRow, mapping: ColumnMapping): OfferedChange {
  if (problem !== null && edited === null) return { kind: 'unreadable', row, sentence: problem }
  if (!isRecord(cells) && edited === null) return changeOfRow(row, cells)
  const whole: Record<string, unknown> = { ...(isRecord(cells) ? cells : {}), ...edited }
  const meant: Record<string, unknown> = {}
  for (const [column, meaning] of Object.entries(mapping))
    if (meaning !== null && Object.hasOwn(whole, column))
      meant[meaning] = structured.includes(meaning) ? parsed(whole[column]) : whole[column]
  // Two parts of a question go by their names in Alpaca's datasets.
  if (meant['input'] !== undefined && meant['input'] !== '') {
    const { prompt, completion, ...rest } = meant
    return changeOfRow(row, { ...rest, instruction: prompt, output: completion })
  }
  return changeOfRow(row, meant)
}

/** CSV has objects as JSON text. */
function parsed(cell: unknown): unknown {
  if (typeof cell !== 'string') return cell
  try {
    return JSON.parse(cell) as unknown
  } catch {
    return cell
  }
}
