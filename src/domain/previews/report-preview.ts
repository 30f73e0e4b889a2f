/** Reads what a preview found out: its builds, what every sample gave, and what has moved on since. */

import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Build } from '../builds/build.ts'
import { compareEvaluations } from '../evaluation/compare.ts'
import { findEvaluation, findEvaluations, resultsOf } from '../evaluation/evaluation-queries.ts'
import type { Comparison, Evaluation } from '../evaluation/evaluation.ts'
import { findBaseById } from '../models/model-queries.ts'
import { readSuite } from '../models/suite-queries.ts'
import type { SuiteSample } from '../models/suite.ts'
import { findReleaseById } from '../releases/release-queries.ts'
import { changedAnswers, givenAnswers, type SuiteResults } from './changed-answers.ts'
import { findPreview, stalenessOf } from './preview-queries.ts'
import type { BuildCost, PreviewReport, SuiteEffect } from './preview-report.ts'
import { ownCasesName } from './own-cases.ts'
import { onlyNoise, ownCasesSentence, previewSentences } from './preview-words.ts'
import type { Preview } from './preview.ts'

interface ReadApp {
  readonly db: Database
  readonly blobs: Blobs
}

/** The newest preview of a contribution, as far as it has come. `not-found` where it has none. */
export async function reportPreview(app: ReadApp, contributionId: number): Promise<PreviewReport> {
  const preview = await findPreview(app.db, contributionId)
  const { build, control } = preview
  const all: SuiteEffect[] = []
  for (const [index, against] of (build.comparisons ?? []).entries())
    all.push(await suiteEffect(app, against, control?.comparisons?.[index] ?? null))
  const isOwn = ({ against }: SuiteEffect) => against.suite.name === ownCasesName(contributionId)
  const suites = all.filter((suite) => !isOwn(suite))
  const ownCases = all.find(isOwn) ?? null
  const { epochs, maxSteps, batchSize, accumulation } = build.run.recipe
  const examples = build.run.revision.count
  const words = {
    baseline: await nameOfBaseline(app.db, preview),
    cold: build.run.warmStartId === null,
    hasControl: control !== null,
    suites,
    passes: examples === 0 ? null : Math.min(epochs, ((maxSteps ?? Infinity) * batchSize * accumulation) / examples),
    examples,
  }
  return {
    preview,
    stale: await stalenessOf(app.db, preview),
    summary: [...previewSentences(words), ...(ownCases === null ? [] : [ownCasesSentence(ownCases, words.baseline)])],
    onlyNoise: onlyNoise(suites),
    suites,
    ownCases,
    ownAnswers: ownCases === null ? [] : await ownAnswers(app, ownCases),
    cost: {
      build: await costOf(app.db, build, preview.createdAt),
      control: control && (await costOf(app.db, control, preview.createdAt)),
      total: preview.seconds,
    },
  }
}

async function suiteEffect(app: ReadApp, against: Comparison, drift: Comparison | null): Promise<SuiteEffect> {
  const [subject] = await sides(app, against)
  const without = drift && (await findEvaluation(app.db, drift.subject.evaluationId))
  return {
    against,
    effect: without && (await compareEvaluations(app, subject, without)),
    drift,
    answers: changedAnswers(await samplesOf(app, against), await resultsOfAll(app, against, drift)),
  }
}

async function ownAnswers(app: ReadApp, { against, drift }: SuiteEffect): Promise<PreviewReport['ownAnswers']> {
  return givenAnswers(await samplesOf(app, against), await resultsOfAll(app, against, drift))
}

function samplesOf(app: ReadApp, { suite }: Comparison): Promise<SuiteSample[]> {
  return Array.fromAsync(readSuite(app, suite))
}

async function resultsOfAll(app: ReadApp, against: Comparison, drift: Comparison | null): Promise<SuiteResults> {
  const [subject, baseline] = await sides(app, against)
  const without = drift && (await findEvaluation(app.db, drift.subject.evaluationId))
  return {
    before: await resultsOf(app, baseline),
    after: await resultsOf(app, subject),
    control: without && (await resultsOf(app, without)),
  }
}

async function sides(app: ReadApp, { subject, baseline }: Comparison): Promise<[Evaluation, Evaluation]> {
  return [await findEvaluation(app.db, subject.evaluationId), await findEvaluation(app.db, baseline.evaluationId)]
}

async function nameOfBaseline(db: Db, { releaseId, build }: Preview): Promise<string> {
  if (releaseId !== null) return `release ${(await findReleaseById(db, releaseId)).version}`
  return `the base ${(await findBaseById(db, build.run.baseId)).name}`
}

async function costOf(db: Db, { run, comparisons, endedAt }: Build, askedAt: Date): Promise<BuildCost> {
  const evaluations = await findEvaluations(
    db,
    (comparisons ?? []).map(({ subject }) => subject.evaluationId),
  )
  return {
    training: run.progress.result?.seconds ?? null,
    evaluation: comparisons === null ? null : evaluations.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
    reused: endedAt !== null && endedAt <= askedAt,
  }
}
