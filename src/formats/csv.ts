/** CSV from untrusted bytes (RFC 4180: header row, double quotes), row by row, with the line named when something is wrong. */

import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { FormatError } from './format-error.ts'
import type { Bytes } from './jsonl.ts'

export const csvLimits = {
  /** Characters of one row, as for a line of JSONL. A quote that is never closed would else swallow the rest of the file. */
  rowCharacters: 4 * 1024 * 1024,
  columns: 1_000,
} as const

export interface CsvRow {
  /** 1-based line on which the row ends; the header is line 1. */
  readonly line: number
  /** By column name. Empty cells are empty texts. */
  readonly values: Readonly<Record<string, string>>
}

/** Rows under a header. Throws FormatError with the line on broken quotes, a row of another length, a repeated or empty column name, invalid UTF-8. */
export async function* readCsv(bytes: Bytes, options: { delimiter?: ',' | ';' | '\t' } = {}): AsyncIterable<CsvRow> {
  const parser = parse({
    bom: true,
    columns: checkHeader,
    delimiter: options.delimiter ?? ',',
    info: true,
    max_record_size: csvLimits.rowCharacters,
    skip_empty_lines: true,
  })
  const source = Readable.from(decoded(bytes), { objectMode: false })
  // An error of the source must end the parser too; pipe alone leaves it waiting.
  source.on('error', (error) => parser.destroy(error))
  try {
    for await (const row of source.pipe(parser) as AsyncIterable<{ record: Record<string, string>; info: { lines: number } }>)
      yield { line: row.info.lines, values: row.record }
  } catch (error) {
    throw error instanceof CsvError ? explained(error) : error
  } finally {
    source.destroy()
  }
}

function checkHeader(names: string[]): string[] {
  const at = { line: 1 }
  if (names.length > csvLimits.columns)
    throw new FormatError(`The header has ${names.length} columns; at most ${csvLimits.columns} are read.`, at)
  names.forEach((name, i) => {
    if (name === '') throw new FormatError(`Column ${i + 1} has no name in the header.`, at)
    if (names.indexOf(name) !== i) throw new FormatError(`The header names ${JSON.stringify(name)} twice.`, at)
    // The parser makes plain objects, in which this name would not become a column.
    if (name === '__proto__') throw new FormatError('A column cannot be called __proto__.', at)
  })
  return names
}

/** Text of the bytes in chunks; counts lines so that invalid UTF-8 can be placed. */
async function* decoded(bytes: Bytes): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let line = 1
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch (cause) {
      throw new FormatError(
        'The file is not valid UTF-8; save it as UTF-8 and try again.',
        { line: line + validNewlines(chunk) },
        { cause },
      )
    }
  }
  for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
    const text = decode(chunk)
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) line++
    yield text
  }
  const rest = decode()
  if (rest !== '') yield rest
}

/** Newlines before the first invalid byte, or nearly: a character cut by the chunk's start counts as invalid, which costs no line. */
function validNewlines(chunk: Uint8Array = new Uint8Array()): number {
  const text = new TextDecoder('utf-8').decode(chunk)
  const bad = text.indexOf('�', text.charCodeAt(0) === 0xfffd ? 1 : 0)
  return text.slice(0, bad < 0 ? 0 : bad).split('\n').length - 1
}

function explained(error: CsvError): FormatError {
  const { lines } = error as CsvError & { lines?: number }
  const at = lines === undefined ? undefined : { line: lines }
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return new FormatError('A quote is opened and never closed.', at, { cause: error })
    case 'CSV_INVALID_CLOSING_QUOTE':
      return new FormatError('Something follows a closing quote; a quote inside a quoted cell must be doubled ("").', at, { cause: error })
    case 'INVALID_OPENING_QUOTE':
      return new FormatError('A quote stands inside a cell that is not quoted; quote the whole cell and double the quote ("").', at, {
        cause: error,
      })
    case 'CSV_RECORD_INCONSISTENT_COLUMNS':
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
      return new FormatError('The row has another number of cells than the header.', at, { cause: error })
    case 'CSV_MAX_RECORD_SIZE':
      return new FormatError(`A row has more than ${csvLimits.rowCharacters} characters; look for a quote that is never closed.`, at, {
        cause: error,
      })
    default:
      return new FormatError(`The file is not valid CSV: ${error.message}.`, at, { cause: error })
  }
}
