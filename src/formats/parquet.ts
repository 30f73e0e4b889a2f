/** Parquet as rows: reads what others publish, a row group at a time, and writes what datasets export. */

import { parquetMetadataAsync, parquetReadObjects, parquetSchema, type AsyncBuffer, type FileMetaData, type SchemaElement } from 'hyparquet'
import { ByteWriter, parquetWrite } from 'hyparquet-writer'
import type { ByteSource } from './byte-source.ts'
import { FormatError } from './format-error.ts'
import { checkPages, chunkRange, limitedCompressors } from './parquet-pages.ts'

export const parquetLimits = {
  /** A row group is decoded as a whole. Writers make them of 128 MB at most by habit; text grows in memory. */
  groupBytes: 512 * 1024 * 1024,
  /** pyarrow's default is a million; each row becomes an object. */
  groupRows: 1_048_576,
  /** The footer is held in memory. */
  footerBytes: 64 * 1024 * 1024,
  columns: 1_000,
} as const

/** Rows as objects, 1-based. Nulls are left out, whole numbers are numbers, times are ISO 8601 texts. Throws FormatError. */
export async function* readParquet(source: ByteSource, file = 'The file'): AsyncIterable<{ row: number; values: Record<string, unknown> }> {
  const buffer: AsyncBuffer = {
    byteLength: source.size,
    async slice(start, end = source.size) {
      if (!(start >= 0 && end <= source.size && start <= end)) throw new FormatError(`${file} points outside itself.`)
      return new Uint8Array(await source.read(start, end)).buffer
    },
  }
  const metadata = await guarded(file, () => readFooter(buffer, source, file))
  let start = 0
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows)
    const rows = await guarded(file, async () => {
      const tree = parquetSchema(metadata)
      for (const chunk of group.columns) {
        const range = chunkRange(chunk, group.num_rows, tree, source.size)
        checkPages(await source.read(range.start, range.end), chunk, range.path)
      }
      return parquetReadObjects({
        file: buffer,
        metadata,
        rowStart: start,
        rowEnd: end,
        compressors: limitedCompressors,
        geoparquet: false,
      })
    })
    if (rows.length !== end - start) throw new FormatError(`A row group of ${file} has ${rows.length} rows, but says ${end - start}.`)
    for (const [i, values] of rows.entries()) yield { row: start + i + 1, values: plain(values, file) as Record<string, unknown> }
    start = end
  }
}

async function readFooter(buffer: AsyncBuffer, source: ByteSource, file: string): Promise<FileMetaData> {
  if (source.size < 12) throw new FormatError(`${file} has ${source.size} bytes; it is no Parquet file.`)
  const tail = await source.read(source.size - 8, source.size)
  const length = new DataView(tail.buffer, tail.byteOffset, 8).getUint32(0, true)
  if (length > parquetLimits.footerBytes || length + 12 > source.size)
    throw new FormatError(`${file} says its footer has ${length} bytes, which cannot be; it is cut short or no Parquet file.`)
  const metadata = await parquetMetadataAsync(buffer, { geoparquet: false })
  if (metadata.schema.length > parquetLimits.columns)
    throw new FormatError(`${file} has ${metadata.schema.length} columns; at most ${parquetLimits.columns} are read.`)
  const leaves = parquetSchema(metadata).children.length
  for (const [i, group] of metadata.row_groups.entries()) {
    if (!(group.num_rows >= 0n && group.num_rows <= BigInt(parquetLimits.groupRows)))
      throw new FormatError(
        `Row group ${i + 1} of ${file} has ${group.num_rows} rows; at most ${parquetLimits.groupRows} are read. Write smaller groups.`,
      )
    if (new Set(group.columns.map((column) => column.meta_data?.path_in_schema[0])).size !== leaves)
      throw new FormatError(`Row group ${i + 1} of ${file} does not hold every column once.`)
    const size = group.columns.reduce((sum, column) => sum + (column.meta_data?.total_uncompressed_size ?? 0n), 0n)
    if (size > BigInt(parquetLimits.groupBytes))
      throw new FormatError(
        `Row group ${i + 1} of ${file} unpacks to ${size} bytes; at most ${parquetLimits.groupBytes} are read. Write smaller groups.`,
      )
  }
  return metadata
}

/** The library throws plain errors on bad input; they become FormatError. */
async function guarded<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    throw new FormatError(`${file} cannot be read as Parquet: ${(cause as Error).message}.`, undefined, { cause })
  }
}

/** Parquet's values as JSON's. */
function plain(value: unknown, file: string): unknown {
  if (typeof value === 'bigint') {
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER)
      throw new FormatError(`${file} holds the number ${value}, which JSON cannot hold exactly.`)
    return Number(value)
  }
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map((item) => plain(item, file))
  if (value instanceof Uint8Array) throw new FormatError(`${file} holds a column of raw bytes; texts, numbers and lists are read.`)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, inner]) => inner !== null && inner !== undefined)
        .map(([key, inner]) => [key, plain(inner, file)]),
    )
  return value
}

/** A column to write. Absent values are null. `messages` is a list of turns, as the ecosystem's chat datasets have it. */
export type ParquetColumn =
  | { readonly name: string; readonly kind: 'text'; readonly values: readonly (string | null)[] }
  | { readonly name: string; readonly kind: 'number'; readonly values: readonly (number | null)[] }
  | { readonly name: string; readonly kind: 'boolean'; readonly values: readonly (boolean | null)[] }
  | { readonly name: string; readonly kind: 'messages'; readonly values: readonly (readonly { role: string; content: string }[] | null)[] }

/** The file's bytes, compressed with Snappy. The same columns give the same bytes. */
export function writeParquet(columns: readonly ParquetColumn[]): Uint8Array {
  const schema: SchemaElement[] = [{ name: 'root', num_children: columns.length }, ...columns.flatMap(schemaOf)]
  const writer = new ByteWriter()
  void parquetWrite({
    writer,
    schema,
    columnData: columns.map(({ name, values }) => ({ name, data: [...values] })),
    createdBy: 'commonweights',
  })
  return new Uint8Array(writer.getBuffer())
}

function schemaOf({ name, kind }: ParquetColumn): SchemaElement[] {
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const
  switch (kind) {
    case 'text':
      return [{ name, ...text }]
    case 'number':
      return [{ name, type: 'DOUBLE', repetition_type: 'OPTIONAL' }]
    case 'boolean':
      return [{ name, type: 'BOOLEAN', repetition_type: 'OPTIONAL' }]
    case 'messages':
      return [
        { name, converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', repetition_type: 'OPTIONAL', num_children: 2 },
        { name: 'role', ...text },
        { name: 'content', ...text },
      ]
  }
}
