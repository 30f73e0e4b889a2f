/** What the tests of forecasts share: learners whose law is known, with questions of different difficulty and luck of their own. Not for the program itself. */

import type { EvaluatedSuite, SampleResult } from '../evaluation/evaluation.ts'
import { uniform } from '../evaluation/statistics.ts'
import type { Answered } from './forecast-curve.ts'
import { errorAt, type PowerLaw } from './power-law.ts'

/** As in the bundled community: an eighth, a quarter, a half, three quarters and the whole of 696; the small ones twice. */
export const trained = [
  { share: 1 / 8, choice: 1, examples: 87 },
  { share: 1 / 4, choice: 1, examples: 174 },
  { share: 1 / 2, choice: 1, examples: 348 },
  { share: 3 / 4, choice: 1, examples: 522 },
  { share: 1, choice: 1, examples: 696 },
  { share: 1 / 8, choice: 2, examples: 87 },
  { share: 1 / 4, choice: 2, examples: 174 },
] as const

export const suiteOf = (kind: EvaluatedSuite['kind'], name = 'unseen'): EvaluatedSuite => ({
  id: 1,
  name,
  kind,
  role: 'measure',
  clause: null,
  blocks: null,
  digest: `sha256:${'0'.repeat(64)}`,
  target: true,
  tolerance: 0.02,
})

/** Answers of trainings whose expected error is the law's. `luck` is how far one training strays from it, in units of p(1 − p). */
export function answersBy(
  law: PowerLaw,
  options: { readonly questions: number; readonly luck: number; readonly seed: number },
): Answered[] {
  const random = uniform(options.seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const difficulty = Array.from({ length: options.questions }, random)
  return trained.map((training) => {
    const expected = errorAt(law, training.examples)
    const wrong = Math.min(1, Math.max(0, expected + options.luck * expected * (1 - expected) * normal()))
    const results = difficulty.map((own, index): SampleResult => {
      // Half of what decides an answer is the question itself, which all trainings share.
      const draw = random() < 0.5 ? own : random()
      return { index, kind: 'exact', answer: '', right: draw >= wrong }
    })
    return { ...training, results }
  })
}
