/** A training run: one base, one dataset revision, one effective recipe, one trainer, and what came of it. */

import { AppError } from '../../errors.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { RunState, StoredFile } from '../../storage/schema.ts'
import type { Recipe } from '../../trainers/trainer.ts'

export interface TrainingRun {
  readonly id: number
  readonly modelId: number
  readonly baseId: number
  /** number null: a draft. */
  readonly revision: { readonly id: number; readonly number: number | null; readonly digest: Digest; readonly count: number }
  /** The checkpoint its weights began with; null: an adapter that changes nothing. */
  readonly warmStartId: number | null
  /** Whose weights its own are the mean of; null: it was trained. */
  readonly averagedFrom: readonly AveragedRun[] | null
  /** candidate: could be released; build: trained to find something out. */
  readonly purpose: 'candidate' | 'build'
  /** The effective recipe: nothing left to a default. */
  readonly recipe: Recipe
  /** Trainer version: a run is a function of base, revision, recipe and this. */
  readonly trainer: string
  /** The JSONL that was trained on; null until the run starts. */
  readonly examples: Digest | null
  readonly state: RunState
  readonly progress: RunProgress
  /** Why it failed, for a person. */
  readonly error: string | null
  /** null: the local operator. */
  readonly startedBy: number | null
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  /** The weights, once finished. */
  readonly checkpoint: Checkpoint | null
}

export interface AveragedRun {
  readonly run: number
  readonly checkpoint: number
  /** Of the checkpoint. */
  readonly digest: Digest
}

/** The last thing known about a run, for those who join late. What is not known yet is null. */
export interface RunProgress {
  readonly step: number
  readonly steps: number | null
  /** Mean nats per loss token of the newest step. */
  readonly loss: number | null
  readonly tokensPerSecond: number | null
  readonly secondsLeft: number | null
  readonly plan: RunPlan | null
  /** Losses of the held-out examples; absent where nothing is held out. */
  readonly validation?: readonly { readonly step: number; readonly loss: number }[]
  /** Newest file the run can go on from, relative to its folder. */
  readonly resume: { readonly step: number; readonly file: string } | null
  readonly result: { readonly loss: number; readonly seconds: number; readonly peakBytes: number } | null
}

export interface RunPlan {
  readonly examples: number
  /** Examples cut at the recipe's maxLength. */
  readonly cut: number
  /** Tokens the loss counts, in one pass. */
  readonly lossTokens: number
  readonly trainableParameters: number
  readonly estimatedBytes: number
}

export interface RunStep {
  readonly step: number
  readonly loss: number
  readonly gradientNorm: number
  readonly learningRate: number
  readonly tokensPerSecond: number
}

export interface Checkpoint {
  readonly id: number
  readonly runId: number
  readonly step: number
  /** Over the sorted (path, digest) of its files. */
  readonly digest: Digest
  /** The PEFT adapter. */
  readonly files: readonly StoredFile[]
  /** The same adapter as GGUF: what is evaluated and served. */
  readonly served: Digest
  readonly createdAt: Date
}

export const noProgress: RunProgress = {
  step: 0,
  steps: null,
  loss: null,
  tokensPerSecond: null,
  secondsLeft: null,
  plan: null,
  resume: null,
  result: null,
}

/** Whether nothing more will happen to it by itself. */
export function hasEnded(state: RunState): boolean {
  return state === 'finished' || state === 'failed' || state === 'cancelled'
}

/** The number of the run's dataset. Nothing is released from a draft, which nobody accepted: `conflict`. */
export function acceptedNumber({ id, revision }: Pick<TrainingRun, 'id' | 'revision'>): number {
  if (revision.number !== null) return revision.number
  throw new AppError(
    'conflict',
    `Run ${id} was trained on a draft of the dataset; accept the contribution that makes it one, then release.`,
  )
}
