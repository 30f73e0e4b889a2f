/** Creates a community model over a base. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { parseLicence } from '../lineage/parse-licence.ts'
import { actorId, hasRole, requireRole, type Actor } from '../people/actor.ts'
import { insertMember } from '../people/set-member.ts'
import { communityLimits, type CommunityModel, type LicencePolicy } from './community-model.ts'
import { plainClause } from './charter.ts'
import { findBase, findModel } from './model-queries.ts'
import { formatModelName, parseModelName, type ModelName } from './model-name.ts'
import { changeRules, defaultRules } from './review-rules.ts'
import { insertCharter } from './revise-charter.ts'
import { insertRules } from './set-review-rules.ts'

export interface NewModel {
  /** Name of the base model. */
  readonly base: string
  readonly description?: string | undefined
  readonly charter?: readonly string[] | undefined
  /** Accepting reviews a contribution needs, however many review; where nothing is said, the number grows with the active reviewers. */
  readonly quorum?: number | undefined
  /** Recipe overrides as YAML; training reads it. */
  readonly recipe?: string | undefined
  readonly licencePolicy?: LicencePolicy | undefined
}

export interface CommunityApp {
  readonly db: Database
  /** Who may open a community: those who maintain the instance, where nothing is said. */
  readonly openCommunities?: 'maintainer' | 'anyone'
}

/**
 * Whoever makes a community maintains it.
 * @param name `owner/name`. Throws `conflict` where it is taken, `not-found` for an unknown base.
 */
export async function createModel(app: CommunityApp, actor: Actor, name: string, input: NewModel): Promise<CommunityModel> {
  requireRole(actor, app.openCommunities === 'anyone' ? 'contributor' : 'maintainer')
  const wanted = parseModelName(name)
  const values = checked(input)
  const charter = JSON.parse(values.charter) as readonly string[]
  const rules = input.quorum === undefined ? defaultRules : changeRules(defaultRules, { quorum: { kind: 'fixed', n: input.quorum } })
  return app.db.transaction().execute(async (db) => {
    if (!hasRole(actor, 'maintainer')) await requireOwner(db, actor, wanted)
    const base = await findBase(db, input.base)
    const made = await db
      .insertInto('communityModels')
      .values({ ...wanted, ...values, baseId: base.id })
      .onConflict((taken) => taken.columns(['owner', 'name']).doNothing())
      .returning('id')
      .executeTakeFirst()
    if (!made) throw new AppError('conflict', `There already is a community model ${formatModelName(wanted)}; choose another name.`)
    if (charter.length > 0)
      await insertCharter(db, made.id, {
        revision: 1,
        clauses: charter.map((text, i) => ({ number: i + 1, ...plainClause(text) })),
        nextClause: charter.length + 1,
        contributionId: null,
      })
    if (actor.kind === 'person') await insertMember(db, actor.id, made.id, actor.id, 'maintainer')
    await insertRules(db, made.id, actor, rules, 'The rules it began with.')
    return findModel(db, wanted)
  })
}

/** Where anyone may open a community, nobody opens one in another's name: an owner's first comes from anybody, the next from those who maintain one of theirs. */
async function requireOwner(db: Db, actor: Actor, { owner }: ModelName): Promise<void> {
  const theirs = await db.selectFrom('communityModels').select('id').where('owner', '=', owner).execute()
  const namesake = await db.selectFrom('people').select('id').where('name', '=', owner).executeTakeFirst()
  if (theirs.some(({ id }) => hasRole(actor, 'maintainer', id))) return
  if (theirs.length > 0 || (namesake && namesake.id !== actorId(actor)))
    throw new AppError('conflict', `The name ${owner} is taken by others; choose another before the slash, or ask those who maintain it.`)
}

function checked(input: NewModel) {
  const { description = '', charter = [], recipe = '', licencePolicy = { allow: null } } = input
  const refuse = (sentence: string): never => {
    throw new AppError('invalid', sentence)
  }
  if (description.length > communityLimits.description)
    refuse(`The description has ${description.length} characters; at most ${communityLimits.description} are kept.`)
  if (charter.length > communityLimits.clauses)
    refuse(`The charter has ${charter.length} clauses; at most ${communityLimits.clauses} are kept.`)
  for (const [i, clause] of charter.entries())
    if (clause.trim() === '' || clause.length > communityLimits.clause)
      refuse(`Clause ${i + 1} of the charter has ${clause.length} characters; 1 to ${communityLimits.clause} are needed.`)
  if (recipe.length > communityLimits.recipe)
    refuse(`The recipe has ${recipe.length} characters; at most ${communityLimits.recipe} are kept.`)
  const allow = licencePolicy.allow?.map((licence) => parseLicence(licence).expression) ?? null
  if (allow?.length === 0)
    refuse('The licence policy allows no licence at all; name at least one, or leave it out to admit every licence that is known.')
  return {
    description: description.normalize('NFC'),
    charter: JSON.stringify(charter.map((clause) => clause.normalize('NFC'))),
    recipe,
    licencePolicy: JSON.stringify({ allow }),
  }
}
