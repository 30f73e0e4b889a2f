/** Reads a file of examples, JSONL, CSV or Parquet, row by row. What cannot be read is said of each row and turns up among the findings. */

import { AppError } from '../../errors.ts'
import { bytesSource } from '../../formats/byte-source.ts'
import { csvRows } from '../../formats/csv.ts'
import { FormatError } from '../../formats/format-error.ts'
import { jsonLines } from '../../formats/jsonl.ts'
import { readParquet } from '../../formats/parquet.ts'
import { contributionLimits, type OfferedChange } from './contribution.ts'
import { changeOfRow } from './map-columns.ts'

export const fileFormats = ['jsonl', 'csv', 'parquet'] as const
export type FileFormat = (typeof fileFormats)[number]

export const fileLimits = {
  /** Bytes of a row: an example of the largest size in four-byte characters, escaped, with its provenance. */
  row: 4_000_000,
  /** Parquet is read from its end, so it has to be in memory whole. */
  parquet: 256 * 1024 * 1024,
} as const

type Bytes = Uint8Array | AsyncIterable<Uint8Array>

/** The format a file's name says. */
export function formatOfFile(name: string): FileFormat {
  const ending = /\.(jsonl|ndjson|csv|parquet)$/i.exec(name)?.[1]?.toLowerCase()
  if (ending === undefined) throw new AppError('invalid', `${name} is not a .jsonl, .csv or .parquet file; rename it to what it is.`)
  return ending === 'ndjson' ? 'jsonl' : (ending as FileFormat)
}

/** A row as the file has it, or why it cannot be read. */
export type FileRow =
  | { readonly row: number; readonly value: unknown }
  | { readonly row: number; readonly problem: string; /** Where it begins, 1-based, if that is known. */ readonly line: number | null }

/** Rows of JSONL are numbered by line; those of CSV and Parquet from 1, without the header. Throws `invalid` where no row can be read at all. */
export async function* readChanges(bytes: Bytes, format: FileFormat): AsyncIterable<OfferedChange> {
  for await (const read of readRows(bytes, format))
    yield 'problem' in read ? { kind: 'unreadable', row: read.row, sentence: read.problem } : changeOfRow(read.row, read.value)
}

/** The same before anything is made of the rows. @param delimiter of CSV */
export function readRows(bytes: Bytes, format: FileFormat, delimiter: ',' | ';' | '\t' = ','): AsyncIterable<FileRow> {
  switch (format) {
    case 'jsonl':
      return readJsonl(bytes)
    case 'csv':
      return readCsvRows(bytes, delimiter)
    case 'parquet':
      return readParquetRows(bytes)
  }
}

async function* readJsonl(bytes: Bytes): AsyncIterable<FileRow> {
  for await (const read of jsonLines(bytes, { lineBytes: fileLimits.row }))
    yield 'problem' in read ? { row: read.line, problem: read.problem, line: read.line } : { row: read.line, value: read.value }
}

/** A row that cannot be read is said with its line, and reading goes on; only a wrong header and bytes that are no text end it. */
async function* readCsvRows(bytes: Bytes, delimiter: ',' | ';' | '\t'): AsyncIterable<FileRow> {
  let row = 0
  try {
    for await (const read of csvRows(bytes, { delimiter })) {
      row++
      yield 'problem' in read ? { row, problem: `${read.problem} (line ${read.line})`, line: read.line } : { row, value: read.values }
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    yield { row: row + 1, problem: `${error.message} Nothing from there on could be read.`, line: null }
  }
}

async function* readParquetRows(bytes: Bytes): AsyncIterable<FileRow> {
  const whole = await gather(bytes)
  for await (const { row, values } of readParquet(bytesSource(whole), 'The Parquet file')) {
    if (row > contributionLimits.changes)
      throw new AppError(
        'invalid',
        `The Parquet file has more than ${contributionLimits.changes.toLocaleString('en')} rows, the most a contribution has; split it.`,
      )
    yield { row, value: values }
  }
}

async function gather(bytes: Bytes): Promise<Uint8Array> {
  if (bytes instanceof Uint8Array) return bytes
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of bytes) {
    size += piece.length
    if (size > fileLimits.parquet)
      throw new AppError('invalid', `The Parquet file has more than ${fileLimits.parquet} bytes; split it, or send JSONL.`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
