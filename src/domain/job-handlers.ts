/** The background work of the stages, by the kind of job: for the composition root to hand to the queue. */

import { z } from 'zod'
import type { JobHandler } from '../storage/jobs.ts'
import { runBuild } from './builds/run-build.ts'
import { examineUpload } from './contributions/examine-upload.ts'
import { rebuildExampleIndex } from './datasets/index-examples.ts'
import { runEvaluation, type EvaluationApp } from './evaluation/run-evaluation.ts'
import { runForecast } from './forecasts/run-forecast.ts'
import { keepHouse } from './housekeeping.ts'
import { previewAutomatically, type PreviewBudget } from './previews/automatic-previews.ts'
import { tellOfPreviews } from './previews/tell-of-preview.ts'
import { issueReceipts } from './receipts/issue-receipts.ts'
import { runMeasurement } from './receipts/measure-contribution.ts'
import { advanceTrain } from './release-train/advance-train.ts'
import { departures } from './release-train/departures-clock.ts'
import { runStudy } from './studies/run-study.ts'
import type { TrainingApp } from './training/start-run.ts'
import { trainRun } from './training/train-run.ts'

const trainJob = z.object({ runId: z.int() })
const evaluateJob = z.object({ evaluationId: z.int() })
const buildJob = z.object({ buildId: z.int() })
const previewJob = z.object({ contributionId: z.int(), round: z.int() })
const forecastJob = z.object({ forecastId: z.int() })
const studyJob = z.object({ studyId: z.int() })
const receiptsJob = z.object({ releaseId: z.int() })
const measureJob = z.object({ measurementId: z.int() })
const advanceJob = z.object({ trainId: z.int() })
const uploadJob = z.object({ uploadId: z.int() })
const indexJob = z.object({ modelId: z.int() })
const departuresJob = z.object({ again: z.boolean() })

/** These take the whole machine: give them to the queue as `heavy` too. */
export const heavyJobs = ['train', 'evaluate', 'build', 'measure', 'forecast', 'study', 'advance-train'] as const

export function jobHandlers(
  app: TrainingApp & EvaluationApp & { readonly automaticPreviews?: PreviewBudget },
): Readonly<Record<string, JobHandler>> {
  return {
    train: (payload, context) => trainRun(app, trainJob.parse(payload).runId, context),
    evaluate: (payload, context) => runEvaluation(app, evaluateJob.parse(payload).evaluationId, context),
    build: async (payload, context) => {
      const { buildId } = buildJob.parse(payload)
      await runBuild(app, buildId, context)
      await tellOfPreviews(app, buildId)
    },
    receipts: (payload, { signal }) => issueReceipts(app, receiptsJob.parse(payload).releaseId, signal),
    measure: (payload, context) => runMeasurement(app, measureJob.parse(payload).measurementId, context),
    forecast: (payload, context) => runForecast(app, forecastJob.parse(payload).forecastId, context),
    study: (payload, context) => runStudy(app, studyJob.parse(payload).studyId, context),
    'advance-train': (payload, context) => advanceTrain(app, advanceJob.parse(payload).trainId, context),
    departures: (payload) => departures(app, departuresJob.parse(payload)),
    'examine-upload': (payload, { signal }) => examineUpload(app, uploadJob.parse(payload).uploadId, signal),
    housekeeping: () => keepHouse(app),
    'index-examples': (payload, { signal }) => rebuildExampleIndex(app, indexJob.parse(payload).modelId, signal),
    preview: (payload) => previewAutomatically(app, app.automaticPreviews, previewJob.parse(payload)),
  }
}
