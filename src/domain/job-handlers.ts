/** The background work of the stages, by the kind of job: for the composition root to hand to the queue. */

import { z } from 'zod'
import type { JobHandler } from '../storage/jobs.ts'
import { runBuild } from './builds/run-build.ts'
import { runEvaluation, type EvaluationApp } from './evaluation/run-evaluation.ts'
import type { TrainingApp } from './training/start-run.ts'
import { trainRun } from './training/train-run.ts'

const trainJob = z.object({ runId: z.int() })
const evaluateJob = z.object({ evaluationId: z.int() })
const buildJob = z.object({ buildId: z.int() })

/** All of them take the whole machine: give them to the queue as `heavy` too. */
export const heavyJobs = ['train', 'evaluate', 'build'] as const

export function jobHandlers(app: TrainingApp & EvaluationApp): Record<(typeof heavyJobs)[number], JobHandler> {
  return {
    train: (payload, context) => trainRun(app, trainJob.parse(payload).runId, context),
    evaluate: (payload, context) => runEvaluation(app, evaluateJob.parse(payload).evaluationId, context),
    build: (payload, context) => runBuild(app, buildJob.parse(payload).buildId, context),
  }
}
