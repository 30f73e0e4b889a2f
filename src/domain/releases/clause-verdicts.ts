/** Says clause by clause whether a candidate keeps the charter, from what the clauses' cases gave. */

import type { Blobs } from '../../storage/blobs.ts'
import type { Comparison, Evaluation } from '../evaluation/evaluation.ts'
import { resultsOf } from '../evaluation/evaluation-queries.ts'
import { brokenRule } from '../models/answer-rules.ts'
import { questionOf } from '../models/suite-samples.ts'
import { readSuite } from '../models/suite-queries.ts'
import type { Candidate } from './candidate.ts'
import { isKept } from './gate.ts'
import type { ClauseVerdict } from './release.ts'

/** Failing cases shown; all are counted. */
const shown = 20
/** Characters of a question or an answer that are kept with the verdict; the evaluation has them whole. */
const excerpt = 500

/** @param evaluations the candidate's own, one for each of `comparisons` */
export async function clauseVerdicts(
  app: { readonly blobs: Blobs },
  { charter, previous, suites }: Pick<Candidate, 'charter' | 'previous' | 'suites'>,
  evaluations: readonly Evaluation[],
  comparisons: readonly { readonly comparison: Comparison }[],
): Promise<readonly ClauseVerdict[]> {
  const verdicts: ClauseVerdict[] = []
  for (const { number, text, blocks, tolerance } of charter.clauses) {
    const clause = { number, text, blocks, tolerance }
    const at = suites.findIndex((suite) => suite.clause === number)
    const [suite, evaluation, compared] = [suites[at], evaluations[at], comparisons[at]]
    if (!suite || !evaluation || !compared) {
      verdicts.push({ ...clause, state: 'not-tested', before: previous && 'not-tested', cases: 0, failed: 0, failing: [] })
      continue
    }
    const { subject, baseline } = compared.comparison
    const samples = await Array.fromAsync(readSuite(app, suite))
    const failed = (await resultsOf(app, evaluation)).flatMap((result) => {
      const sample = samples[result.index]
      if (result.kind !== 'rule' || result.right || sample?.kind !== 'rule') return []
      return [{ question: cut(questionOf(sample)), answer: cut(result.answer), why: brokenRule(sample.expect, result.answer) ?? '' }]
    })
    verdicts.push({
      ...clause,
      state: isKept(subject.score, tolerance) ? 'kept' : 'broken',
      before: previous && (isKept(baseline.score, tolerance) ? 'kept' : 'broken'),
      cases: samples.length,
      failed: failed.length,
      failing: failed.slice(0, shown),
    })
  }
  return verdicts
}

const cut = (text: string) => (text.length > excerpt ? `${text.slice(0, excerpt)}…` : text)
