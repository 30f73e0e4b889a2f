/** CSV from untrusted bytes (RFC 4180: header row, double quotes), row by row, with the line named when something is wrong. */

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

/** A row that cannot be read, and what is wrong with it; 1-based line on which it begins. */
export interface CsvProblem {
  readonly line: number
  readonly problem: string
}

interface CsvOptions {
  readonly delimiter?: ',' | ';' | '\t'
}

/** Rows under a header. Throws FormatError with the line on broken quotes, a row of another length, a repeated or empty column name, invalid UTF-8. */
export async function* readCsv(bytes: Bytes, options: CsvOptions = {}): AsyncIterable<CsvRow> {
  for await (const row of csvRows(bytes, options)) {
    if ('problem' in row) throw new FormatError(row.problem, { line: row.line })
    yield row
  }
}

/**
 * The same for those who want to hear of every broken row: it comes as a problem. After broken quotes nothing says where the next row begins, so reading
 * goes on at the next line: what a quote swallowed is read again, and a row that goes over several lines can be reported more than once, never left out.
 * Still throws where nothing can be read: a wrong header, invalid UTF-8.
 */
export async function* csvRows(bytes: Bytes, options: CsvOptions = {}): AsyncIterable<CsvRow | CsvProblem> {
  const delimiter = options.delimiter ?? ','
  let columns: readonly string[] | undefined
  let text = ''
  let line = 1
  /** A line above the limit is read past, never held. */
  let skipping = false
  let begun = false
  for await (const piece of withEnd(decoded(bytes))) {
    text += piece ?? ''
    // A byte order mark, which some editors put in front.
    if (!begun && text !== '') {
      begun = true
      if (text.startsWith('\ufeff')) text = text.slice(1)
    }
    const last = piece === null
    let at = 0
    while (at < text.length) {
      if (skipping) {
        const next = nextLine(text, at, last)
        if (next === null) {
          // A line feed may follow in the next piece.
          at = !last && text.endsWith('\r') ? text.length - 1 : text.length
          break
        }
        at = next
        skipping = false
        line++
        continue
      }
      const read = readRow(text, at, delimiter, last)
      if (read === 'more' && text.length - at <= csvLimits.rowCharacters) break
      const ends = read === 'more' || 'problem' in read ? null : read.end
      if (ends === null || ends - at > csvLimits.rowCharacters) {
        const problem = read !== 'more' && 'problem' in read ? read.problem : tooLong
        if (columns === undefined) throw new FormatError(problem, { line })
        yield { line, problem }
        skipping = true
        continue
      }
      const { cells } = read as Row
      const lines = newlines(text, at, ends)
      const ending = line + lines - (/[\n\r]/.test(text[ends - 1] as string) ? 1 : 0)
      if (columns === undefined && !isEmpty(cells)) columns = checkHeader(cells)
      else if (columns !== undefined && !isEmpty(cells)) {
        if (cells.length !== columns.length) {
          yield { line, problem: 'The row has another number of cells than the header.' }
          // A quote may have swallowed whole rows.
          if (ending > line) {
            skipping = true
            continue
          }
        } else yield { line: ending, values: valuesOf(columns, cells) }
      }
      line += lines
      at = ends
    }
    text = text.slice(at)
  }
}

const tooLong = `A row has more than ${csvLimits.rowCharacters} characters; look for a quote that is never closed.`

/** The pieces, then null. */
async function* withEnd<T>(pieces: AsyncIterable<T>): AsyncIterable<T | null> {
  yield* pieces
  yield null
}

interface Row {
  readonly cells: readonly string[]
  /** Where the next row begins. */
  readonly end: number
}

/** The row that begins at `start`; 'more' where the text ends before it does, unless that is all there is. */
function readRow(text: string, start: number, delimiter: string, last: boolean): Row | { readonly problem: string } | 'more' {
  const cells: string[] = []
  let at = start
  for (;;) {
    let cell: string
    if (text[at] === '"') {
      const close = closingQuote(text, at, last)
      if (close === 'more' || typeof close === 'object') return close
      cell = text.slice(at + 1, close).replaceAll('""', '"')
      at = close + 1
    } else {
      const from = at
      while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') {
        if (text[at] === '"')
          return { problem: 'A quote stands inside a cell that is not quoted; quote the whole cell and double the quote ("").' }
        at++
      }
      cell = text.slice(from, at)
    }
    cells.push(cell)
    if (at >= text.length) return last ? { cells, end: at } : 'more'
    if (text[at] === delimiter) at++
    else if (text[at] === '\n' || text[at] === '\r') {
      // A line feed may follow in the next piece.
      if (text[at] === '\r' && at + 1 >= text.length && !last) return 'more'
      return { cells, end: at + (text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1) }
    } else return { problem: 'Something follows a closing quote; a quote inside a quoted cell must be doubled ("").' }
  }
}

/** Where the quote that opens at `open` closes. */
function closingQuote(text: string, open: number, last: boolean): number | { readonly problem: string } | 'more' {
  for (let at = open + 1; ; at += 2) {
    at = text.indexOf('"', at)
    if (at < 0) return last ? { problem: 'A quote is opened and never closed.' } : 'more'
    if (at + 1 >= text.length && !last) return 'more'
    if (text[at + 1] !== '"') return at
  }
}

/** Beginning of the line after `start`; null where the text has none. */
function nextLine(text: string, start: number, last: boolean): number | null {
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\n') return at + 1
    if (text[at] === '\r') {
      if (at + 1 >= text.length && !last) return null
      return at + (text[at + 1] === '\n' ? 2 : 1)
    }
  }
  return null
}

/** Line ends of all kinds between two places. */
function newlines(text: string, start: number, end: number): number {
  let count = 0
  for (let at = start; at < end; at++) if (text[at] === '\n' || (text[at] === '\r' && text[at + 1] !== '\n')) count++
  return count
}

/** An empty line. */
const isEmpty = (cells: readonly string[]) => cells.length === 1 && cells[0] === ''

const valuesOf = (columns: readonly string[], cells: readonly string[]) =>
  Object.fromEntries(columns.map((name, i) => [name, cells[i] as string]))

function checkHeader(names: readonly string[]): readonly string[] {
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

/** The one that the header has most of: spreadsheets copy with tabs, and save with semicolons where the comma is for decimals. */
export function delimiterOf(bytes: Uint8Array): ',' | ';' | '\t' {
  const header = new TextDecoder().decode(bytes.subarray(0, 10_000)).split(/\r?\n/)[0] ?? ''
  const count = (delimiter: string) => header.split(delimiter).length
  return (['\t', ';', ','] as const).reduce((best, each) => (count(each) > count(best) ? each : best), ',')
}
