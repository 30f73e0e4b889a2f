/** Reads a file of examples, JSONL, CSV or Parquet, row by row. What cannot be read is said of each row and turns up among the findings. */

import { parse as csvParser } from 'csv-parse'
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { Readable } from 'node:stream'
import { AppError } from '../../errors.ts'
import { jsonLines } from '../models/json-lines.ts'
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

/** Rows of JSONL are numbered by line; those of CSV and Parquet from 1, without the header. Throws `invalid` where no row can be read at all. */
export function readChanges(bytes: Bytes, format: FileFormat): AsyncIterable<OfferedChange> {
  switch (format) {
    case 'jsonl':
      return readJsonl(bytes)
    case 'csv':
      return readCsv(bytes)
    case 'parquet':
      return readParquet(bytes)
  }
}

async function* readJsonl(bytes: Bytes): AsyncIterable<OfferedChange> {
  for await (const read of jsonLines(bytes, fileLimits.row))
    yield 'problem' in read ? { kind: 'unreadable', row: read.line, sentence: read.problem } : changeOfRow(read.line, read.value)
}

async function* readCsv(bytes: Bytes): AsyncIterable<OfferedChange> {
  // The parser runs ahead of the loop below, so rows are numbered as it meets them.
  let row = 0
  let skipped: OfferedChange[] = []
  const skippedBefore = (next: number) => {
    const due = skipped.filter((change) => (change.row as number) < next)
    skipped = skipped.filter((change) => (change.row as number) >= next)
    return due
  }
  const parser = csvParser({
    columns: true,
    bom: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: fileLimits.row,
    on_record: (record: unknown) => ({ row: ++row, record }),
    on_skip: (error) => {
      if (error) skipped.push({ kind: 'unreadable', row: ++row, sentence: `${error.message}.` })
      return undefined
    },
  })
  const input = Readable.from(bytes instanceof Uint8Array ? [bytes] : bytes)
  input.on('error', (error) => parser.destroy(error))
  try {
    for await (const { row, record } of input.pipe(parser) as AsyncIterable<{ row: number; record: unknown }>) {
      yield* skippedBefore(row)
      yield changeOfRow(row, record)
    }
    yield* skipped
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('CSV_')) throw error
    yield* skipped
    yield { kind: 'unreadable', row: ++row, sentence: `${error.message}. Nothing after it could be read.` }
  } finally {
    input.destroy()
    parser.destroy()
  }
}

async function* readParquet(bytes: Bytes): AsyncIterable<OfferedChange> {
  const whole = await gather(bytes)
  const file = whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.byteLength) as ArrayBuffer
  const rows = await inWords(async () => {
    const metadata = await parquetMetadataAsync(file)
    // Said before anything is unpacked: a small file can claim, and unpack to, billions of rows.
    if (Number(metadata.num_rows) > contributionLimits.changes)
      throw new AppError(
        'invalid',
        `The Parquet file has ${Number(metadata.num_rows).toLocaleString('en')} rows; a contribution has at most ${contributionLimits.changes.toLocaleString('en')}. Split it.`,
      )
    return parquetReadObjects({ file, metadata, compressors })
  })
  for (const [i, record] of rows.entries()) yield changeOfRow(i + 1, record)
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

async function inWords<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('invalid', `The Parquet file cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause })
  }
}
