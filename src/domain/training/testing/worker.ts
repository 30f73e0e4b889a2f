/** A process that works on the queue of a data folder until it is killed, for tests that really kill it. Prints each step, and the checkpoint at the end. */

import { join } from 'node:path'
import { llamaCppEngine } from '../../../engines/llama-cpp.ts'
import { openDatabase } from '../../../storage/database.ts'
import { openFiles } from '../../../storage/files.ts'
import { openJobs } from '../../../storage/jobs.ts'
import { localTrainer } from '../../../trainers/local/local-trainer.ts'
import { heavyJobs, jobHandlers } from '../../job-handlers.ts'
import { operator } from '../../people/actor.ts'
import { startRun } from '../start-run.ts'
import { watchRun } from '../watch-run.ts'

const [home, model, recipe, runId] = process.argv.slice(2) as [string, string, string, string | undefined]
const db = await openDatabase({ kind: 'embedded', folder: join(home, 'database') })
const blobs = await openFiles(join(home, 'blobs'))
const jobs = await openJobs(db, { heavy: heavyJobs, onError: (error) => console.error(error) })
const app = { db, blobs, jobs, engine: llamaCppEngine({ blobs }), trainer: localTrainer(), workFolder: join(home, 'work') }
await jobs.work(jobHandlers(app))
const id = runId === undefined ? (await startRun(app, operator, model, { recipe, again: true })).id : Number(runId)
console.log(`run ${id}`)
for await (const { run, steps } of watchRun(app, id)) {
  for (const { step, loss } of steps) console.log(`step ${step} ${loss}`)
  if (run.error) console.log(run.error)
  if (run.checkpoint) console.log(`checkpoint ${run.checkpoint.digest} ${run.checkpoint.served}`)
}
await jobs.stop({ graceSeconds: 5 })
await db.close()
