/** Changes what a person may do on the whole instance. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { requireRole, type Actor } from './actor.ts'
import { findPerson } from './people-queries.ts'
import { parseRole, type Person } from './person.ts'

/** Maintainers of the instance. The last of them cannot step down: only the operator can leave an instance without one. */
export async function setRole(
  app: { readonly db: Database },
  actor: Actor,
  input: { readonly name: string; readonly role: string },
): Promise<Person> {
  requireRole(actor, 'maintainer')
  const role = parseRole(input.role)
  return app.db.transaction().execute(async (db) => {
    const maintainers = await db.selectFrom('people').select('id').where('role', '=', 'maintainer').orderBy('id').forUpdate().execute()
    const person = await findPerson(db, input.name)
    if (actor.kind === 'person' && role !== 'maintainer' && maintainers.length === 1 && maintainers[0]?.id === person.id)
      throw new AppError('conflict', `${person.name} is the only maintainer of this instance; make somebody else one first.`)
    await db.updateTable('people').set({ role }).where('id', '=', person.id).execute()
    return { ...person, role }
  })
}
