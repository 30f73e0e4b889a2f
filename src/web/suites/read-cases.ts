/** What a form's pasted text or file has for cases: those that can be used, the rows that cannot, and how many are taught already. */

import { standingAnswers } from '../../domain/contributions/check-answers.ts'
import { questionKey } from '../../domain/models/question-key.ts'
import { examineSamples, type ExaminedSamples, type SamplesFormat } from '../../domain/models/read-samples.ts'
import type { SuiteKind } from '../../domain/models/suite.ts'
import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { formLimits } from '../form.ts'

export interface GivenCases {
  readonly bytes: Uint8Array
  readonly format: SamplesFormat
  /** To be shown in the form again; null where a file is too large for a field. */
  readonly text: string | null
}

export interface ReadCases extends ExaminedSamples {
  /** The rows that are wrong as they stand, by their number. */
  readonly lines: ReadonlyMap<number, string>
  /** Questions that the dataset answers, of a suite that measures. */
  readonly taught: number
}

/** Characters of a wrong row that are shown. */
const excerpt = 300
/** Questions looked up in the dataset: enough to notice a suite that was made of what is taught. */
const lookedUp = 2_000

/** A file counts before what was pasted: whoever chose one means it. */
export async function givenCases(file: unknown, pasted: string): Promise<GivenCases> {
  if (!(file instanceof File) || file.size === 0) {
    const format = /^\s*[{[]/.test(pasted) ? 'jsonl' : 'csv'
    return { bytes: new TextEncoder().encode(pasted), format, text: pasted }
  }
  const format = /\.(jsonl|ndjson)$/i.test(file.name) ? 'jsonl' : /\.(csv|tsv|txt)$/i.test(file.name) ? 'csv' : null
  if (format === null) throw new AppError('invalid', `${file.name} is not a .jsonl, .csv or .tsv file; save it as one of them.`)
  const bytes = new Uint8Array(await file.arrayBuffer())
  return { bytes, format, text: bytes.length > formLimits.field / 2 ? null : new TextDecoder().decode(bytes).replace(/^\ufeff/, '') }
}

export async function readCases(
  app: { readonly db: Database },
  modelId: number,
  kind: SuiteKind,
  { bytes, format }: GivenCases,
  measures: boolean,
): Promise<ReadCases> {
  const examined = await examineSamples(kind, bytes, format)
  const text = examined.problems.length > 0 ? new TextDecoder().decode(bytes).split(/\r\n|\n|\r/) : []
  const lines = new Map(examined.problems.map(({ row }) => [row ?? 0, (text[(row ?? 1) - 1] ?? '').slice(0, excerpt)]))
  const keys = measures
    ? examined.samples.slice(0, lookedUp).flatMap(({ sample }) => (sample.kind === 'text' ? [] : [questionKey(sample)]))
    : []
  const standing = keys.length > 0 ? await standingAnswers(app.db, modelId, keys) : new Map<string, unknown>()
  return { ...examined, lines, taught: keys.filter((key) => standing.has(key)).length }
}
