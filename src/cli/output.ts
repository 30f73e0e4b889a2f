/** What a command shows: results on stdout, everything on the way there on stderr. */

import type { ErrorDetail } from '../errors.ts'

export class Output {
  readonly json: boolean
  readonly #out: NodeJS.WriteStream
  readonly #err: NodeJS.WriteStream
  /** Width of the progress line on screen now. */
  #line = 0
  #lastPlain = 0

  constructor(json: boolean, out: NodeJS.WriteStream = process.stdout, err: NodeJS.WriteStream = process.stderr) {
    this.json = json
    this.#out = out
    this.#err = err
  }

  /** The command's one result: the JSON document with --json, else the words made from it. */
  result<T>(value: T, words: (value: T) => string): void {
    this.endProgress()
    this.#out.write(this.json ? JSON.stringify(value, null, 2) + '\n' : ensureNewline(words(value)))
  }

  /** Part of a result that comes in pieces, e.g. an answer token by token; nothing with --json. */
  piece(text: string): void {
    if (!this.json) this.#out.write(text)
  }

  /** A remark on the way: on stderr, so that a pipe carries results alone. */
  note(text: string): void {
    this.endProgress()
    this.#err.write(ensureNewline(text))
  }

  /** A bar that replaces itself on a terminal; elsewhere a line now and then. `share` is 0 to 1. */
  progress(share: number, text: string): void {
    const percent = `${Math.floor(share * 100)}`.padStart(3)
    if (!this.#err.isTTY) {
      // A log wants few lines: at the end, and every two seconds at most.
      const now = performance.now()
      if (share < 1 && now - this.#lastPlain < 2_000) return
      this.#lastPlain = now
      this.#err.write(`  ${percent} %  ${text}\n`)
      return
    }
    const cells = Math.round(share * BAR)
    const line = `  ${'█'.repeat(cells)}${'░'.repeat(BAR - cells)} ${percent} %  ${text}`.slice(0, (this.#err.columns ?? 100) - 1)
    this.#err.write(`\r${line}${' '.repeat(Math.max(0, this.#line - line.length))}`)
    this.#line = line.length
  }

  endProgress(): void {
    if (this.#line > 0) this.#err.write('\n')
    this.#line = 0
    this.#lastPlain = 0
  }

  /** The one line (and, where there are several facts, one line each) a failed command ends with. */
  failure(sentence: string, details: readonly ErrorDetail[]): void {
    this.endProgress()
    if (this.json) {
      this.#out.write(JSON.stringify({ error: { message: sentence, details } }, null, 2) + '\n')
      return
    }
    for (const detail of details.slice(0, MOST_DETAILS))
      this.#err.write(`  ${detail.row == null ? '' : `row ${detail.row}: `}${detail.sentence}\n`)
    if (details.length > MOST_DETAILS) this.#err.write(`  … and ${details.length - MOST_DETAILS} more; --json lists them all.\n`)
    this.#err.write(`error: ${sentence}\n`)
  }
}

const BAR = 24
const MOST_DETAILS = 20

const ensureNewline = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`)

/** Rows under headings, padded to the widest cell. Widths are counted in graphemes, which is right for most scripts in most terminals. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) => Math.max(...[heading, ...rows.map((row) => row[column] ?? '')].map(width)))
  const print = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + ' '.repeat((widths[column] as number) - width(cell)))
      .join('  ')
      .trimEnd()
  return [headings, ...rows].map(print).join('\n')
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const width = (text: string) => [...segmenter.segment(text)].length

/** "1 h 02 min", "3 min 20 s", "12 s". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  return `${whole} s`
}

export function bytes(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} GB`
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} MB`
  return `${Math.ceil(count / 1e3)} kB`
}
