/** What is new in a release: contributions with their people, the dataset, the recipe. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { diffCharters } from '../models/charter.ts'
import { findCharter } from '../models/charter-queries.ts'
import { operatorName } from '../people/actor.ts'
import { flatRecipe } from '../training/recipe.ts'
import { findCheckpoint, findRun } from '../training/run-queries.ts'
import { acceptedNumber, type TrainingRun } from '../training/run.ts'
import type { Candidate } from './candidate.ts'
import type { Changelog, ChangelogContribution, ClauseVerdict } from './release.ts'

export async function changelogOf(db: Db, candidate: Candidate, verdicts: readonly ClauseVerdict[] = []): Promise<Changelog> {
  const { run, base, previous } = candidate
  const before = previous && (await findRun(db, (await findCheckpoint(db, previous.checkpointId)).runId))
  const { digest, count } = run.revision
  const number = acceptedNumber(run)
  return {
    contributions: await contributionsBetween(db, candidate, before),
    ...(await charterSince(db, candidate, verdicts)),
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

/** What the release says of its charter, where there is one or was one. */
async function charterSince(
  db: Db,
  { model, charter, previous }: Candidate,
  verdicts: readonly ClauseVerdict[],
): Promise<Pick<Changelog, 'charter'>> {
  if (charter.revision === 0) return {}
  const before = previous?.changelog.charter?.revision ?? null
  const { added, changed, removed } = diffCharters(await findCharter(db, model.id, before ?? 0), charter)
  const numbers = (clauses: readonly { readonly number: number }[]) => clauses.map(({ number }) => number)
  return {
    charter: {
      revision: charter.revision,
      previous: before,
      added: numbers(added),
      changed: numbers(changed.map(({ after }) => after)),
      removed: numbers(removed),
      clauses: verdicts.map(({ number, state, before }) => ({ number, state, before })),
    },
  }
}

/** Contributions that made a suite or a charter since the previous release, and no revision of the dataset. */
async function testsSince(db: Db, { model, previous }: Candidate): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select contribution_id as id from suites where model_id = ${model.id} and created_at > ${previous?.createdAt ?? new Date(0)}
    union select contribution_id from charter_revisions where model_id = ${model.id} and created_at > ${previous?.createdAt ?? new Date(0)}
    except select contribution_id from revision_contributions`.execute(db)
  return rows.flatMap(({ id }) => id ?? [])
}

/** Those accepted into the revisions after the previous release's, up to this one's, and those that changed what it is tested by. */
async function contributionsBetween(db: Db, candidate: Candidate, before: TrainingRun | null): Promise<ChangelogContribution[]> {
  const { run } = candidate
  const accepted = await db
    .selectFrom('revisionContributions')
    .innerJoin('datasetRevisions', 'datasetRevisions.id', 'revisionContributions.revisionId')
    .innerJoin('contributions', 'contributions.id', 'revisionContributions.contributionId')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .select(['contributions.id', 'contributions.round', 'contributions.message', 'people.name as author'])
    .where('datasetRevisions.modelId', '=', run.modelId)
    .where('datasetRevisions.number', '<=', acceptedNumber(run))
    .where('datasetRevisions.number', '>', before ? acceptedNumber(before) : 0)
    .execute()
  const others = await testsSince(db, candidate)
  const testing = await db
    .selectFrom('contributions')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .select(['contributions.id', 'contributions.round', 'contributions.message', 'people.name as author'])
    .where('contributions.id', 'in', others.length > 0 ? others : [0])
    .execute()
  const contributions: ChangelogContribution[] = []
  for (const { id, round, message, author } of [...accepted, ...testing].sort((a, b) => a.id - b.id)) {
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
      cases: countOf('case'),
      clauses: countOf('clause'),
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
