/** Declares what is open of a base model, or by a community: a new record each time, so that who said what, when and where they read it stays readable. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { componentIds } from '../lineage/openness-components.ts'
import { actorId, requireRole, type Actor } from '../people/actor.ts'
import { findBase, findModel } from './model-queries.ts'
import {
  checkAddress,
  checkComponents,
  communityComponents,
  declarationLimits,
  type DeclaredComponent,
  type OpennessDeclaration,
} from './openness-declaration.ts'
import { currentDeclaration, type DeclarationSubject } from './openness-queries.ts'

export interface DeclarationInput {
  /** All that is declared: what is left out is declared no more. */
  readonly components: readonly { readonly component: string; readonly licence?: string | null | undefined; readonly address: string }[]
  /** Where it was read. */
  readonly source?: string | null | undefined
  readonly message: string
}

/** Maintainers of the instance. Throws `invalid` for what is no component or address, `conflict` where nothing would change. */
export async function declareBaseOpenness(
  app: { readonly db: Database },
  actor: Actor,
  base: string,
  input: DeclarationInput,
): Promise<OpennessDeclaration> {
  requireRole(actor, 'maintainer')
  const checked = check(input, componentIds)
  return app.db.transaction().execute(async (db) => {
    const { id: baseId } = await findBase(db, base)
    await db.selectFrom('baseModels').select('id').where('id', '=', baseId).forUpdate().execute()
    return insert(db, { baseId }, actor, checked, `the base model ${base}`)
  })
}

/** Maintainers of the community. @param model `owner/name` */
export async function declareCommunityOpenness(
  app: { readonly db: Database },
  actor: Actor,
  model: string,
  input: DeclarationInput,
): Promise<OpennessDeclaration> {
  return app.db.transaction().execute(async (db) => {
    const { id: modelId } = await findModel(db, model)
    requireRole(actor, 'maintainer', modelId)
    await db.selectFrom('communityModels').select('id').where('id', '=', modelId).forUpdate().execute()
    return insert(db, { modelId }, actor, check(input, communityComponents), model)
  })
}

interface Checked {
  readonly components: readonly DeclaredComponent[]
  readonly source: string | null
  readonly message: string
}

function check(input: DeclarationInput, allowed: Parameters<typeof checkComponents>[1]): Checked {
  const message = input.message.trim().normalize('NFC')
  if (message === '') throw new AppError('invalid', 'Say in the message how you know: everybody who relies on it can read it.')
  if (message.length > declarationLimits.message)
    throw new AppError('invalid', `The message has ${message.length} characters; at most ${declarationLimits.message} are kept.`)
  const source = input.source?.trim() ? checkAddress(input.source, 'the source') : null
  return { components: checkComponents(input.components, allowed), source, message }
}

async function insert(
  db: Db,
  subject: DeclarationSubject,
  actor: Actor,
  { components, source, message }: Checked,
  what: string,
): Promise<OpennessDeclaration> {
  const before = await currentDeclaration(db, subject)
  const same = before && JSON.stringify(before.components) === JSON.stringify(components) && before.source === source
  if (same) throw new AppError('conflict', `Just this is declared of ${what} already; nothing changes.`)
  await db
    .insertInto('opennessDeclarations')
    .values({
      baseId: 'baseId' in subject ? subject.baseId : null,
      modelId: 'modelId' in subject ? subject.modelId : null,
      components: JSON.stringify(components),
      source,
      message,
      declaredBy: actorId(actor),
    })
    .execute()
  return (await currentDeclaration(db, subject)) as OpennessDeclaration
}
