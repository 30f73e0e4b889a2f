/** What every format throws on input it cannot accept: the file or field, the fact, and where. */

export class FormatError extends Error {
  /** Where in the input: a byte offset in binary formats, a 1-based line in text formats. */
  readonly at: { readonly byte: number } | { readonly line: number } | undefined

  constructor(sentence: string, at?: { byte: number } | { line: number }, options?: { cause?: unknown }) {
    const place = at === undefined ? '' : 'byte' in at ? ` (byte ${at.byte})` : ` (line ${at.line})`
    super(sentence + place, options)
    this.name = 'FormatError'
    this.at = at
  }
}
