/** What a contribution did, read from builds that differ by nothing else. What was not built is not said. */

import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { findBuild } from '../builds/build-queries.ts'
import type { Build } from '../builds/build.ts'
import { compareEvaluations } from '../evaluation/compare.ts'
import { findEvaluation, resultsOf } from '../evaluation/evaluation-queries.ts'
import type { Comparison } from '../evaluation/evaluation.ts'
import { readSuite } from '../models/suite-queries.ts'
import type { SuiteSample } from '../models/suite.ts'
import { changedAnswers, type ChangeCounts, type ChangedAnswer, type Given } from '../previews/changed-answers.ts'
import { latestPreview } from '../previews/preview-queries.ts'
import { reportPreview } from '../previews/report-preview.ts'
import { measurementsOf, type Measurement } from './measurement-queries.ts'
import { receiptLimits, type Effect, type SuiteChange } from './receipt.ts'
import { storable } from './storable.ts'

interface ReadApp {
  readonly db: Database
  readonly blobs: Blobs
}

/**
 * Every way in which the contribution was measured for this release. Its preview counts where it is of the round that was accepted, and where the release
 * is the first that has it: later ones were trained from the start, on other data besides.
 */
export async function effectsOf(
  app: ReadApp,
  releaseId: number,
  contribution: { readonly id: number; readonly round: number; readonly isNew: boolean },
): Promise<readonly Effect[]> {
  const effects: Effect[] = []
  const preview = contribution.isNew ? await previewEffect(app, contribution) : null
  if (preview) effects.push(preview)
  for (const measurement of await measurementsOf(app.db, releaseId, contribution.id))
    if (measurement.state === 'finished') effects.push(await leftOutEffect(app, measurement))
  return effects
}

async function previewEffect(app: ReadApp, { id, round }: { readonly id: number; readonly round: number }): Promise<Effect | null> {
  const latest = await latestPreview(app.db, id)
  if (latest === null || latest.state !== 'finished' || latest.round !== round) return null
  const { preview, suites } = await reportPreview(app, id)
  if (suites.length === 0) return null
  const { build, control } = preview
  return {
    how: 'preview',
    label:
      control === null
        ? 'measured in a preview before it was merged; there was nothing else to train on, so it is compared with the model before it'
        : 'measured in a preview before it was merged, beside the same training without it',
    suites: suites.map(({ against, effect, answers }) => {
      const caused = control === null ? null : 'proposal'
      return suiteChange(
        effect ?? against,
        control === null ? answers.unknown : answers.proposal,
        answers.list.filter(({ cause }) => cause === caused),
      )
    }),
    builds: control === null ? [build.id] : [build.id, control.id],
  }
}

/** The release, or a build like it, against a build without the contribution. */
async function leftOutEffect(app: ReadApp, { method, withBuildId, withoutBuildId }: Measurement): Promise<Effect> {
  const without = await findBuild(app.db, withoutBuildId)
  const withIt = withBuildId === null ? null : await findBuild(app.db, withBuildId)
  const suites: SuiteChange[] = []
  for (const [index, comparison] of (without.comparisons ?? []).entries())
    suites.push(await changeBetween(app, evaluationWith(withIt, comparison, index), comparison.subject.evaluationId))
  return {
    how: method === 'full' ? 'left-out-full' : 'left-out-warm',
    label:
      method === 'full'
        ? 'measured by leaving it out: the release’s own training, repeated from the start without it'
        : 'measured by leaving it out: a short training from the release before, with it and without it',
    suites,
    builds: withIt === null ? [without.id] : [withIt.id, without.id],
  }
}

/** A full build without it is compared with the release itself, which has it. */
function evaluationWith(withIt: Build | null, comparison: Comparison, index: number): number {
  return withIt === null ? comparison.baseline.evaluationId : (withIt.comparisons![index] as Comparison).subject.evaluationId
}

async function changeBetween(app: ReadApp, withId: number, withoutId: number): Promise<SuiteChange> {
  const [subject, baseline] = [await findEvaluation(app.db, withId), await findEvaluation(app.db, withoutId)]
  const samples: SuiteSample[] = []
  for await (const sample of readSuite(app, subject.suite)) samples.push(sample)
  const answers = changedAnswers(samples, {
    before: await resultsOf(app, baseline),
    after: await resultsOf(app, subject),
    control: null,
  })
  return suiteChange(await compareEvaluations(app, subject, baseline), answers.unknown, answers.list)
}

function suiteChange(comparison: Comparison, changed: ChangeCounts, list: readonly ChangedAnswer[]): SuiteChange {
  const { suite, metric, samples, subject, baseline, difference, interval, verdict } = comparison
  return {
    suite: suite.name,
    metric,
    samples,
    with: { evaluation: subject.evaluationId, score: subject.score },
    without: { evaluation: baseline.evaluationId, score: baseline.score },
    difference,
    interval,
    verdict,
    changed,
    answers: list.slice(0, receiptLimits.answers).map(({ index, asked, expected, before, after, change }) => ({
      index,
      asked: storable(asked),
      expected: expected === null ? null : storable(expected),
      before: storableGiven(before),
      after: storableGiven(after),
      change,
    })),
  }
}

function storableGiven(given: Given): Given {
  return given.kind === 'answer' ? { ...given, text: storable(given.text) } : given
}
