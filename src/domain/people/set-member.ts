/** Makes people members of a community, changes their role there, and lets them go. Every change stays on record. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { actorId, hasRole, requireRole, type Actor, type RoleName } from './actor.ts'
import { membersOf, type Member } from './member-queries.ts'
import { findPerson } from './people-queries.ts'
import { parseRole, type Person } from './person.ts'
import { requireSelf } from './require-self.ts'

/** Maintainers of the community. Setting what is set already changes nothing. */
export async function setMember(
  app: { readonly db: Database },
  actor: Actor,
  modelId: number,
  input: { readonly name: string; readonly role: string },
): Promise<Member> {
  requireRole(actor, 'maintainer', modelId)
  const role = parseRole(input.role)
  return app.db.transaction().execute(async (db) => {
    const person = await findPerson(db, input.name)
    const before = (await lockMembers(db, modelId)).get(person.id)
    if (role !== 'maintainer') await keepMaintained(db, actor, modelId, person)
    if (before !== role) await insertMember(db, actorId(actor), modelId, person.id, role)
    return memberOf(db, modelId, person)
  })
}

/** Maintainers of the community, and members about themselves. Their role on the instance, where they have one, stays. */
export async function removeMember(app: { readonly db: Database }, actor: Actor, modelId: number, name: string): Promise<void> {
  await app.db.transaction().execute(async (db) => {
    const person = await findPerson(db, name)
    if (actor.kind === 'person' && actor.id === person.id) requireSelf(actor)
    else requireRole(actor, 'maintainer', modelId)
    if (!(await lockMembers(db, modelId)).has(person.id)) throw new AppError('not-found', `${person.name} is no member of this community.`)
    await keepMaintained(db, actor, modelId, person)
    await db.deleteFrom('members').where('modelId', '=', modelId).where('personId', '=', person.id).execute()
    await db
      .insertInto('memberChanges')
      .values({ modelId, personId: person.id, role: null, changedBy: actorId(actor) })
      .execute()
  })
}

/**
 * Within a transaction; says nothing about who may.
 * @param by whoever decided it; null: the operator
 */
export async function insertMember(db: Db, by: number | null, modelId: number, personId: number, role: RoleName): Promise<void> {
  await db
    .insertInto('members')
    .values({ modelId, personId, role, addedBy: by })
    .onConflict((known) => known.columns(['modelId', 'personId']).doUpdateSet({ role }))
    .execute()
  await db.insertInto('memberChanges').values({ modelId, personId, role, changedBy: by }).execute()
}

/** The members' roles by their id; others who change them wait until the transaction ends. */
async function lockMembers(db: Db, modelId: number): Promise<ReadonlyMap<number, RoleName>> {
  const rows = await db
    .selectFrom('members')
    .select(['personId', 'role'])
    .where('modelId', '=', modelId)
    .orderBy('personId')
    .forUpdate()
    .execute()
  return new Map(rows.map(({ personId, role }) => [personId, role]))
}

/** Throws `conflict` where nobody would maintain the community any more. Those who maintain the whole instance may leave it so. */
async function keepMaintained(db: Db, actor: Actor, modelId: number, person: Person): Promise<void> {
  if (hasRole(actor, 'maintainer')) return
  const maintainers = await db
    .selectFrom('members')
    .select('personId')
    .where('modelId', '=', modelId)
    .where('role', '=', 'maintainer')
    .execute()
  if (maintainers.length === 1 && maintainers[0]?.personId === person.id)
    throw new AppError('conflict', `${person.name} is the only maintainer of this community; make somebody else one first.`)
}

async function memberOf(db: Db, modelId: number, person: Person): Promise<Member> {
  const [member] = await membersOf(db, modelId, { after: person.id - 1, limit: 1 })
  return member as Member
}
