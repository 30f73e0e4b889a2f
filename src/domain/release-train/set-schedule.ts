/** Changes the rhythm of a community. What was set before stays on record. */

import type { Database } from '../../storage/database.ts'
import { findModel } from '../models/model-queries.ts'
import { actorId, requireRole, type Actor } from '../people/actor.ts'
import { parseSchedule, type Schedule, type ScheduleChange } from './schedule.ts'
import { scheduleHistory, scheduleOf } from './train-queries.ts'

/** Maintainers. What is not said stays as it is. */
export async function setSchedule(
  app: { readonly db: Database },
  actor: Actor,
  model: string,
  wanted: { readonly [Key in keyof Schedule]?: Schedule[Key] | undefined },
): Promise<ScheduleChange> {
  return app.db.transaction().execute(async (db) => {
    const { id: modelId } = await findModel(db, model)
    requireRole(actor, 'maintainer', modelId)
    const before = await scheduleOf(db, modelId)
    const { rhythm, publish, builds } = parseSchedule({
      rhythm: wanted.rhythm ?? before.rhythm,
      publish: wanted.publish ?? before.publish,
      builds: wanted.builds ?? before.builds,
    })
    await db
      .insertInto('trainSchedules')
      .values({ modelId, rhythm: JSON.stringify(rhythm), publish, builds, setBy: actorId(actor) })
      .execute()
    const [made] = await scheduleHistory(db, modelId, { limit: 1 })
    return made!
  })
}
