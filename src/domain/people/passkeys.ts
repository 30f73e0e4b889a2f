/** Passkeys: keys that a device keeps and unlocks by a finger, a face or a PIN. Nothing secret about them is stored here. */

import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Actor } from './actor.ts'
import { beginCeremony, finishCeremony } from './ceremonies.ts'
import { requireSelf } from './require-self.ts'
import type { Visitor } from './sign-in.ts'
import { attemptFrom, countAttempt } from './sign-in-limits.ts'
import { startSession, type StartedSession } from './sessions.ts'
import { requireOtherWayIn } from './ways-in.ts'

/** Where the pages are: a passkey opens one site and no other. */
export interface Site {
  /** Scheme, host and port, e.g. `https://wiki.example`. */
  readonly origin: string
}

export interface Passkey {
  readonly id: number
  readonly label: string
  /** Kept on several devices by whoever made them. */
  readonly synced: boolean
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
}

/** The library's options, and what the browser brings back with the answer. */
export interface Begun<Options> {
  readonly ceremony: string
  readonly options: Options
}

/** More is not one person's devices any more. */
const mostPasskeys = 20

type App = { readonly db: Database }

/** For the signed-in person's authenticator. Those that have a key of theirs already are asked to say so instead of making another. */
export async function beginPasskey(app: App, actor: Actor, site: Site): Promise<Begun<PublicKeyCredentialCreationOptionsJSON>> {
  const { id, name } = requireSelf(actor)
  const known = await app.db.selectFrom('passkeys').select(['credentialId', 'transports']).where('personId', '=', id).execute()
  if (known.length >= mostPasskeys)
    throw new AppError('conflict', `You have ${known.length} passkeys, the most there can be; remove one first.`)
  const { passkeyUser } = await app.db.selectFrom('people').select('passkeyUser').where('id', '=', id).executeTakeFirstOrThrow()
  const options = await generateRegistrationOptions({
    rpName: 'Commonweights',
    rpID: domainOf(site),
    userName: name,
    userDisplayName: name,
    userID: Uint8Array.from(Buffer.from(passkeyUser, 'hex')),
    attestationType: 'none',
    excludeCredentials: known.map(({ credentialId, transports }) => ({ id: credentialId, transports: [...transports] })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
  return { ceremony: await beginCeremony(app.db, 'passkey-new', { personId: id, secrets: { challenge: options.challenge } }), options }
}

/** `invalid` where the authenticator's answer does not fit what it was asked. */
export async function addPasskey(
  app: App,
  actor: Actor,
  site: Site,
  input: { readonly ceremony: string; readonly response: unknown; readonly label: string },
): Promise<Passkey> {
  const person = requireSelf(actor)
  const { personId, secrets } = await finishCeremony(app.db, 'passkey-new', input.ceremony)
  if (personId !== person.id) throw new AppError('forbidden', 'This passkey was begun by somebody else.')
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: input.response as RegistrationResponseJSON,
    expectedChallenge: secrets['challenge'] ?? '',
    expectedOrigin: site.origin,
    expectedRPID: domainOf(site),
    requireUserVerification: true,
  }).catch(unusable)
  if (!verified) throw notUsable()
  const { credential, credentialBackedUp } = registrationInfo
  const made = await app.db
    .insertInto('passkeys')
    .values({
      personId: person.id,
      credentialId: credential.id,
      publicKey: credential.publicKey,
      counter: credential.counter,
      transports: JSON.stringify(credential.transports ?? []),
      synced: credentialBackedUp,
      label: input.label.normalize('NFC').trim().slice(0, 80),
      lastUsedAt: null,
    })
    .onConflict((known) => known.column('credentialId').doNothing())
    .returning(passkeyColumns)
    .executeTakeFirst()
  if (!made) throw new AppError('conflict', 'This passkey is known already.')
  return made
}

/** Asks any authenticator for whatever key it has for this site: nobody types a name. */
export async function beginPasskeySignIn(app: App, visitor: Visitor, site: Site): Promise<Begun<PublicKeyCredentialRequestOptionsJSON>> {
  await countAttempt(app.db, attemptFrom('ceremony', visitor.address))
  const options = await generateAuthenticationOptions({ rpID: domainOf(site), userVerification: 'required' })
  return {
    ceremony: await beginCeremony(app.db, 'passkey-sign-in', { personId: null, secrets: { challenge: options.challenge } }),
    options,
  }
}

/** `unauthenticated` for a key that is not known here, that signs something else, or whose counter goes backwards, as a copy's would. */
export async function signInWithPasskey(
  app: App,
  visitor: Visitor,
  site: Site,
  input: { readonly ceremony: string; readonly response: unknown },
): Promise<StartedSession> {
  const { secrets } = await finishCeremony(app.db, 'passkey-sign-in', input.ceremony)
  const response = input.response as AuthenticationResponseJSON
  return app.db.transaction().execute(async (db) => {
    // Locked, so that of two answers of one authenticator the second is held against the counter of the first.
    const row = await db
      .selectFrom('passkeys')
      .innerJoin('people', 'people.id', 'passkeys.personId')
      .select(['passkeys.id', 'passkeys.personId', 'credentialId', 'publicKey', 'counter', 'transports', 'people.passkeyUser'])
      .where('credentialId', '=', String(response?.id))
      .forUpdate()
      .executeTakeFirst()
    const handle = response?.response?.userHandle
    if (!row || (handle !== undefined && handle !== Buffer.from(row.passkeyUser, 'hex').toString('base64url')))
      throw new AppError('unauthenticated', 'This passkey is not known here; sign in another way and add it.')
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: secrets['challenge'] ?? '',
      expectedOrigin: site.origin,
      expectedRPID: domainOf(site),
      credential: {
        id: row.credentialId,
        publicKey: Uint8Array.from(row.publicKey),
        counter: Number(row.counter),
        transports: [...row.transports] as AuthenticatorTransport[],
      },
      requireUserVerification: true,
    }).catch(unusable)
    if (!verified) throw notUsable()
    await db
      .updateTable('passkeys')
      .set({ counter: authenticationInfo.newCounter, synced: authenticationInfo.credentialBackedUp, lastUsedAt: new Date() })
      .where('id', '=', row.id)
      .execute()
    return startSession(db, row.personId, 'passkey', visitor.device)
  })
}

export async function passkeysOf(db: Db, personId: number): Promise<readonly Passkey[]> {
  return db.selectFrom('passkeys').select(passkeyColumns).where('personId', '=', personId).orderBy('id').execute()
}

/** One's own; not the last way in. */
export async function removePasskey(app: App, actor: Actor, id: number): Promise<void> {
  const person = requireSelf(actor)
  await app.db.transaction().execute(async (db) => {
    const gone = await db.deleteFrom('passkeys').where('id', '=', id).where('personId', '=', person.id).returning('id').execute()
    if (gone.length === 0) throw new AppError('not-found', `You have no passkey ${id}.`)
    await requireOtherWayIn(db, person.id)
  })
}

const passkeyColumns = ['id', 'label', 'synced', 'createdAt', 'lastUsedAt'] as const

/** Browsers keep passkeys for names alone. */
function domainOf({ origin }: Site): string {
  const { hostname } = new URL(origin)
  if (/^[\d.]+$|^\[/.test(hostname))
    throw new AppError(
      'invalid',
      `Passkeys belong to a name, and ${hostname} is an address; open the pages under a name, such as localhost.`,
    )
  return hostname
}

/** What the library finds wrong is whatever the browser sent. */
function unusable(cause: unknown): never {
  throw notUsable(cause)
}

function notUsable(cause?: unknown): AppError {
  return new AppError('unauthenticated', 'The answer of the passkey does not fit what it was asked; try again.', { cause })
}
