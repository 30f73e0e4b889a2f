/** The search for a learning rate, on the examples and the recipe that a run would have. */

import { examplesOf } from '../datasets/examples-of.ts'
import { findBaseById, findModelById } from '../models/model-queries.ts'
import type { TrainingApp } from '../training/start-run.ts'
import { trainingLines } from '../training/training-examples.ts'
import { baseFolder } from '../training/work-folder.ts'
import type { Told } from './run-study.ts'
import { inFolder } from './study-folder.ts'
import type { RateResult, RateStudy } from './study.ts'

export async function searchRate(app: TrainingApp, study: RateStudy, told: Told, signal: AbortSignal): Promise<RateResult> {
  const { recipe, request, revision } = study
  const base = await findBaseById(app.db, (await findModelById(app.db, study.modelId)).baseId)
  return inFolder(app, study.id, async (write) => {
    const events = app.trainer.findRate(
      {
        base: await baseFolder(app, base),
        examples: await write('examples.jsonl', trainingLines(examplesOf(app.db, revision), recipe)),
        recipe,
        ...(app.trainingMemory === undefined ? {} : { memoryBudget: app.trainingMemory }),
      },
      request,
      { signal },
    )
    const steps: { rate: number; loss: number; smooth: number }[] = []
    let suggested: number | null = null
    for await (const event of events) {
      if (event.kind === 'step') {
        steps.push({ rate: event.rate, loss: event.loss, smooth: event.smooth })
        await told(event.step, event.steps)
      } else ({ suggested } = event)
    }
    return { steps, suggested }
  })
}
