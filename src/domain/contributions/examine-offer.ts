/** Reads and checks everything a contributor hands in, before anything of it is stored. */

import { setImmediate as breathe } from 'node:timers/promises'
import { AppError } from '../../errors.ts'
import type { Blobs, Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import type { Charter } from '../models/charter.ts'
import { currentCharter } from '../models/charter-queries.ts'
import type { CommunityModel } from '../models/community-model.ts'
import { bandsOf, shinglesOf } from '../models/near-text.ts'
import { duplicatesInDataset, duplicatesWithin, nearDuplicatesInDataset, nearDuplicatesWithin } from './check-duplicates.ts'
import { answersInDataset, answersWithin } from './check-answers.ts'
import { checkCases, checkClauses } from './check-cases.ts'
import { overlapWithSuites } from './check-overlap.ts'
import { checkProvenance, type CheckedProvenance } from './check-provenance.ts'
import { checkText } from './check-text.ts'
import { contributionLimits, type Finding, type Offer, type OfferedChange, type OfferedProvenance } from './contribution.ts'
import { contentDigest, exampleDigest, mapTexts, type Provenance } from './example.ts'
import { isProblem, parseContent } from './parse-example.ts'
import { readCase, readClause } from './read-case.ts'
import { textReader } from './text-reader.ts'
import { targetOf, wholeText, type PreparedChange, type PreparedExample } from './prepared-change.ts'
import { standingAmong } from './standing-examples.ts'

export interface ExaminedOffer {
  readonly message: string
  readonly signOff: string
  readonly changes: readonly PreparedChange[]
  /** Warnings only, at most contributionLimits.findings. */
  readonly findings: readonly Finding[]
}

type App = { readonly db: Db; readonly blobs: Blobs }

/** Throws `invalid` with every finding in `details` where any check has an error. */
export async function examineOffer(app: App, model: CommunityModel, offer: Offer): Promise<ExaminedOffer> {
  const message = readText('The message', 'say in a line what this changes and why', offer.message, contributionLimits.message)
  const signOff = readText(
    'The sign-off',
    'name who vouches for the right to give this (developercertificate.org)',
    offer.signOff,
    contributionLimits.signOff,
  )
  const { changes, findings, rows } = await examineChanges(app, model, offer)
  if (rows === 0) throw new AppError('invalid', 'The contribution changes nothing; give at least one example to add, replace or remove.')
  if (findings.some(({ severity }) => severity === 'error')) throw turnedAway(findings, rows)
  return { message, signOff, changes, findings: shorten(findings) }
}

export interface ExaminedChanges {
  /** Those that could be read. */
  readonly changes: readonly PreparedChange[]
  /** All of them, by row. */
  readonly findings: readonly Finding[]
  readonly rows: number
}

/** Every check of the changes, whatever it finds: what is said of them need not be complete yet. */
export async function examineChanges(app: App, model: CommunityModel, offer: OfferedChanges): Promise<ExaminedChanges> {
  const { changes, findings, rows } = await readOffer(model, await currentCharter(app.db, model.id), offer)
  findings.push(...(await checkAgainstModel(app, model.id, changes)))
  findings.push(...duplicatesWithin(changes), ...nearDuplicatesWithin(changes), ...answersWithin(changes))
  findings.sort((a, b) => (a.row ?? 0) - (b.row ?? 0))
  return { changes, findings, rows }
}

/** The checks that depend on what the dataset and the suites hold at this moment; run again before a contribution is accepted. */
export async function checkAgainstModel(
  app: App,
  modelId: number,
  changes: readonly PreparedChange[],
  depth: 'all' | 'errors' = 'all',
): Promise<Finding[]> {
  return [
    ...(await checkTargets(app.db, modelId, changes)),
    ...(await duplicatesInDataset(app.db, modelId, changes)),
    ...(depth === 'all' ? await nearDuplicatesInDataset(app.db, modelId, changes) : []),
    ...(depth === 'all' ? await answersInDataset(app.db, modelId, changes) : []),
    ...(await checkCases(app, modelId, changes)),
    ...(await checkClauses(app, modelId, changes)),
    ...(await overlapWithSuites(app, modelId, changes)).filter(({ severity }) => depth === 'all' || severity === 'error'),
  ]
}

function readText(what: string, way: string, input: string, limit: number): string {
  const { text, findings } = checkText(input.trim())
  const error = findings.find(({ severity }) => severity === 'error')
  if (text === '') throw new AppError('invalid', `${what} is empty; ${way}.`)
  if (text.length > limit) throw new AppError('invalid', `${what} has ${text.length} characters; at most ${limit} are kept.`)
  if (error) throw new AppError('invalid', `${what}: ${error.sentence}`)
  return text
}

/** Changes, with what is said of those that say nothing themselves. */
export type OfferedChanges = Pick<Offer, 'changes' | 'licence' | 'language' | 'origin' | 'generator' | 'source'>

async function readOffer(
  model: CommunityModel,
  charter: Charter,
  offer: OfferedChanges,
): Promise<{ changes: PreparedChange[]; findings: Finding[]; rows: number }> {
  const changes: PreparedChange[] = []
  const findings: Finding[] = []
  const provenances = new Map<string, CheckedProvenance>()
  const checked = (own: OfferedProvenance | undefined): CheckedProvenance => {
    const whole = withDefaults(offer, own ?? {})
    const key = JSON.stringify(whole)
    const known = provenances.get(key) ?? checkProvenance(whole, model.licencePolicy)
    provenances.set(key, known)
    return known
  }
  const unread: UnreadColumns = new Map()
  let rows = 0
  for await (const change of offer.changes) {
    rows++
    if (rows > contributionLimits.changes) {
      const sentence = `The contribution has more than ${contributionLimits.changes.toLocaleString('en')} changes, too many to review at once; split it.`
      findings.push({ check: 'size', severity: 'error', row: null, sentence })
      break
    }
    // Thousands of examples take seconds: others are answered in between.
    if (rows % 100 === 0) await breathe()
    readChange(change, change.row ?? rows, { charter, checked }, changes, findings)
    if ('unread' in change) noteUnread(unread, change.unread ?? [], change.row ?? rows)
  }
  findings.push(...unreadColumns(unread))
  return { changes, findings, rows }
}

type UnreadColumns = Map<string, { rows: number; readonly first: number }>

function noteUnread(unread: UnreadColumns, columns: readonly string[], row: number): void {
  for (const column of columns) {
    const before = unread.get(column)
    if (before) before.rows++
    // A file whose every row has columns of its own would fill the memory with their names.
    else if (unread.size < mostUnread) unread.set(column, { rows: 1, first: row })
  }
}

/** Columns are named up to here; who brings more has a file of another kind. */
const mostUnread = 50

/** Whoever offers a column means something by it: that it is not kept must not go unsaid. */
function unreadColumns(unread: UnreadColumns): Finding[] {
  return [...unread].map(([column, { rows, first }]) => ({
    check: 'schema',
    severity: 'warning',
    row: null,
    sentence: `The column ${JSON.stringify(column.slice(0, 80))} is not read and not kept (${rows === 1 ? `row ${first}` : `${rows.toLocaleString('en')} rows, row ${first} first`}).`,
  }))
}

/** A row's own fields, over the contribution's. A generator belongs to its origin: a row with an origin of its own brings its own generator. */
function withDefaults(offer: OfferedChanges, own: OfferedProvenance): OfferedProvenance {
  return {
    origin: own.origin ?? offer.origin,
    generator: own.generator ?? (own.origin === undefined || own.origin === offer.origin ? offer.generator : null) ?? null,
    source: own.source ?? offer.source,
    licence: own.licence ?? offer.licence,
    language: own.language ?? offer.language,
  }
}

function readChange(
  change: OfferedChange,
  row: number,
  { charter, checked }: { charter: Charter; checked: (own: OfferedProvenance | undefined) => CheckedProvenance },
  changes: PreparedChange[],
  findings: Finding[],
): void {
  const error = (check: Finding['check'], sentence: string) => findings.push({ check, severity: 'error', row, sentence })
  if (change.kind === 'unreadable') return void error('schema', change.sentence)
  if (change.kind === 'case' || change.kind === 'clause') {
    const read = change.kind === 'case' ? readCase(change, checked, row, findings) : readClause(change.change, charter, row, findings)
    if (typeof read === 'string') error(change.kind, read)
    else if (read) changes.push(read)
    return
  }
  const target = change.kind === 'add' ? null : parseDigest(change.target)
  if (change.kind !== 'add' && target === null)
    return void error(
      'target',
      `${JSON.stringify(change.target.slice(0, 80))} is not the digest of an example (sha256: and 64 hexadecimal digits).`,
    )
  if (change.kind === 'remove') return void changes.push({ kind: 'remove', row, target: target as Digest })
  const prepared = readExample(change.content, checked(change.provenance), row, findings)
  if (!prepared) return
  changes.push(change.kind === 'add' ? { kind: 'add', row, ...prepared } : { kind: 'replace', row, target: target as Digest, ...prepared })
}

function parseDigest(text: string): Digest | null {
  const digest = /^(?:sha256:)?([0-9a-f]{64})$/.exec(text.trim())?.[1]
  return digest === undefined ? null : `sha256:${digest}`
}

function readExample(
  value: unknown,
  { provenance, findings: own }: CheckedProvenance,
  row: number,
  findings: Finding[],
): PreparedExample | null {
  const before = findings.length
  findings.push(...own.map((finding) => ({ ...finding, row })))
  const content = parseContent(value)
  if (isProblem(content)) {
    findings.push({ check: content.check, severity: 'error', row, sentence: content.sentence })
    return null
  }
  const clean = mapTexts(content, textReader(row, findings))
  if (provenance === null || findings.slice(before).some(({ severity }) => severity === 'error')) return null
  return prepareExample(clean, provenance)
}

/** Digests and MinHash bands of an example that is in order. */
export function prepareExample(content: PreparedExample['example']['content'], provenance: Provenance): PreparedExample {
  const example = { content, provenance }
  return { digest: exampleDigest(example), contentDigest: contentDigest(content), example, bands: bandsOf(shinglesOf(wholeText(content))) }
}

/** Targets have to stand in the dataset, each once. */
async function checkTargets(db: Db, modelId: number, changes: readonly PreparedChange[]): Promise<Finding[]> {
  const findings: Finding[] = []
  const targets = changes.flatMap((change) => targetOf(change) ?? [])
  if (targets.length === 0) return findings
  const standing = await standingAmong(db, modelId, targets)
  const first = new Map<Digest, number>()
  for (const change of changes) {
    const target = targetOf(change)
    if (target === null) continue
    const error = (sentence: string) => findings.push({ check: 'target', severity: 'error', row: change.row, sentence })
    const before = first.get(target)
    if (before !== undefined) error(`Row ${before} already changes the example ${target}.`)
    else if (!standing.has(target)) error(`The dataset has no example ${target}; look it up with "dataset export" or blame.`)
    first.set(target, before ?? change.row)
  }
  return findings
}

/** At most contributionLimits.findings of each severity, with a last one that counts the rest. */
function shorten(findings: readonly Finding[]): Finding[] {
  const limit = contributionLimits.findings
  const kept: Finding[] = []
  for (const severity of ['error', 'warning'] as const) {
    const some = findings.filter((finding) => finding.severity === severity)
    kept.push(...some.slice(0, limit))
    const rest = some.length - limit
    if (rest > 0)
      kept.push({
        check: (some[limit] as Finding).check,
        severity,
        row: null,
        sentence: `And ${rest.toLocaleString('en')} more like these.`,
      })
  }
  return kept
}

function turnedAway(findings: readonly Finding[], rows: number): AppError {
  const errors = findings.filter(({ severity }) => severity === 'error')
  const first = errors[0] as Finding
  const where = first.row === null ? '' : `Row ${first.row}: `
  const rowsWrong = new Set(errors.map(({ row }) => row)).size
  const sum =
    errors.length === 1
      ? 'One thing has'
      : `${errors.length.toLocaleString('en')} things in ${rowsWrong.toLocaleString('en')} of ${rows.toLocaleString('en')} rows have`
  return new AppError(
    'invalid',
    `The contribution was turned away and nothing of it is stored. ${sum} to be mended first. ${where}${first.sentence}`,
    {
      details: shorten(findings),
    },
  )
}
