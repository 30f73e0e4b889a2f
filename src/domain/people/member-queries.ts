/** Reads who is a member of a community, what a person's memberships are, and who may review or maintain there. */

import { sql, type RawBuilder } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { operatorName, type RoleName } from './actor.ts'
import { pageLimit, type Page } from './people-queries.ts'

export interface Member {
  readonly personId: number
  readonly name: string
  readonly displayName: string | null
  readonly role: RoleName
  /** Whoever made them a member; "operator" for the operator. */
  readonly addedBy: string
  readonly createdAt: Date
}

export interface MemberChange {
  readonly id: number
  readonly name: string
  /** null: no member any more. */
  readonly role: RoleName | null
  readonly by: string
  readonly at: Date
}

/** What a person may do in communities beyond their role on the instance, by the community model's id. */
export async function membershipsOf(db: Db, personId: number): Promise<ReadonlyMap<number, RoleName>> {
  const rows = await db.selectFrom('members').select(['modelId', 'role']).where('personId', '=', personId).execute()
  return new Map(rows.map(({ modelId, role }) => [modelId, role]))
}

/** Members in the order of the people's ids. */
export async function membersOf(db: Db, modelId: number, page: Page = {}): Promise<readonly Member[]> {
  const rows = await db
    .selectFrom('members')
    .innerJoin('people', 'people.id', 'members.personId')
    .leftJoin('people as adders', 'adders.id', 'members.addedBy')
    .select(['members.personId', 'people.name', 'people.displayName', 'members.role', 'adders.name as addedBy', 'members.createdAt'])
    .where('members.modelId', '=', modelId)
    .where('members.personId', '>', page.after ?? 0)
    .orderBy('members.personId')
    .limit(pageLimit(page))
    .execute()
  return rows.map((row) => ({ ...row, addedBy: row.addedBy ?? operatorName }))
}

/** The newest change first; `after` goes on with older ones. */
export async function memberChangesOf(db: Db, modelId: number, page: Page = {}): Promise<readonly MemberChange[]> {
  let query = db
    .selectFrom('memberChanges as changes')
    .innerJoin('people', 'people.id', 'changes.personId')
    .leftJoin('people as changers', 'changers.id', 'changes.changedBy')
    .select(['changes.id', 'people.name', 'changes.role', 'changers.name as by', 'changes.createdAt as at'])
    .where('changes.modelId', '=', modelId)
  if (page.after !== undefined) query = query.where('changes.id', '<', page.after)
  const rows = await query.orderBy('changes.id', 'desc').limit(pageLimit(page)).execute()
  return rows.map((row) => ({ ...row, by: row.by ?? operatorName }))
}

/** Reviewers and maintainers of the whole instance, whose role holds in every community, in the order they came. */
export async function peopleWithRoleEverywhere(
  db: Db,
  page: Page = {},
): Promise<readonly { readonly name: string; readonly role: RoleName }[]> {
  return db
    .selectFrom('people')
    .select(['name', 'role'])
    .where('role', 'in', ['reviewer', 'maintainer'])
    .where('id', '>', page.after ?? 0)
    .orderBy('id')
    .limit(pageLimit(page))
    .execute()
}

/** Ids of those who may do in a community what the role may, whether by membership or on the whole instance. */
export async function idsWithRole(db: Db, modelId: number, role: 'reviewer' | 'maintainer'): Promise<number[]> {
  const rows = await db.selectFrom('people').select('people.id').where(hasRoleIn(role, modelId)).orderBy('people.id').execute()
  return rows.map(({ id }) => id)
}

/** The same as a condition on `people`. */
export function hasRoleIn(role: 'reviewer' | 'maintainer', modelId: number): RawBuilder<boolean> {
  const enough = sql.join((role === 'reviewer' ? ['reviewer', 'maintainer'] : ['maintainer']).map((each) => sql.lit(each)))
  return sql<boolean>`(people.role in (${enough}) or exists (
    select from members where members.person_id = people.id and members.model_id = ${modelId} and members.role in (${enough})))`
}
