/** What a candidate or a trial is trained on: the dataset with some of those aboard, and how a trial is trained so that the few show. */

import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import type { Recipe } from '../../trainers/trainer.ts'
import { warmRecipe } from '../builds/warm-recipe.ts'
import { digestsOfChanges, findContribution } from '../contributions/contribution-queries.ts'
import { latestRevision } from '../datasets/dataset-queries.ts'
import type { DraftRevision } from '../datasets/dataset-revision.ts'
import { changeKeeping, changeWithout } from '../datasets/draft-changes.ts'
import { draftRevision } from '../datasets/revise-dataset.ts'
import { lockModel } from '../models/model-queries.ts'
import type { Passenger, ReleaseTrain } from './release-train.ts'
import { acceptedBetween, releasedRevision } from './train-queries.ts'

/** Examples of the last release's dataset that a trial repeats: enough to hold what the model can, few enough that eleven others weigh something. With 128,
 * six good contributions on new topics cost 7 points of 100 in what the model could before. */
export const repeated = 256
/** Passes that a trial of everybody makes over its examples; a smaller group is passed over more often in the same number of steps. */
const passesOfAll = 3
const mostSteps = 300
const fewestSteps = 60
/**
 * A group is cleared by holding where each of its examples was seen at least so often. Eleven wrong examples among the 704 of 64 contributions, seen three
 * times, cost 11.5 points of 100, where the same group without them costs 0.5 (bench/bisect.ts). Beyond `mostSteps` a group is too large for that.
 */
const seenEnough = 3

type Train = Pick<ReleaseTrain, 'modelId' | 'baselineId' | 'passengers'>

/** The dataset as it would be with only these of the passengers; what was accepted since the train left is not in it. In a transaction. */
export async function datasetWith(db: Db, { modelId, baselineId }: Train, aboard: readonly number[]): Promise<DraftRevision> {
  await lockModel(db, modelId)
  const head = (await latestRevision(db, modelId))!
  const before = await releasedRevision(db, baselineId)
  const since = await acceptedBetween(db, modelId, before?.number ?? 0, head.number)
  const out = since.map(({ id }) => id).filter((id) => !aboard.includes(id))
  return draftRevision(db, modelId, head, await changeWithout(db, head, out))
}

/**
 * The same, cut down: everything the group brings, and of the rest a fixed sample (the examples whose digests come first, which digests scatter evenly).
 * Always the same sample, so that a trial and its control differ in the group alone. In a transaction.
 */
export async function trialDataset(db: Db, train: Train, group: readonly number[]): Promise<DraftRevision> {
  const whole = await datasetWith(db, train, group)
  const base = await datasetWith(db, train, [])
  if (base.count <= repeated) return whole
  const brought = new Set<Digest>()
  for (const id of group)
    for (const digest of (await digestsOfChanges(db, id, (await findContribution(db, id)).round)).coming) brought.add(digest)
  const below = `sha256:${Math.floor((repeated / base.count) * 2 ** 48)
    .toString(16)
    .padStart(12, '0')}`
  return draftRevision(db, train.modelId, whole, await changeKeeping(db, whole, (digest) => brought.has(digest) || digest < below))
}

/**
 * How a trial is trained. The same number of steps for every group, so that it costs the same and differs from its control in its examples alone, and so that
 * the smaller the group, the more often each of its examples is seen: a culprit of few examples shows when its group has become small.
 * @param draw 0 searches, 1 confirms: the same examples in another order
 */
export function trialRecipe(recipe: Recipe, start: 'release' | 'base', passengers: readonly Passenger[], draw: 0 | 1): Recipe {
  const short = warmRecipe(recipe)
  return {
    ...short,
    // From the base everything is still to be learned.
    learningRate: start === 'release' ? short.learningRate : recipe.learningRate,
    epochs: 10_000,
    maxSteps: start === 'release' ? trialSteps(short.batchSize, passengers) : mostSteps,
    seed: (recipe.seed + draw) % 2 ** 32,
  }
}

function trialSteps(batchSize: number, passengers: readonly Passenger[]): number {
  const wanted = Math.ceil((passesOfAll * (repeated + examplesOf(passengers))) / batchSize)
  return Math.min(mostSteps, Math.max(fewestSteps, wanted))
}

/** Whether a group is small enough for its holding to clear each of its members. */
export function clearsBy(recipe: Recipe, passengers: readonly Passenger[]): (group: readonly Passenger[]) => boolean {
  const { batchSize } = warmRecipe(recipe)
  const seen = trialSteps(batchSize, passengers) * batchSize
  return (group) => seen / (repeated + examplesOf(group)) >= seenEnough
}

function examplesOf(passengers: readonly Passenger[]): number {
  return passengers.reduce((sum, { examples }) => sum + examples, 0)
}
