/** Reads the samples of a suite from a file, JSONL or a table, and says of each row what is wrong with it. */

import { csvRows, delimiterOf } from '../../formats/csv.ts'
import { FormatError } from '../../formats/format-error.ts'
import { jsonLines, type Bytes } from '../../formats/jsonl.ts'
import { AppError, type ErrorDetail } from '../../errors.ts'
import { sampleOfTable } from './sample-of-table.ts'
import { parseSample, questionOf } from './suite-samples.ts'
import { suiteLimits, type SuiteKind, type SuiteSample } from './suite.ts'

/** csv: a table with a header, separated by commas, semicolons or tabs. */
export type SamplesFormat = 'jsonl' | 'csv'

/** Wrong rows shown; the rest are counted. */
const shownProblems = 100

export interface ExaminedSamples {
  readonly samples: readonly { readonly row: number; readonly sample: SuiteSample }[]
  /** At most a hundred; `wrong` counts them all. */
  readonly problems: readonly ErrorDetail[]
  readonly wrong: number
}

/** The samples in the order of the file. Throws `invalid` with every wrong row in `details`, and where there is none. */
export async function readSamples(kind: SuiteKind, bytes: Bytes, format: SamplesFormat = 'jsonl'): Promise<SuiteSample[]> {
  const { samples, problems, wrong } = await examineSamples(kind, bytes, format)
  const [first] = problems
  if (first)
    throw new AppError('invalid', `${wrong} of the suite's lines cannot be used; line ${first.row}: ${first.sentence}`, {
      details: problems,
    })
  if (samples.length === 0) throw new AppError('invalid', 'The suite has no samples; give a JSONL file with one sample a line.')
  return samples.map(({ sample }) => sample)
}

/** The same without an end at the first mistake: what can be used and what cannot. Throws `invalid` where there are too many. */
export async function examineSamples(kind: SuiteKind, bytes: Bytes, format: SamplesFormat): Promise<ExaminedSamples> {
  const samples: { row: number; sample: SuiteSample }[] = []
  const asked = new Map<string, number>()
  const problems: ErrorDetail[] = []
  let wrong = 0
  for await (const { row, read } of rowsOf(kind, bytes, format)) {
    const sample = 'problem' in read ? read.problem : parseSample(kind, read.value)
    let problem = typeof sample === 'string' ? sample : null
    if (typeof sample !== 'string') {
      const before = asked.get(questionOf(sample))
      if (before !== undefined) problem = `It asks the same as line ${before}; one sample is enough, two would count twice.`
      else {
        asked.set(questionOf(sample), row)
        samples.push({ row, sample })
      }
    }
    if (problem !== null && ++wrong <= shownProblems) problems.push({ row, sentence: problem, severity: 'error' })
    if (samples.length > suiteLimits.samples)
      throw new AppError('invalid', `The suite has more than ${suiteLimits.samples} samples; split it, or choose a sample of it.`)
  }
  return { samples, problems, wrong }
}

interface Row {
  /** 1-based line. */
  readonly row: number
  readonly read: { readonly value: unknown } | { readonly problem: string }
}

async function* rowsOf(kind: SuiteKind, bytes: Bytes, format: SamplesFormat): AsyncIterable<Row> {
  if (format === 'jsonl') {
    for await (const read of jsonLines(bytes, { lineBytes: suiteLimits.line })) yield { row: read.line, read }
    return
  }
  const whole = bytes instanceof Uint8Array ? bytes : Buffer.concat(await Array.fromAsync(bytes))
  try {
    for await (const read of csvRows(whole, { delimiter: delimiterOf(whole) }))
      yield { row: read.line, read: 'problem' in read ? read : sampleOfTable(kind, read.values) }
  } catch (error) {
    if (error instanceof FormatError) throw new AppError('invalid', error.message, { cause: error })
    throw error
  }
}
