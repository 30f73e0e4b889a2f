/** What is new in a release: contributions with their people, the dataset, the recipe. */

import type { Db } from '../../storage/database.ts'
import { operatorName } from '../people/actor.ts'
import { flatRecipe } from '../training/recipe.ts'
import { findCheckpoint, findRun } from '../training/run-queries.ts'
import { acceptedNumber, type TrainingRun } from '../training/run.ts'
import type { Candidate } from './candidate.ts'
import type { Changelog, ChangelogContribution } from './release.ts'

export async function changelogOf(db: Db, { run, base, previous }: Candidate): Promise<Changelog> {
  const before = previous && (await findRun(db, (await findCheckpoint(db, previous.checkpointId)).runId))
  const { digest, count } = run.revision
  const number = acceptedNumber(run)
  return {
    contributions: await contributionsBetween(db, run, before),
    dataset: {
      number,
      digest,
      count,
      previous: before && { number: acceptedNumber(before), digest: before.revision.digest, count: before.revision.count },
    },
    recipe: before ? recipeChanges(before, run) : [],
    base: base.name,
  }
}

/** Those accepted into the revisions after the previous release's, up to this one's. */
async function contributionsBetween(db: Db, run: TrainingRun, before: TrainingRun | null): Promise<ChangelogContribution[]> {
  const rows = await db
    .selectFrom('revisionContributions')
    .innerJoin('datasetRevisions', 'datasetRevisions.id', 'revisionContributions.revisionId')
    .innerJoin('contributions', 'contributions.id', 'revisionContributions.contributionId')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .select(['contributions.id', 'contributions.round', 'contributions.message', 'people.name as author'])
    .where('datasetRevisions.modelId', '=', run.modelId)
    .where('datasetRevisions.number', '<=', acceptedNumber(run))
    .where('datasetRevisions.number', '>', before ? acceptedNumber(before) : 0)
    .orderBy('contributions.id')
    .execute()
  const contributions: ChangelogContribution[] = []
  for (const { id, round, message, author } of rows) {
    const counts = await db
      .selectFrom('contributionChanges')
      .select(['kind', (count) => count.fn.countAll<number>().as('count')])
      .where('contributionId', '=', id)
      .where('round', '=', round)
      .groupBy('kind')
      .execute()
    const countOf = (kind: string) => Number(counts.find((row) => row.kind === kind)?.count ?? 0)
    const reviewers = await db
      .selectFrom('reviews')
      .leftJoin('people', 'people.id', 'reviews.reviewerId')
      .select('people.name')
      .where('contributionId', '=', id)
      .where('round', '=', round)
      .where('decision', '=', 'accept')
      .orderBy('reviews.id')
      .execute()
    contributions.push({
      id,
      author: author ?? operatorName,
      message,
      added: countOf('add'),
      replaced: countOf('replace'),
      removed: countOf('remove'),
      reviewers: reviewers.map(({ name }) => name ?? operatorName),
    })
  }
  return contributions
}

function recipeChanges(before: TrainingRun, now: TrainingRun): Changelog['recipe'] {
  const [was, is] = [flatRecipe(before.recipe), flatRecipe(now.recipe)].map((flat) => new Map(Object.entries(flat)))
  const keys = new Set([...was!.keys(), ...is!.keys()])
  return [...keys].flatMap((key) => {
    const [old, value] = [was!.get(key), is!.get(key)].map((one) => (one === undefined ? null : JSON.stringify(one)))
    return old === value || value === null || value === undefined ? [] : [{ key, before: old ?? null, now: value }]
  })
}
