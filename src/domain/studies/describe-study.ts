/** What a study found, in plain sentences with the numbers it rests on. Pure. */

import type { RateStudy, TraceStudy } from './study.ts'

export function describeStudy(study: RateStudy | TraceStudy): string[] {
  if (study.result === null) return []
  return study.kind === 'rate' ? describeRate(study, study.result) : describeTrace(study, study.result)
}

function describeRate(
  { recipe, request, revision, model, id }: RateStudy,
  { steps, suggested }: NonNullable<RateStudy['result']>,
): string[] {
  const [first, last] = [steps[0], steps.at(-1)]
  const tried =
    first && last
      ? `${steps.length} steps on revision ${revision.number} (${revision.count} examples), the rate growing from ${rate(first.rate)} to ${rate(last.rate)}.`
      : 'The very first step came to nothing: its loss was no number.'
  const early = steps.length < request.steps && last ? ` It ended early: at ${rate(last.rate)} the loss had exploded.` : ''
  if (suggested === null || !first)
    return [tried + early, 'No rate lowered the loss enough to say anything; look at the examples, or search longer with "--steps".']
  const lowest = steps.reduce((best, step) => (step.smooth < best.smooth ? step : best))
  const now = recipe.learningRate
  const beside =
    now > 2 * suggested
      ? `The recipe has ${rate(now)}, ${times(now / suggested)} as much.`
      : now < suggested / 2
        ? `The recipe has ${rate(now)}, ${times(suggested / now)} less.`
        : `The recipe has ${rate(now)}, which is near it.`
  return [
    tried + early,
    `The smoothed loss fell from ${first.smooth.toFixed(3)} to ${lowest.smooth.toFixed(3)}, its lowest, at ${rate(lowest.rate)}.`,
    `Suggested is a quarter of that: ${rate(suggested)}. ${beside}`,
    `A suggestion from one short run, not a measurement of what is learned: "recipe take-rate ${id}" puts it into the recipe of ${model}, and an evaluation tells.`,
  ]
}

function describeTrace(
  { runId, request, revision }: TraceStudy,
  { examples, towards, preferences, pull, push }: NonNullable<TraceStudy['result']>,
): string[] {
  const about = request.question === null ? 'the text' : 'the answer'
  return [
    `All ${examples} examples of revision ${revision.number} were asked how their gradient in the adapter of run ${runId} lies to that of ${about}: ${towards} pull towards it, ${examples - towards} push away or do nothing.`,
    ...(preferences > 0 ? [`Of ${preferences} preferences among them the chosen answer was asked.`] : []),
    pull.length === 0
      ? 'Nothing pulls towards it: no example teaches this, as far as gradients at the end of the run say.'
      : `The strongest pull has a product of ${pull[0]!.product.toPrecision(3)}${push.length > 0 ? `, the strongest push ${push[0]!.product.toPrecision(3)}` : ''}.`,
    'This says what one more step on an example would do at the end of the run, to first order. An example that is known by heart hardly pulls any more, and what an example did earlier is not seen.',
  ]
}

/** 0.0025, 1e-6. */
export function rate(value: number): string {
  const short = Number(value.toPrecision(2))
  return short >= 1e-4 ? String(short) : short.toExponential()
}

function times(factor: number): string {
  return `${factor >= 10 ? Math.round(factor) : factor.toFixed(1)} times`
}
