/**
 * Checks a Parquet column before hyparquet decodes it. The library trusts counts in the file: a run of a thousand million values, which takes five
 * bytes to write, is written out in memory; and an error in one column leaves the promises of others unhandled, which ends the process.
 */

import type { ColumnChunk, Compressors, SchemaTree } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { parquetHeader } from 'hyparquet/src/column.js'
import { decompressPage } from 'hyparquet/src/datapage.js'
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js'
import { FormatError } from './format-error.ts'

export const pageLimits = {
  /** Pages are of 1 MB by habit; one that says more than this before it is unpacked is a bomb. */
  pageBytes: 64 * 1024 * 1024,
  /** Entries of one column in one row group. Writers put at most about a million rows into a group; a list may hold several entries a row. */
  values: 16 * 1024 * 1024,
} as const

/** The library's decompressors, none of which unpacks more than a page may have. */
export const limitedCompressors: Compressors = Object.fromEntries(
  Object.entries(compressors).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, outputLength: number) => {
      if (!(outputLength >= 0 && outputLength <= pageLimits.pageBytes))
        throw new FormatError(`A page says it unpacks to ${outputLength} bytes; at most ${pageLimits.pageBytes} are read.`)
      return decompress(input, outputLength)
    },
  ]),
)

/** Where a column's bytes lie, checked against the file. */
export function chunkRange(
  chunk: ColumnChunk,
  rows: bigint,
  tree: SchemaTree,
  fileSize: number,
): { start: number; end: number; path: SchemaTree[] } {
  const data = chunk.meta_data
  if (!data || chunk.file_path !== undefined) throw new FormatError('A column’s data lie in another file, or nowhere.')
  const name = data.path_in_schema.join('.')
  const path = getTreePath(tree, data.path_in_schema)
  if (path.length < 2 || path.at(-1)!.children.length > 0) throw new FormatError(`Column ${name} is no leaf of the schema.`)
  const start = Number(data.dictionary_page_offset || data.data_page_offset)
  const end = start + Number(data.total_compressed_size)
  if (!(start >= 4 && start <= end && end <= fileSize - 8))
    throw new FormatError(`Column ${name} lies in bytes ${start} to ${end} of ${fileSize}.`)
  if (data.num_values < rows || data.num_values > BigInt(pageLimits.values))
    throw new FormatError(
      `Column ${name} says it has ${data.num_values} values for ${rows} rows; at most ${pageLimits.values} are read in one group.`,
    )
  return { start, end, path }
}

/** Walks the pages of a column and checks sizes and counts. Throws FormatError, or a plain error of the library, on what cannot be decoded safely. */
export function checkPages(bytes: Uint8Array, chunk: ColumnChunk, path: SchemaTree[]): void {
  const { codec, num_values: promised, path_in_schema: names } = chunk.meta_data!
  const refuse = (fact: string): never => {
    throw new FormatError(`Column ${names.join('.')} has a page ${fact}.`)
  }
  const levels = { repetition: width(getMaxRepetitionLevel(path)), definition: width(getMaxDefinitionLevel(path)) }
  const isBoolean = path.at(-1)!.element.type === 'BOOLEAN'
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 }
  let values = 0
  while (reader.offset < bytes.length - 1) {
    const page = parquetHeader(reader)
    const size = page.compressed_page_size
    const unpacked = page.uncompressed_page_size
    if (!(size >= 0 && reader.offset + size <= bytes.length)) refuse(`of ${size} bytes, which is more than it has`)
    if (!(unpacked >= 0 && unpacked <= pageLimits.pageBytes))
      refuse(`that unpacks to ${unpacked} bytes; at most ${pageLimits.pageBytes} are read`)
    const packed = bytes.subarray(reader.offset, reader.offset + size)
    reader.offset += size
    const head = page.dictionary_page_header ?? page.data_page_header ?? page.data_page_header_v2
    if (!head) return refuse('of an unknown kind')
    const count = head.num_values
    if (page.dictionary_page_header) {
      // A value takes a bit at least.
      if (!(count >= 0 && count <= unpacked * 8)) refuse(`with a dictionary of ${count} values in ${unpacked} bytes`)
      continue
    }
    values += count
    if (!(count >= 0 && values <= promised)) refuse(`that makes its values more than the ${promised} it says it has`)
    // Each value of this encoding may repeat the whole of the one before: a small page may unpack without end.
    if (head.encoding === 'DELTA_BYTE_ARRAY')
      refuse('in the encoding DELTA_BYTE_ARRAY, which is not read; write it plain or with a dictionary')
    const isIndexed = head.encoding === 'RLE' || head.encoding === 'PLAIN_DICTIONARY' || head.encoding === 'RLE_DICTIONARY'
    const two = page.data_page_header_v2
    if (two) {
      const first = two.repetition_levels_byte_length
      const second = two.definition_levels_byte_length
      if (!(
        first >= 0 &&
        second >= 0 &&
        first + second <= size &&
        first + second <= unpacked &&
        two.num_nulls >= 0 &&
        two.num_nulls <= count
      ))
        refuse('whose levels do not fit')
      if (levels.repetition > 0) checkRuns(packed, 0, levels.repetition, count)
      if (levels.definition > 0) checkRuns(packed, first, levels.definition, count)
      if (isIndexed) checkIndexes(unpack(packed.subarray(first + second), unpacked - first - second, two.is_compressed !== false), 0, count)
    } else {
      const content = unpack(packed, unpacked, true)
      let at = 0
      for (const bits of [levels.repetition, levels.definition])
        if (bits > 0) {
          checkRuns(content, at + 4, bits, count)
          at += 4 + new DataView(content.buffer, content.byteOffset, content.length).getUint32(at, true)
        }
      if (isIndexed) checkIndexes(content, at, count)
    }
  }
  if (BigInt(values) !== promised) throw new FormatError(`Column ${names.join('.')} has ${values} values, but says it has ${promised}.`)

  function unpack(packed: Uint8Array, length: number, isPacked: boolean): Uint8Array {
    return isPacked ? decompressPage(packed, length, codec, limitedCompressors) : packed
  }

  function checkIndexes(content: Uint8Array, at: number, count: number): void {
    // Booleans carry their length; indexes into the dictionary their width.
    if (isBoolean) checkRuns(content, at + 4, 1, count)
    else if (content[at] !== 0) checkRuns(content, at + 1, content[at] ?? 0, count)
  }
}

/** Bits of a level. */
function width(most: number): number {
  return 32 - Math.clz32(most)
}

/** Runs of one value and packed groups of eight: no run may be longer than what is left to read. Where bytes end too early, the decoder says so. */
function checkRuns(bytes: Uint8Array, start: number, bits: number, count: number): void {
  let at = start
  for (let seen = 0; seen < count && at < bytes.length;) {
    let head = 0
    for (let shift = 0; at < bytes.length; shift += 7) {
      const byte = bytes[at++]!
      // As the library does it, in 32 bits.
      head |= (byte & 0x7f) << shift
      if ((byte & 0x80) === 0) break
    }
    const length = head >>> 1
    if (head & 1) {
      seen += length * 8
      at += length * bits
    } else {
      if (length > count - seen) throw new FormatError(`A page has a run of ${length} values where ${count - seen} are left.`)
      seen += length
      at += Math.ceil(bits / 8)
    }
  }
}
