/** Changes what a community says of itself and trains by. Each change is a record of its own: who, what, why. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { parseLicence } from '../lineage/parse-licence.ts'
import { communityLimits, type CommunityModel, type LicencePolicy } from '../models/community-model.ts'
import { findModel, lockModel } from '../models/model-queries.ts'
import { actorId, operatorName, requireRole, type Actor } from '../people/actor.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import { parseRecipe } from './recipe.ts'

/** What may be changed. What is left out stays as it is. */
export interface SettingsChange {
  readonly description?: string | undefined
  readonly licencePolicy?: LicencePolicy | undefined
  /** YAML: what differs from the default recipe. Runs that are there keep the recipe they were started with. */
  readonly recipe?: string | undefined
}

export type Settings = Required<{ readonly [Key in keyof SettingsChange]: NonNullable<SettingsChange[Key]> }>

export interface SettingsRecord {
  readonly id: number
  /** As they were from then on. */
  readonly settings: Settings
  readonly message: string
  /** Name of who changed them. */
  readonly by: string
  readonly createdAt: Date
}

/** Characters of the reason. */
const messageLimit = 2_000

/**
 * Maintainers. Throws `invalid` for a recipe or licence that cannot be read, `conflict` where nothing would change.
 * @param model `owner/name`
 */
export async function changeSettings(
  app: { readonly db: Database },
  actor: Actor,
  model: string,
  input: { readonly changes: SettingsChange; readonly message: string },
): Promise<CommunityModel> {
  const message = input.message.trim().normalize('NFC')
  if (message === '') throw new AppError('invalid', 'Say in the message why this changes: everybody in the community can read it.')
  if (message.length > messageLimit)
    throw new AppError('invalid', `The message has ${message.length} characters; at most ${messageLimit} are kept.`)
  return app.db.transaction().execute(async (db) => {
    const found = await findModel(db, model)
    requireRole(actor, 'maintainer', found.id)
    await lockModel(db, found.id)
    const before = settingsOf(found)
    const after = checked({ ...before, ...given(input.changes) })
    if (JSON.stringify(before) === JSON.stringify(after))
      throw new AppError('conflict', `The settings of ${model} are so already; nothing changes.`)
    const { id: modelId } = found
    // The first change also keeps what was there before it, so that the history begins at the beginning.
    if (!(await db.selectFrom('modelSettings').select('id').where('modelId', '=', modelId).limit(1).executeTakeFirst()))
      await insert(db, modelId, before, 'As it began.', null)
    await insert(db, modelId, after, message, actorId(actor))
    await db
      .updateTable('communityModels')
      .set({ description: after.description, recipe: after.recipe, licencePolicy: JSON.stringify(after.licencePolicy) })
      .where('id', '=', modelId)
      .execute()
    return findModel(db, model)
  })
}

/** Newest first; empty while nothing was ever changed. */
export async function settingsLog(db: Db, modelId: number, page: Page = {}): Promise<readonly SettingsRecord[]> {
  let query = db
    .selectFrom('modelSettings')
    .leftJoin('people', 'people.id', 'modelSettings.setBy')
    .select(['modelSettings.id', 'settings', 'message', 'modelSettings.createdAt', 'people.name'])
    .where('modelId', '=', modelId)
  if (page.after !== undefined) query = query.where('modelSettings.id', '<', page.after)
  const rows = await query.orderBy('modelSettings.id', 'desc').limit(pageLimit(page)).execute()
  return rows.map(({ name, settings, ...row }) => ({ ...row, settings: inOrder(settings as Settings), by: name ?? operatorName }))
}

async function insert(db: Db, modelId: number, settings: Settings, message: string, setBy: number | null): Promise<void> {
  await db
    .insertInto('modelSettings')
    .values({ modelId, settings: JSON.stringify(settings), message, setBy })
    .execute()
}

const settingsOf = ({ description, recipe, licencePolicy }: CommunityModel): Settings => inOrder({ description, recipe, licencePolicy })

/** jsonb keeps no order of keys. */
const inOrder = ({ description, licencePolicy, recipe }: Settings): Settings => ({
  description,
  licencePolicy: { allow: licencePolicy.allow },
  recipe,
})

const given = (changes: SettingsChange): Partial<Settings> =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))

function checked({ description, licencePolicy, recipe }: Settings): Settings {
  if (description.length > communityLimits.description)
    throw new AppError('invalid', `The description has ${description.length} characters; at most ${communityLimits.description} are kept.`)
  const allow = licencePolicy.allow?.map((licence) => parseLicence(licence).expression) ?? null
  if (allow?.length === 0)
    throw new AppError(
      'invalid',
      'The licence policy allows no licence at all; name at least one, or leave it empty to admit every licence that is known.',
    )
  parseRecipe(recipe)
  return { description: description.normalize('NFC').trim(), licencePolicy: { allow }, recipe }
}
