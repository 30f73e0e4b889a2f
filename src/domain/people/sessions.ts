/** Starts sessions, says whose a cookie is, and ends them. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Actor, PersonActor } from './actor.ts'
import { requireSelf } from './require-self.ts'
import { membershipsOf } from './member-queries.ts'
import { hashSecret, looksLikeSecret, newSecret } from './secret.ts'
import { sessionLimits, type Session, type SignInMethod } from './session.ts'

export interface StartedSession {
  readonly person: PersonActor
  /** The cookie's value, shown this once: only its hash is stored. */
  readonly secret: string
}

export interface FoundSession {
  readonly actor: PersonActor
  readonly id: number
  /** Just prolonged: the browser should keep its cookie longer too. */
  readonly prolonged: boolean
}

const { idleDays, longestDays, touchMinutes } = sessionLimits

/** Within the transaction that found out who it is; says nothing about that. */
export async function startSession(db: Db, personId: number, method: SignInMethod, device: string): Promise<StartedSession> {
  const secret = newSecret()
  await db
    .insertInto('sessions')
    .values({
      personId,
      hash: hashSecret(secret),
      label: device.slice(0, 80),
      method,
      expiresAt: sql<Date>`now() + ${idleDays} * interval '1 day'` as never,
      endedAt: null,
    })
    .execute()
  const { id, name, role } = await db
    .selectFrom('people')
    .select(['id', 'name', 'role'])
    .where('id', '=', personId)
    .executeTakeFirstOrThrow()
  return { person: { kind: 'person', id, name, role, memberships: await membershipsOf(db, id), scopes: null }, secret }
}

/** Whose cookie it is; null where it is unknown, has run out or was ended: they are asked to sign in again. */
export async function findSession(app: { readonly db: Database }, secret: string): Promise<FoundSession | null> {
  if (!looksLikeSecret(secret)) return null
  const row = await app.db
    .selectFrom('sessions')
    .innerJoin('people', 'people.id', 'sessions.personId')
    .select(['sessions.id as session', 'people.id', 'people.name', 'people.role'])
    .select(sql<boolean>`last_seen_at < now() - ${touchMinutes} * interval '1 minute'`.as('stale'))
    .where('sessions.hash', '=', hashSecret(secret))
    .where('sessions.endedAt', 'is', null)
    .where('sessions.expiresAt', '>', sql<Date>`now()`)
    .executeTakeFirst()
  if (!row) return null
  const { session, stale, id, name, role } = row
  if (stale)
    await sql`update sessions set last_seen_at = now(),
      expires_at = least(now() + ${idleDays} * interval '1 day', created_at + ${longestDays} * interval '1 day')
      where id = ${session} and ended_at is null`.execute(app.db)
  const actor: PersonActor = { kind: 'person', id, name, role, memberships: await membershipsOf(app.db, id), scopes: null }
  return { actor, id: session, prolonged: stale }
}

/** One's own, the one used last first. */
export async function sessionsOf(db: Db, personId: number): Promise<readonly Session[]> {
  return db
    .selectFrom('sessions')
    .select(['id', 'label', 'method', 'createdAt', 'lastSeenAt', 'expiresAt'])
    .where('personId', '=', personId)
    .where('endedAt', 'is', null)
    .where('expiresAt', '>', sql<Date>`now()`)
    .orderBy('lastSeenAt', 'desc')
    .orderBy('id', 'desc')
    .limit(200)
    .execute()
}

/** Ends one of one's own sessions. */
export async function endSession(app: { readonly db: Database }, actor: Actor, id: number): Promise<void> {
  const person = requireSelf(actor)
  const ended = await endWhere(app.db, person.id).where('id', '=', id).returning('id').execute()
  if (ended.length === 0) throw new AppError('not-found', `You have no session ${id} that could be ended.`)
}

/** Ends all of one's own sessions but, where one is named, that. */
export async function endSessions(app: { readonly db: Database }, actor: Actor, but: number | null): Promise<void> {
  await endAll(app.db, requireSelf(actor).id, but)
}

/** Says nothing about who may. */
export async function endAll(db: Db, personId: number, but: number | null): Promise<void> {
  await endWhere(db, personId)
    .where('id', '!=', but ?? 0)
    .execute()
}

function endWhere(db: Db, personId: number) {
  return db
    .updateTable('sessions')
    .set({ endedAt: sql<Date>`now()` })
    .where('personId', '=', personId)
    .where('endedAt', 'is', null)
}
