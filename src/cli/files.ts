/** Files that commands send: opened as streams, with a type that says how to read them. */

import { openAsBlob } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { AppError } from '../errors.ts'

const TYPES: Record<string, string> = {
  '.jsonl': 'application/jsonlines',
  '.ndjson': 'application/jsonlines',
  '.csv': 'text/csv',
  '.parquet': 'application/x-parquet',
}

/** A JSONL, CSV or Parquet file as a request body; the content type says which. */
export async function openUpload(file: string): Promise<{ stream: ReadableStream<Uint8Array>; type: string; size: number }> {
  const path = resolve(file)
  const type = TYPES[extname(path).toLowerCase()]
  if (type === undefined) throw new AppError('invalid', `${file} must end in .jsonl, .csv or .parquet, so that it is clear how to read it.`)
  const found = await stat(path).catch((cause: unknown) => {
    throw new AppError('not-found', `There is no file ${file}.`, { cause })
  })
  if (!found.isFile()) throw new AppError('invalid', `${file} is not a file.`)
  const blob = await openAsBlob(path)
  return { stream: blob.stream() as ReadableStream<Uint8Array>, type, size: found.size }
}
