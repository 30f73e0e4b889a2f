/** Writes a revision as a file other tools read: JSONL or Parquet, one example a row, provenance beside the content. */

import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { Db } from '../../storage/database.ts'
import type { StoredExample } from '../contributions/example.ts'
import type { DatasetRevision } from './dataset-revision.ts'
import { examplesOf } from './examples-of.ts'

export type ExportFormat = 'jsonl' | 'parquet'

/** In order of digest. What comes out can be contributed again as it is. */
export function exportRevision(
  app: { readonly db: Db },
  revision: Pick<DatasetRevision, 'id'>,
  format: ExportFormat,
): AsyncIterable<Uint8Array> {
  return format === 'jsonl' ? writeJsonl(examplesOf(app.db, revision)) : writeParquet(examplesOf(app.db, revision))
}

function flat({ content, provenance, digest }: StoredExample) {
  return { ...content, ...provenance, digest }
}

async function* writeJsonl(examples: AsyncIterable<StoredExample>): AsyncIterable<Uint8Array> {
  const encoder = new TextEncoder()
  let held = ''
  for await (const example of examples) {
    held += `${JSON.stringify(flat(example))}\n`
    if (held.length < 1 << 16) continue
    yield encoder.encode(held)
    held = ''
  }
  if (held !== '') yield encoder.encode(held)
}

/** Texts, except `messages`, which is the JSON of the list: readers without nested types can read the file too. */
const columns = [
  'messages',
  'prompt',
  'completion',
  'text',
  'chosen',
  'rejected',
  'origin',
  'generator',
  'source',
  'licence',
  'language',
  'digest',
] as const

/** Rows of one row group: what is held in memory. */
const groupSize = 5_000

async function* writeParquet(examples: AsyncIterable<StoredExample>): AsyncIterable<Uint8Array> {
  const bytes = new ByteWriter()
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.map((name) => ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }) as const),
    ],
  })
  // `index` is the fill of the buffer, `offset` the position in the file: what was handed out is forgotten.
  const take = (): Uint8Array => {
    const taken = bytes.getBytes().slice()
    bytes.index = 0
    return taken
  }
  const write = async (rows: readonly StoredExample[]) => {
    const cells = rows.map((example) => flat(example) as Record<string, unknown>)
    const data = (name: string) =>
      cells.map((row) => (name === 'messages' && row[name] !== undefined ? JSON.stringify(row[name]) : (row[name] ?? null)))
    await writer.write({ columnData: columns.map((name) => ({ name, data: data(name) })), rowGroupSize: groupSize })
  }
  let held: StoredExample[] = []
  for await (const example of examples) {
    held.push(example)
    if (held.length < groupSize) continue
    await write(held)
    held = []
    yield take()
  }
  if (held.length > 0) await write(held)
  await writer.finish()
  yield take()
}
