/** What could be released: a checkpoint with its run, its base, and what it is compared with. */

import type { ServedModel } from '../../engines/engine.ts'
import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import type { BaseModel } from '../models/base-model.ts'
import type { Charter } from '../models/charter.ts'
import { currentCharter } from '../models/charter-queries.ts'
import type { CommunityModel } from '../models/community-model.ts'
import { findBaseById, findModel } from '../models/model-queries.ts'
import { listSuites } from '../models/suite-queries.ts'
import type { Suite } from '../models/suite.ts'
import type { Checkpoint, TrainingRun } from '../training/run.ts'
import { findCheckpoint, findRun, newestFinishedRun } from '../training/run-queries.ts'
import { findRelease, latestRelease, servedModelOf } from './release-queries.ts'
import type { Release } from './release.ts'

/** Which checkpoint is meant: the newest finished run's where nothing is named. */
export interface SubjectChoice {
  readonly run?: number
  /** A version, or 'latest'. */
  readonly release?: string
  readonly checkpoint?: number
}

export interface Candidate {
  readonly model: CommunityModel
  readonly name: string
  readonly base: BaseModel
  readonly run: TrainingRun
  readonly checkpoint: Checkpoint
  readonly served: ServedModel
  readonly servedBase: ServedModel
  readonly suites: readonly Suite[]
  readonly charter: Charter
  /** The newest release that is not retracted and is not this checkpoint. */
  readonly previous: Release | null
  readonly servedPrevious: ServedModel | null
}

export async function findCandidate(db: Db, name: string, choice: SubjectChoice): Promise<Candidate> {
  const model = await findModel(db, name)
  const run = await chosenRun(db, model, name, choice)
  const { checkpoint } = run
  if (run.modelId !== model.id)
    throw new AppError('invalid', `Run ${run.id} belongs to another model than ${name}; "run list ${name}" shows its runs.`)
  if (!checkpoint) throw new AppError('conflict', `Run ${run.id} is ${run.state} and has no checkpoint; ${wayOut(run)}.`)
  const suites = await listSuites(db, model.id)
  if (suites.length === 0) throw new AppError('conflict', `${name} has no eval suite; "suite add ${name} <file.jsonl>" adds one.`)
  const base = await findBaseById(db, run.baseId)
  const servedBase = await servedModelOf(db, { base: base.name })
  const latest = await latestRelease(db, model.id)
  const previous = latest && latest.checkpointId !== checkpoint.id ? latest : null
  return {
    model,
    name,
    base,
    run,
    checkpoint,
    served: { base: servedBase.base, adapter: checkpoint.served },
    servedBase,
    suites,
    charter: await currentCharter(db, model.id),
    previous,
    servedPrevious: previous && (await servedModelOf(db, { release: previous })),
  }
}

async function chosenRun(db: Db, model: CommunityModel, name: string, choice: SubjectChoice): Promise<TrainingRun> {
  if (choice.run !== undefined) return findRun(db, choice.run)
  const checkpointId = choice.release === undefined ? choice.checkpoint : (await findRelease(db, name, choice.release)).checkpointId
  if (checkpointId !== undefined) return findRun(db, (await findCheckpoint(db, checkpointId)).runId)
  const newest = await newestFinishedRun(db, model.id)
  if (!newest) throw new AppError('conflict', `${name} has no finished run; "train ${name}" makes one.`)
  return newest
}

function wayOut(run: TrainingRun): string {
  if (run.state === 'queued' || run.state === 'running') return 'wait for its end'
  return `"run resume ${run.id}" goes on with it`
}
