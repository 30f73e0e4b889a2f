/** Reads what the trainings of a forecast answered and says what they say together: curves of suites, topics and languages, and where help is needed. */

import { finishedEvaluation, findEvaluation, resultsOf } from '../evaluation/evaluation-queries.ts'
import type { Evaluation, SampleResult } from '../evaluation/evaluation.ts'
import { examplesOf } from '../datasets/examples-of.ts'
import { findBaseById, findModelById } from '../models/model-queries.ts'
import { findSuiteById, readSuite } from '../models/suite-queries.ts'
import type { BuildApp } from '../builds/run-build.ts'
import { servedModelOf } from '../releases/release-queries.ts'
import { forecastCurve, type Answered } from './forecast-curve.ts'
import type { ForecastRow } from './forecast-queries.ts'
import type { ForecastCurve, ForecastPoint, ForecastResult } from './forecast.ts'
import { needsOf } from './needs.ts'

/** Fewer questions about a topic than this say nothing about it. */
const fewestQuestions = 10

type ReadApp = Pick<BuildApp, 'db' | 'blobs'>

export async function concludeForecast(app: ReadApp, forecast: ForecastRow): Promise<ForecastResult> {
  const { baseId } = await findModelById(app.db, forecast.modelId)
  const base = await servedModelOf(app.db, { base: (await findBaseById(app.db, baseId)).name })
  const curves: ForecastCurve[] = []
  for (const [at, suiteId] of forecast.suites.entries()) {
    const baseEvaluation = await finishedEvaluation(app.db, suiteId, base)
    const trainings: (Answered & { readonly evaluation: Evaluation })[] = []
    for (const { share, choice, examples, evaluations } of forecast.points) {
      const evaluation = await findEvaluation(app.db, evaluations[at]!)
      trainings.push({ share, choice, examples, evaluation, results: ordered(await resultsOf(app, evaluation)) })
    }
    const { suite } = trainings[0]!.evaluation
    const alone = baseEvaluation && ordered(await resultsOf(app, baseEvaluation))
    for (const { by, label, questions } of await groupsOf(app, suiteId, suite.name)) {
      const of = (results: readonly SampleResult[]) => questions.map((question) => results[question]!)
      const asked = trainings.map((training) => ({ ...training, results: of(training.results) }))
      curves.push(forecastCurve({ suite, by, label }, asked, alone && of(alone)))
    }
  }
  return { curves, needs: needsOf(curves), languages: await languagesOf(app, forecast), cost: costOf(forecast) }
}

interface Group {
  readonly by: ForecastCurve['by']
  readonly label: string
  /** Lines of the suite, from 0. */
  readonly questions: readonly number[]
}

/** All questions of a suite, and those of each topic and language that enough of them name. */
async function groupsOf(app: ReadApp, suiteId: number, name: string): Promise<Group[]> {
  const suite = await findSuiteById(app.db, suiteId)
  const all: number[] = []
  const groups = new Map<string, { readonly by: Group['by']; readonly label: string; readonly questions: number[] }>()
  for await (const { topic, language } of readSuite(app, suite)) {
    const question = all.length
    all.push(question)
    for (const [by, label] of [
      ['topic', topic],
      ['language', language],
    ] as const) {
      if (label === undefined) continue
      const key = `${by} ${label}`
      const group = groups.get(key) ?? { by, label, questions: [] }
      groups.set(key, group)
      group.questions.push(question)
    }
  }
  const named = [...groups.values()].filter(({ questions }) => questions.length >= fewestQuestions)
  const order = (a: Group, b: Group) => (a.by === b.by ? (a.label < b.label ? -1 : 1) : a.by === 'topic' ? -1 : 1)
  return [{ by: 'suite', label: name, questions: all }, ...named.sort(order)]
}

function ordered(results: readonly SampleResult[]): SampleResult[] {
  return [...results].sort((a, b) => a.index - b.index)
}

async function languagesOf(app: ReadApp, { revision }: ForecastRow): Promise<ForecastResult['languages']> {
  const counts = new Map<string, number>()
  for await (const { provenance } of examplesOf(app.db, revision))
    counts.set(provenance.language, (counts.get(provenance.language) ?? 0) + 1)
  return [...counts].map(([language, examples]) => ({ language, examples })).sort((a, b) => b.examples - a.examples)
}

function costOf({ points, fractions }: ForecastRow): ForecastResult['cost'] {
  const made = points.filter(({ reused }) => !reused)
  return {
    seconds: made.reduce((sum: number, { seconds }: ForecastPoint) => sum + seconds, 0),
    trainings: made.length,
    reused: points.length - made.length,
    cutShort: points.length < fractions.length,
  }
}
