/** Reads a file or a pasted text into the rows of an upload. */

import { AppError } from '../../errors.ts'
import { delimiterOf } from '../../formats/csv.ts'
import { FormatError } from '../../formats/format-error.ts'
import { isRecord } from '../../formats/strict-json.ts'
import { readRows, type FileFormat } from './read-changes.ts'
import { uploadLimits } from './upload.ts'

export interface ReadUpload {
  readonly rows: readonly { readonly row: number; readonly cells: unknown; readonly problem: string | null }[]
  /** In the order they first turn up. */
  readonly columns: readonly string[]
  readonly characters: number
}

/** The format of a pasted text: JSON Lines where it begins so, else a table. */
export function formatOfText(text: string): FileFormat {
  return /^\s*[{[]/.test(text) ? 'jsonl' : 'csv'
}

/** Throws `invalid` where nothing can be read, and where it is more than an upload may have. */
export async function readUpload(bytes: Uint8Array, format: FileFormat): Promise<ReadUpload> {
  const rows: { row: number; cells: unknown; problem: string | null }[] = []
  const columns = new Set<string>()
  const lines = format === 'parquet' ? null : linesOf(bytes)
  let characters = 0
  for await (const read of rowsOf(bytes, format)) {
    if (rows.length >= uploadLimits.rows)
      throw new AppError(
        'invalid',
        `The file has more than ${uploadLimits.rows.toLocaleString('en')} rows, the most that are reviewed at once; split it.`,
      )
    const cells = 'problem' in read ? (read.line === null ? null : (lines?.(read.line) ?? null)) : read.value
    characters += JSON.stringify(cells ?? null).length
    if (characters > uploadLimits.characters)
      throw new AppError('invalid', `The file's rows have more than ${uploadLimits.characters.toLocaleString('en')} characters; split it.`)
    if (!('problem' in read) && isRecord(cells)) for (const column of Object.keys(cells)) columns.add(column)
    if ([...columns].some((column) => /\p{C}/u.test(column)))
      throw new AppError('invalid', `Row ${read.row} names a column with characters that cannot be seen; rename it.`)
    if (columns.size > uploadLimits.columns)
      throw new AppError('invalid', `The file has more than ${uploadLimits.columns} columns; keep those that matter and try again.`)
    rows.push({ row: read.row, cells: cells ?? null, problem: 'problem' in read ? read.problem.toWellFormed().replaceAll('\0', '') : null })
  }
  if (rows.length === 0)
    throw new AppError(
      'invalid',
      'There is no row in it; a table needs a line with the names of its columns, then a line for each example.',
    )
  return { rows, columns: [...columns], characters }
}

async function* rowsOf(bytes: Uint8Array, format: FileFormat): ReturnType<typeof readRows> {
  try {
    yield* readRows(bytes, format, format === 'csv' ? delimiterOf(bytes) : ',')
  } catch (error) {
    if (error instanceof FormatError) throw new AppError('invalid', error.message, { cause: error })
    throw error
  }
}

/** What stands on a line: for showing a row that could not be read. */
function linesOf(bytes: Uint8Array): (line: number) => string {
  let all: readonly string[] | undefined
  return (line) => {
    all ??= new TextDecoder().decode(bytes).split(/\r\n|\n|\r/)
    return (all[line - 1] ?? '').slice(0, uploadLimits.unreadable)
  }
}
