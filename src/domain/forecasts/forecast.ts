/** A forecast: what more data of the kind that is there would probably bring, from trainings on fractions of it. */

import type { Digest } from '../../storage/blobs.ts'
import type { RunState } from '../../storage/schema.ts'
import type { Recipe } from '../../trainers/trainer.ts'
import type { EvaluatedSuite, Metric } from '../evaluation/evaluation.ts'
import type { Interval } from '../evaluation/statistics.ts'
import type { Estimate } from './fit-curve.ts'
import type { Fraction } from './fractions.ts'
import type { PowerLaw } from './power-law.ts'

export interface Forecast {
  readonly id: number
  readonly modelId: number
  /** `owner/name`. */
  readonly model: string
  /** The whole that the fractions are of. */
  readonly revision: { readonly id: number; readonly number: number; readonly digest: Digest; readonly count: number }
  /** Ids of the suites that are asked. */
  readonly suites: readonly number[]
  /** Of every training; another choice of the same share has the next seed. */
  readonly recipe: Recipe
  /** Seconds that its trainings and evaluations may take together. */
  readonly budgetSeconds: number
  readonly state: RunState
  readonly progress: ForecastProgress
  readonly points: readonly ForecastPoint[]
  /** Null until it has finished. */
  readonly result: ForecastResult | null
  /** The result in plain sentences. */
  readonly sentences: readonly string[]
  /** Why it is no longer about what is there now; null while it is. */
  readonly stale: string | null
  readonly error: string | null
  /** null: the local operator. */
  readonly requestedBy: number | null
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
}

export interface ForecastProgress {
  readonly done: number
  readonly of: number
  /** What is being trained now, e.g. "1/4", with its steps. */
  readonly fraction: string | null
  readonly step: number | null
  readonly steps: number | null
  /** Null while nothing is known to reckon from. */
  readonly secondsLeft: number | null
}

/** One training, evaluated as it would be served. */
export interface ForecastPoint extends Fraction {
  readonly examples: number
  readonly runId: number
  /** In the order of the forecast's suites. */
  readonly evaluations: readonly number[]
  /** Of training and evaluation, whenever they were done. */
  readonly seconds: number
  /** Trained before this forecast was asked for: it cost nothing now. */
  readonly reused: boolean
}

export interface ForecastResult {
  /** Of each suite first all questions, then by topic, then by language, where its samples say one. */
  readonly curves: readonly ForecastCurve[]
  /** Topics and languages, where help is most needed first. */
  readonly needs: readonly Need[]
  /** Examples by language in the whole. */
  readonly languages: readonly { readonly language: string; readonly examples: number }[]
  readonly cost: {
    readonly seconds: number
    readonly trainings: number
    readonly reused: number
    /** Another choice of the small fractions was left out because the budget did not allow it. */
    readonly cutShort: boolean
  }
}

export interface ForecastCurve {
  readonly suite: EvaluatedSuite
  readonly metric: Metric
  readonly by: 'suite' | 'topic' | 'language'
  /** The suite's name, the topic, or the language. */
  readonly label: string
  readonly questions: number
  /** Of the base alone; null where it was not measured. */
  readonly withoutExamples: number | null
  readonly points: readonly { readonly examples: number; readonly choice: number; readonly score: number }[]
  /** Of the error: 1 − score for shares, the score itself for bits per byte. */
  readonly law: PowerLaw
  /** Whether the points lie as near to the law as chance would have them; null where there are too few to tell. */
  readonly followsLaw: boolean | null
  /** The score where more data of this kind would stop to help, and whether these points can say so. */
  readonly end: Estimate & { readonly known: boolean }
  /** Scores that the law expects at the sizes that were measured, for drawing. */
  readonly expected: readonly { readonly examples: number; readonly score: Estimate }[]
  /** 100 and 1,000 more of the mixture as it is, and twice as many. Gains are positive where they are better, in the metric's unit. */
  readonly next: readonly ForecastStep[]
  /** The smallest gain that these questions would show four times out of five. */
  readonly smallestDetectable: number
  readonly verdict: Verdict
  readonly backtest: Backtest | null
}

export interface ForecastStep {
  readonly more: number
  readonly examples: number
  readonly score: Estimate
  readonly gain: Estimate
}

/**
 * helps: even the low end of what twice the data would bring can be seen by these questions. seen-all: what is left to gain is less than they can see. end: so
 * is all that twice the data could bring. unmoved: no fraction did better than another. unsaid: the points leave it open.
 */
export type Verdict = 'helps' | 'end' | 'seen-all' | 'unmoved' | 'unsaid'

/** The law through the first three quarters of the data, asked for the whole, which it has not seen. */
export interface Backtest {
  readonly examples: number
  /** What a training on the whole would score, its own luck included. */
  readonly predicted: Estimate
  readonly measured: number
  /** predicted − measured. */
  readonly error: number
  readonly within80: boolean
  readonly within95: boolean
}

/**
 * more: examples like those that are there still help. other: many are still wrong, and more of the same mixture does not change that. enough: little is left
 * that these questions can see.
 */
export interface Need {
  readonly by: 'topic' | 'language' | 'suite'
  readonly label: string
  readonly suite: string
  readonly metric: Metric
  readonly kind: 'more' | 'other' | 'enough'
  /** The error that is left now, and what of it the next 1,000 examples would probably take away. */
  readonly left: number
  readonly gain: Estimate
}

export type { Estimate, Interval }
