/** Whom one can put a question to from a community's page: its releases, its base, and what other communities made of theirs. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import type { CommunityModel } from '../models/community-model.ts'
import { formatModelName } from '../models/model-name.ts'

export interface TalkPartners {
  /** Versions that can be asked, newest first; the first is the one that is served where nothing is said. */
  readonly versions: readonly string[]
  /** Name of the base. */
  readonly base: string
  /** `owner/name` of other communities with the version that is served of each; those on the same base first. */
  readonly others: readonly { readonly model: string; readonly version: string }[]
}

/** More than a list to choose from can show. */
const most = { versions: 50, others: 100 } as const

/** Reads names only: a release itself is large. */
export async function talkPartners(db: Db, model: CommunityModel): Promise<TalkPartners> {
  const versions = await db
    .selectFrom('releases')
    .select('version')
    .where('modelId', '=', model.id)
    .where('state', '=', 'published')
    .orderBy(isCandidate)
    .orderBy('id', 'desc')
    .limit(most.versions)
    .execute()
  const others = await db
    .selectFrom('communityModels as models')
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('releases')
          .select('releases.version')
          .whereRef('releases.modelId', '=', 'models.id')
          .where('releases.state', '=', 'published')
          .orderBy(isCandidate)
          .orderBy('releases.id', 'desc')
          .limit(1)
          .as('newest'),
      (join) => join.onTrue(),
    )
    .select(['models.owner', 'models.name', 'newest.version'])
    .where('models.id', '!=', model.id)
    .orderBy(sql`models.base_id <> ${model.baseId}`)
    .orderBy('models.owner')
    .orderBy('models.name')
    .limit(most.others)
    .execute()
  return {
    versions: versions.map(({ version }) => version),
    base: model.base,
    others: others.map(({ owner, name, version }) => ({ model: formatModelName({ owner, name }), version })),
  }
}

/** A candidate (0.2.0-rc.1) is served only where there is nothing else. */
const isCandidate = sql<boolean>`releases.version like '%-%'`
