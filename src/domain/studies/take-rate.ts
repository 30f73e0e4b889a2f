/** Puts the rate that a search suggested into the recipe of the community model, as a change of its settings. */

import { parseDocument } from 'yaml'
import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { CommunityModel } from '../models/community-model.ts'
import { findModel } from '../models/model-queries.ts'
import type { Actor } from '../people/actor.ts'
import { changeSettings } from '../training/change-settings.ts'
import { rate } from './describe-study.ts'
import { findStudy } from './study-queries.ts'

/** Maintainers. The rest of the recipe stays as it was written, comments included. `conflict` where the study suggests nothing, or the recipe has this rate. */
export async function takeRate(app: { readonly db: Database }, actor: Actor, id: number, message?: string): Promise<CommunityModel> {
  const study = await findStudy(app.db, id)
  if (study.kind !== 'rate') throw new AppError('invalid', `Study ${id} looked for examples and not for a learning rate.`)
  const suggested = study.result?.suggested ?? null
  if (suggested === null)
    throw new AppError(
      'conflict',
      `Study ${id} is ${study.state} and suggests no learning rate; "recipe find-rate ${study.model}" searches again.`,
    )
  const { recipe } = await findModel(app.db, study.model)
  const document = parseDocument(recipe)
  document.set('learningRate', suggested)
  return changeSettings(app, actor, study.model, {
    changes: { recipe: String(document) },
    message: message ?? `Learning rate ${rate(suggested)}, as study ${id} suggests.`,
  })
}
