/** A forecast in plain sentences, each with the numbers it rests on. Pure. */

import { formatChange, formatScore, metricNames } from '../evaluation/comparison.ts'
import { directionOf, type Metric } from '../evaluation/evaluation.ts'
import type { Estimate, Forecast, ForecastCurve, ForecastResult, ForecastStep, Interval, Need } from './forecast.ts'

/** Times the data there is: beyond this even the band is a guess. */
const farBeyond = 4

export function describeForecast(
  { model, revision, points }: Pick<Forecast, 'model' | 'revision' | 'points'>,
  { curves, needs, languages, cost }: ForecastResult,
): string[] {
  const nested = points.filter(({ choice }) => choice === 1).map(({ examples }) => examples)
  const others = points.filter(({ choice }) => choice !== 1).map(({ examples }) => examples)
  return [
    `Trained ${points.length} times as ${model} is trained: on ${list(nested)} of the ${revision.count} examples of revision ${revision.number}, each part within the next` +
      (others.length > 0 ? `, and on another ${list(others)} with another seed, to see how much is luck.` : '.'),
    ...curves.filter(({ by }) => by === 'suite').flatMap(describeCurve),
    ...describeNeeds(needs),
    `"More" means more of the mixture that is there${languages.length > 0 ? ` (${list(languages.map(({ language, examples }) => `${examples} in ${language}`))})` : ''}; what examples are about is not recorded with them, so nothing is said of more examples on one topic alone.`,
    `It took ${Math.round(cost.seconds)} seconds of training and evaluation` +
      (cost.reused > 0 ? `; ${cost.reused} of the trainings were there already` : '') +
      (cost.cutShort ? '; the budget did not allow the further choices of small parts, so luck is known less well.' : '.'),
  ]
}

/** What one curve says, in two to five sentences. */
export function describeCurve(curve: ForecastCurve): string[] {
  const { label, metric, questions, points, withoutExamples, followsLaw, backtest, next } = curve
  const sorted = [...points].sort((a, b) => a.examples - b.examples)
  const [smallest, whole] = [sorted[0]!, sorted.at(-1)!]
  return [
    `${label}, ${questions} questions: ${withoutExamples === null ? '' : `${formatScore(metric, withoutExamples)} without any example, `}${formatScore(metric, smallest.score)} with ${smallest.examples}, ${formatScore(metric, whole.score)} ${metricNames[metric]} with all ${whole.examples}.`,
    verdictSentence(curve),
    `For ${label}, ${list(next.slice(0, 2).map((step) => stepWords(step, metric, whole.examples)))}.`,
    ...(followsLaw === false
      ? [
          `The points of ${label} lie farther from a power law than chance explains; take the numbers as a direction rather than a distance.`,
        ]
      : []),
    backtest === null
      ? `It could not be checked on ${label}: too few sizes were trained.`
      : `Checked by hiding the last quarter: ${formatScore(metric, backtest.predicted.value)} was predicted for ${backtest.examples} examples (80 %: ${range(backtest.predicted.band80, metric)}) and ${formatScore(metric, backtest.measured)} measured, ${formatChange(metric, backtest.error).replace(/^[+−±]/, '')} off, ${backtest.within80 ? 'inside' : backtest.within95 ? 'outside that band but inside the 95 % one' : 'outside even the 95 % band'}.`,
  ]
}

function verdictSentence({ label, metric, verdict, next, smallestDetectable, end, questions }: ForecastCurve): string {
  const { gain } = next.at(-1)!
  const sees = `the smallest gain that these ${questions} questions show is ${size(metric, smallestDetectable)}`
  const ends = end.known
    ? ` It would end near ${formatScore(metric, end.value)}.`
    : ` Where it would end cannot be said from these points: ${range(end.band80, metric)}.`
  switch (verdict) {
    case 'helps':
      return `${label} has not found the end yet: twice the data would bring ${gainWords(gain, metric)}, and ${sees}.${ends}`
    case 'end':
      return `${label} has found the end, as far as these questions can see: twice the data would bring at most ${size(metric, gain.band95[1])}, and ${sees}.${ends}`
    case 'seen-all':
      return `${label} has found the end of what these questions can show: less is left to gain than the smallest gain they show, ${size(metric, smallestDetectable)}. More or harder questions would say more.`
    case 'unmoved':
      return `${label} did not move: all of the data does no better than the smallest part of it. More of the same cannot be expected to help; other examples, a longer training or a larger base might.`
    case 'unsaid':
      return `Whether twice the data would still help ${label} cannot be said from these points: it would bring ${gainWords(gain, metric)}, and ${sees}.${ends}`
    default:
      return verdict satisfies never
  }
}

function describeNeeds(needs: readonly Need[]): string[] {
  if (needs.length === 0) return []
  const of = (kind: Need['kind']) => needs.filter((need) => need.kind === kind)
  const [more, other, enough] = [of('more'), of('other'), of('enough')]
  return [
    ...(more.length > 0
      ? [
          `Help is most needed, of what more examples mend: ${list(more.map((need) => `${nameOf(need, needs)} (the next 1,000: ${gainWords(need.gain, need.metric)})`))}.`,
        ]
      : ['Nothing that was asked would gain visibly from 1,000 more examples like those that are there.']),
    ...(other.length > 0
      ? [
          `More of the same does not visibly mend ${list(other.map((need) => `${nameOf(need, needs)} (${leftWords(need)} left)`))}: other examples may.`,
        ]
      : []),
    ...(enough.length > 0
      ? [
          `Little is left that the questions could show in ${list(enough.map((need) => `${nameOf(need, needs)} (${leftWords(need)} left)`))}.`,
        ]
      : []),
  ]
}

/** Two suites may know the same topic. */
function nameOf(need: Need, all: readonly Need[]): string {
  const twins = all.filter(({ label, by }) => label === need.label && by === need.by)
  return `${need.by === 'language' ? 'the language ' : ''}${need.label}${twins.length > 1 ? ` in ${need.suite}` : ''}`
}

function leftWords({ left, metric }: Need): string {
  return metric === 'bits-per-byte' ? `${left.toFixed(3)} bits per byte` : `${(100 * left).toFixed(1)} % wrong`
}

/** "the next 100 examples would probably bring +0.6 points (80 %: +0.1 to +1.2)" */
function stepWords({ more, examples, gain }: ForecastStep, metric: Metric, now: number): string {
  const far = examples > farBeyond * now ? ', though that is far beyond what was measured' : ''
  return `the next ${more.toLocaleString('en')} examples would probably bring ${gainWords(gain, metric)}${far}`
}

/** A gain is positive where it is better; people read it in the direction of the metric. */
function gainWords({ value, band80 }: Estimate, metric: Metric): string {
  const turn = directionOf(metric)
  const [low, high] = band80
  return `${formatChange(metric, turn * value)} (80 %: ${formatChange(metric, turn * low)} to ${formatChange(metric, turn * high)})`
}

function range([low, high]: Interval, metric: Metric): string {
  return `${formatScore(metric, low)} to ${formatScore(metric, high)}`
}

function size(metric: Metric, value: number): string {
  return metric === 'bits-per-byte' ? `${value.toFixed(3)} bits per byte` : `${(100 * value).toFixed(1)} points`
}

function list(items: readonly (string | number)[]): string {
  const words = items.map(String)
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
