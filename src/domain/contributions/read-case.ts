/** Reads cases and changes of the charter from what was offered: their shape, their texts and where they are from. */

import { AppError } from '../../errors.ts'
import { parseClauseChange, type Charter } from '../models/charter.ts'
import { parseSlug } from '../models/model-name.ts'
import { parseSample } from '../models/suite-samples.ts'
import { regressionsName, type ExactSample, type SampleInput } from '../models/suite.ts'
import type { CheckedProvenance } from './check-provenance.ts'
import type { Finding, OfferedChange, OfferedProvenance } from './contribution.ts'
import type { PreparedCase, PreparedClause } from './prepared-change.ts'
import { textReader } from './text-reader.ts'

type OfferedCase = Extract<OfferedChange, { kind: 'case' }>

/** The case; a sentence that says what is wrong with it; or null where that stands in the findings. */
export function readCase(
  { action = 'add', suite = regressionsName, sample: offered, provenance: own }: OfferedCase,
  checked: (own: OfferedProvenance | undefined) => CheckedProvenance,
  row: number,
  findings: Finding[],
): PreparedCase | string | null {
  if (action !== 'add' && action !== 'remove') return 'action must be add or remove.'
  const name = slugOf(suite)
  if (typeof name !== 'string') return name.problem
  const sample = parseSample('exact', offered)
  if (typeof sample === 'string') return sample
  const before = findings.length
  const clean = textReader(row, findings)
  // Which contribution brought it is known once it is accepted, whatever is said here.
  const { contribution: _, ...said } = sample as ExactSample
  const read = { ...said, ...cleanInput(said, clean), expected: clean(said.expected) } as ExactSample
  if (action === 'remove') return { kind: 'case', row, action, suite: name, sample: read, provenance: null }
  const { provenance, findings: about } = checked(own)
  findings.push(...about.map((finding) => ({ ...finding, row })))
  if (provenance === null || findings.slice(before).some(({ severity }) => severity === 'error')) return null
  return { kind: 'case', row, action, suite: name, sample: read, provenance }
}

function slugOf(suite: unknown): string | { readonly problem: string } {
  if (typeof suite !== 'string') return { problem: 'suite must be the name of a regression suite.' }
  try {
    return parseSlug(suite, 'suite name')
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { problem: error.message }
  }
}

/** As `readCase`, of a change of the charter. */
export function readClause(offered: unknown, charter: Charter, row: number, findings: Finding[]): PreparedClause | string | null {
  const change = parseClauseChange(offered, charter)
  if (typeof change === 'string') return change
  if (change.action === 'remove') return { kind: 'clause', row, change }
  const before = findings.length
  const clean = textReader(row, findings)
  const text = clean(change.clause.text)
  const cases = change.clause.cases.map((one) => ({ ...one, ...cleanInput(one, clean) }))
  if (findings.slice(before).some(({ severity }) => severity === 'error')) return null
  return { kind: 'clause', row, change: { ...change, clause: { ...change.clause, text, cases } } }
}

function cleanInput(input: SampleInput, clean: (text: string) => string): SampleInput {
  if ('prompt' in input) return { prompt: clean(input.prompt) }
  return { messages: input.messages.map(({ role, content }) => ({ role, content: clean(content) })) }
}
