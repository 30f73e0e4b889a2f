/** Communities as a list shows them: what each is, which languages it holds, its newest release and what may be done with that. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import type { LicenceVerdict, Permission } from '../lineage/licence-verdict.ts'
import type { OpennessClass } from '../lineage/openness-components.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'

export interface CommunityCard {
  readonly id: number
  readonly owner: string
  readonly name: string
  readonly description: string
  readonly base: string
  /** The languages with most accepted examples, BCP 47, most first; at most six. */
  readonly languages: readonly string[]
  readonly createdAt: Date
  readonly release: {
    readonly version: string
    readonly createdAt: Date
    readonly commercialUse: Permission
    /** By the Model Openness Framework; null: published before releases were graded. */
    readonly openness: { readonly class: OpennessClass | null } | null
  } | null
}

const mostLanguages = 6

/** In the order they were founded, by key. */
export async function communityCards(db: Db, page: Page = {}): Promise<readonly CommunityCard[]> {
  const rows = await db
    .selectFrom('communityModels')
    .innerJoin('baseModels', 'baseModels.id', 'communityModels.baseId')
    .leftJoinLateral(
      (query) =>
        query
          .selectFrom('releases')
          .select(['version', 'releases.createdAt as releasedAt', 'licence'])
          .select([
            sql<boolean>`releases.openness is not null`.as('graded'),
            sql<OpennessClass | null>`(releases.openness ->> 'class')::int`.as('opennessClass'),
          ])
          .whereRef('releases.modelId', '=', 'communityModels.id')
          .where('releases.state', '=', 'published')
          .orderBy('releases.id', 'desc')
          .limit(1)
          .as('newest'),
      (join) => join.onTrue(),
    )
    .leftJoinLateral(
      (query) =>
        query
          .selectFrom((spoken) =>
            spoken
              .selectFrom('exampleTallies')
              .select(['value', 'count'])
              .whereRef('exampleTallies.modelId', '=', 'communityModels.id')
              .where('field', '=', 'language')
              .orderBy('count', 'desc')
              .orderBy('value')
              .limit(mostLanguages)
              .as('spoken'),
          )
          .select(sql<string[]>`array_agg(value order by count desc, value)`.as('languages'))
          .as('tongues'),
      (join) => join.onTrue(),
    )
    .select(['communityModels.id', 'owner', 'communityModels.name', 'description', 'communityModels.createdAt', 'baseModels.name as base'])
    .select(['version', 'releasedAt', 'newest.licence', 'graded', 'opennessClass', 'languages'])
    .where('communityModels.id', '>', page.after ?? 0)
    .orderBy('communityModels.id')
    .limit(pageLimit(page))
    .execute()
  return rows.map(({ version, releasedAt, licence, graded, opennessClass, languages, ...row }) => ({
    ...row,
    languages: languages ?? [],
    release:
      version === null || releasedAt === null
        ? null
        : {
            version,
            createdAt: releasedAt,
            commercialUse: (licence as LicenceVerdict).commercialUse,
            openness: graded ? { class: opennessClass } : null,
          },
  }))
}
