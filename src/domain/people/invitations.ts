/** Invitations: links that open one account, with a role on the instance or in a community. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { actorId, hasRole, operatorName, requireRole, roles, type Actor, type RoleName } from './actor.ts'
import { parseRole } from './person.ts'
import { requireSelf } from './require-self.ts'
import { hashSecret, looksLikeSecret, newSecret } from './secret.ts'
import { insertMember } from './set-member.ts'

export interface Invitation {
  readonly id: number
  readonly role: RoleName
  /** The community it is to; null: the role is on the whole instance. */
  readonly modelId: number | null
  /** `owner/name`. */
  readonly model: string | null
  /** For whom it is, in the words of whoever invites; only they and those who may invite see it. */
  readonly note: string
  readonly invitedBy: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly state: 'open' | 'used' | 'revoked' | 'expired'
  readonly usedBy: string | null
}

export const invitationLimits = {
  /** Days: long enough for a letter, short enough that a forgotten one opens nothing. */
  standardDays: 14,
  longestDays: 90,
  note: 200,
  /** Open ones of one person at once; a class fits. */
  open: 100,
} as const

export interface NewInvitation {
  readonly role: string
  readonly modelId: number | null
  readonly note?: string | undefined
  readonly days?: number | undefined
}

/** Maintainers: of the instance, or of the community they invite to. The secret is shown this once. */
export async function invite(
  app: { readonly db: Database },
  actor: Actor,
  wanted: NewInvitation,
): Promise<{ readonly invitation: Invitation; readonly secret: string }> {
  requireRole(actor, 'maintainer', wanted.modelId ?? undefined)
  const role = parseRole(wanted.role)
  const { days = invitationLimits.standardDays } = wanted
  if (!Number.isInteger(days) || days < 1 || days > invitationLimits.longestDays)
    throw new AppError('invalid', `An invitation is valid for 1 to ${invitationLimits.longestDays} days, not ${days}.`)
  const note = (wanted.note ?? '').normalize('NFC').trim().slice(0, invitationLimits.note)
  const secret = newSecret()
  return app.db.transaction().execute(async (db) => {
    const { count } = await open(db)
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('invitedBy', 'is not distinct from', actorId(actor))
      .executeTakeFirstOrThrow()
    if (Number(count) >= invitationLimits.open)
      throw new AppError('conflict', `${count} of your invitations are open, the most there can be; take back those that nobody will use.`)
    const { id } = await db
      .insertInto('invitations')
      .values({
        hash: hashSecret(secret),
        role,
        modelId: wanted.modelId,
        note,
        invitedBy: actorId(actor),
        expiresAt: sql<Date>`now() + ${days} * interval '1 day'` as never,
        usedBy: null,
        usedAt: null,
        revokedAt: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    return { invitation: await invitationById(db, id), secret }
  })
}

/** The newest first: those of a community for whoever maintains it, those to the instance (`null`) for whoever maintains that. */
export async function listInvitations(db: Db, actor: Actor, modelId: number | null): Promise<readonly Invitation[]> {
  requireRole(actor, 'maintainer', modelId ?? undefined)
  const rows = await invitations(db)
    .where('invitations.modelId', 'is not distinct from', modelId)
    .orderBy('invitations.id', 'desc')
    .limit(200)
    .execute()
  return rows.map(toInvitation)
}

/** Whoever may invite there. One that was used or has run out stays as it is. */
export async function revokeInvitation(app: { readonly db: Database }, actor: Actor, id: number): Promise<Invitation> {
  const { modelId } = await invitationById(app.db, id)
  requireRole(actor, 'maintainer', modelId ?? undefined)
  await app.db
    .updateTable('invitations')
    .set({ revokedAt: new Date() })
    .where('id', '=', id)
    .where('usedAt', 'is', null)
    .where('revokedAt', 'is', null)
    .execute()
  return invitationById(app.db, id)
}

/** The open invitation that a link is. `not-found`, in the same words, where there is none, it was used, was taken back or has run out. */
export async function findInvitation(db: Db, secret: string): Promise<Invitation> {
  const row = looksLikeSecret(secret)
    ? await invitations(db).where('invitations.hash', '=', hashSecret(secret)).executeTakeFirst()
    : undefined
  const invitation = row && toInvitation(row)
  if (invitation?.state !== 'open')
    throw new AppError(
      'not-found',
      'This invitation is not open: it was used, was taken back or has run out. Ask whoever sent it for another.',
    )
  return invitation
}

/** With an account that is there already: takes the role where it is more than one's own. */
export async function acceptInvitation(app: { readonly db: Database }, actor: Actor, secret: string): Promise<Invitation> {
  const person = requireSelf(actor)
  return app.db.transaction().execute((db) => takeInvitation(db, secret, person.id))
}

/** Within a transaction: uses the invitation up, once, and gives the person what it promises. */
export async function takeInvitation(db: Db, secret: string, personId: number): Promise<Invitation> {
  const { id, role, modelId } = await findInvitation(db, secret)
  const taken = await db
    .updateTable('invitations')
    .set({ usedBy: personId, usedAt: new Date() })
    .where('id', '=', id)
    .where('usedAt', 'is', null)
    .where('revokedAt', 'is', null)
    .returning('invitedBy')
    .executeTakeFirst()
  if (!taken) throw new AppError('conflict', 'Somebody else has just used this invitation.')
  if (modelId === null) {
    const { role: before } = await db.selectFrom('people').select('role').where('id', '=', personId).executeTakeFirstOrThrow()
    if (roles.indexOf(role) > roles.indexOf(before)) await db.updateTable('people').set({ role }).where('id', '=', personId).execute()
  } else {
    const member = await db
      .selectFrom('members')
      .select('role')
      .where('modelId', '=', modelId)
      .where('personId', '=', personId)
      .executeTakeFirst()
    // In the name of whoever invited: it is they who decided.
    if (!member || roles.indexOf(role) > roles.indexOf(member.role)) await insertMember(db, taken.invitedBy, modelId, personId, role)
  }
  return invitationById(db, id)
}

/** Whether somebody may invite at all: there or on the instance. */
export const mayInvite = (actor: Actor | null, modelId?: number): boolean => actor !== null && hasRole(actor, 'maintainer', modelId)

function open(db: Db) {
  return db
    .selectFrom('invitations')
    .where('usedAt', 'is', null)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', sql<Date>`now()`)
}

function invitations(db: Db) {
  return db
    .selectFrom('invitations')
    .leftJoin('people as inviters', 'inviters.id', 'invitations.invitedBy')
    .leftJoin('people as users', 'users.id', 'invitations.usedBy')
    .leftJoin('communityModels', 'communityModels.id', 'invitations.modelId')
    .select([
      'invitations.id',
      'invitations.role',
      'invitations.modelId',
      'invitations.note',
      'invitations.createdAt',
      'invitations.expiresAt',
    ])
    .select(['invitations.usedAt', 'invitations.revokedAt', 'inviters.name as inviter', 'users.name as usedBy'])
    .select(['communityModels.owner', 'communityModels.name'])
    .select(sql<boolean>`invitations.expires_at <= now()`.as('expired'))
}

type Row = Awaited<ReturnType<ReturnType<typeof invitations>['executeTakeFirstOrThrow']>>

function toInvitation({ usedAt, revokedAt, inviter, owner, name, expired, ...row }: Row): Invitation {
  const state = usedAt ? 'used' : revokedAt ? 'revoked' : expired ? 'expired' : 'open'
  return { ...row, model: owner === null ? null : `${owner}/${name ?? ''}`, invitedBy: inviter ?? operatorName, state }
}

async function invitationById(db: Db, id: number): Promise<Invitation> {
  const row = await invitations(db).where('invitations.id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no invitation ${id}.`)
  return toInvitation(row)
}
