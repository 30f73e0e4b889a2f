/** What the tests of the loop share: everything real, in a temporary folder, with three people and a base. Not for the program itself. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from '../../engines/engine.ts'
import { llamaCppEngine } from '../../engines/llama-cpp.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { openFiles } from '../../storage/files.ts'
import { openJobs, type Jobs } from '../../storage/jobs.ts'
import { temporaryDatabase, temporaryFolder, type Lifetime } from '../../storage/testing.ts'
import { localTrainer } from '../../trainers/local/local-trainer.ts'
import type { Trainer } from '../../trainers/trainer.ts'
import { contribute } from '../contributions/contribute.ts'
import type { ExampleContent } from '../contributions/example.ts'
import { decideContribution } from '../datasets/decide-contribution.ts'
import { watchEvaluations } from '../evaluation/watch-evaluations.ts'
import { heavyJobs, jobHandlers } from '../job-handlers.ts'
import { addBase } from '../models/add-base.ts'
import { addPerson } from '../people/add-person.ts'
import { operator, type Actor, type RoleName } from '../people/actor.ts'
import type { TrainingRun } from '../training/run.ts'
import { watchRun } from '../training/watch-run.ts'
import { evaluateSubject, type RequestedEvaluations, type SubjectChoice } from './evaluate-subject.ts'

export interface Loop {
  readonly db: Database
  readonly blobs: Blobs
  readonly jobs: Jobs
  readonly engine: Engine
  readonly trainer: Trainer
  readonly workFolder: string
}

/** The app without its server; `work: false` leaves the queue alone. */
export async function openLoop(lifetime: Lifetime, options: { readonly work?: boolean } = {}): Promise<Loop> {
  const folder = temporaryFolder(lifetime)
  const workFolder = join(folder, 'work')
  mkdirSync(workFolder)
  const db = await temporaryDatabase(lifetime)
  const blobs = await openFiles(join(folder, 'blobs'))
  const engine = llamaCppEngine({ blobs, threads: 2 })
  const bugs: unknown[] = []
  const jobs = await openJobs(db, { heavy: heavyJobs, onError: (error) => bugs.push(error) })
  const loop = { db, blobs, jobs, engine, trainer: localTrainer(), workFolder }
  lifetime.after(async () => {
    await jobs.stop({ graceSeconds: 0 })
    await engine.close()
    if (bugs.length > 0) throw new AggregateError(bugs, 'a job failed with a bug')
  })
  if (options.work !== false) await jobs.work(jobHandlers(loop))
  return loop
}

export async function personOf(loop: Loop, name: string, role: RoleName): Promise<Actor & { kind: 'person' }> {
  const { person } = await addPerson(loop, operator, { name, role })
  return { kind: 'person', ...person }
}

export async function addBaseFolder(loop: Loop, folder: string, name: string, licence = 'MIT'): Promise<void> {
  await addBase(loop, operator, { from: { folder }, name, licence })
}

/** A contribution of human-made examples, accepted by the reviewer. */
export async function contributeAccepted(
  loop: Loop,
  author: Actor,
  reviewer: Actor,
  model: string,
  offer: {
    readonly contents: readonly ExampleContent[]
    readonly licence: string
    readonly language: string
    readonly source: string
    readonly message: string
  },
): Promise<number> {
  const { contribution } = await contribute(loop, author, model, {
    ...offer,
    origin: 'human',
    signOff: author.kind === 'person' ? author.name : 'operator',
    changes: offer.contents.map((content) => ({ kind: 'add' as const, content })),
  })
  await decideContribution(loop, reviewer, contribution.id, { decision: 'accept', message: 'Read and found good.' })
  return contribution.id
}

/** Waits until the run has ended. */
export async function endOf(loop: Loop, run: TrainingRun): Promise<TrainingRun> {
  let last = run
  for await (const update of watchRun(loop, run.id)) last = update.run
  return last
}

/** Asks for the evaluations of a subject and waits for all. */
export async function evaluated(loop: Loop, actor: Actor, model: string, choice: SubjectChoice = {}): Promise<RequestedEvaluations> {
  const { subject, base, previous } = await evaluateSubject(loop, actor, model, choice)
  const ids = [...subject, ...base, ...previous].map(({ id }) => id)
  for await (const evaluations of watchEvaluations(loop, ids)) {
    const failed = evaluations.find(({ state }) => state === 'failed')
    if (failed) throw new Error(failed.error ?? 'failed')
  }
  return evaluateSubject(loop, actor, model, choice)
}
