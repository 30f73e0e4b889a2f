/** Signs in with an account elsewhere, by OpenID Connect: authorisation code with PKCE, state and nonce. */

import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  discovery,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type Configuration,
} from 'openid-client'
import { AppError } from '../../errors.ts'
import { authorizationParameters, calledAtProvider } from '../../formats/openid.ts'
import type { Database } from '../../storage/database.ts'
import type { Actor } from './actor.ts'
import { beginCeremony, finishCeremony } from './ceremonies.ts'
import { keepProvenAccount, linkAccount, personOfAccount, type ProviderAccount } from './provider-accounts.ts'
import { parsePersonName } from './person.ts'
import { requireSelf } from './require-self.ts'
import type { Visitor } from './sign-in.ts'
import { attemptFrom, countAttempt } from './sign-in-limits.ts'
import { startSession, type StartedSession } from './sessions.ts'

export interface ProviderConfig {
  /** Where its `/.well-known/openid-configuration` is. */
  readonly issuer: string
  readonly clientId: string
  /** null: a public client, which PKCE alone protects. */
  readonly clientSecret: string | null
  /** How the button calls it. */
  readonly name: string
}

export interface ProviderApp {
  readonly db: Database
  /** null: no provider is set up. */
  readonly provider?: ProviderConfig | null
}

/** On the way: the browser keeps the ceremony in a cookie and goes to the address. */
export interface WayToProvider {
  readonly ceremony: string
  readonly url: URL
}

export type BackFromProvider =
  | { readonly state: 'signed-in'; readonly session: StartedSession; readonly back: string }
  | { readonly state: 'linked'; readonly back: string }
  /** An account that is nobody's here yet: `account` goes into signUp, with the name its owner chooses. */
  | {
      readonly state: 'new'
      readonly account: string
      readonly suggestedName: string
      readonly invitation: string | null
      readonly back: string
    }

/**
 * Begins a sign-in; or, where somebody is signed in, the linking of the account to theirs.
 * @param redirect where the provider sends the browser back to; it must be known there
 */
export async function goToProvider(
  app: ProviderApp,
  visitor: Visitor,
  actor: Actor | null,
  redirect: string,
  { back = '/', invitation = '' }: { readonly back?: string; readonly invitation?: string } = {},
): Promise<WayToProvider> {
  await countAttempt(app.db, attemptFrom('ceremony', visitor.address))
  const personId = actor === null ? null : requireSelf(actor).id
  const provider = await discovered(app)
  const secrets = { verifier: randomPKCECodeVerifier(), state: randomState(), nonce: randomNonce(), redirect, back, invitation }
  const challenge = await calculatePKCECodeChallenge(secrets.verifier)
  const url = buildAuthorizationUrl(provider, authorizationParameters({ redirect, challenge, state: secrets.state, nonce: secrets.nonce }))
  return { ceremony: await beginCeremony(app.db, 'provider', { personId, secrets }), url }
}

/**
 * @param answer the query that the provider sent the browser back with
 * Throws `unauthenticated` where the provider said no, or what came back is not what this browser was sent for.
 */
export async function returnFromProvider(
  app: ProviderApp,
  visitor: Visitor,
  actor: Actor | null,
  input: { readonly ceremony: string; readonly answer: URLSearchParams },
): Promise<BackFromProvider> {
  const { personId, secrets } = await finishCeremony(app.db, 'provider', input.ceremony)
  const { back = '/', invitation = '' } = secrets
  const proven = await prove(await discovered(app), secrets, input.answer)
  if (personId !== null) {
    if (actor?.kind !== 'person' || actor.id !== personId)
      throw new AppError('forbidden', 'Somebody else is signed in by now; begin again.')
    await app.db.transaction().execute((db) => linkAccount(db, personId, proven))
    return { state: 'linked', back }
  }
  return app.db.transaction().execute(async (db) => {
    const known = await personOfAccount(db, proven)
    if (known !== null) return { state: 'signed-in', session: await startSession(db, known, 'provider', visitor.device), back }
    return {
      state: 'new',
      account: await keepProvenAccount(db, proven),
      suggestedName: proven.suggestedName,
      invitation: invitation || null,
      back,
    }
  })
}

async function prove(
  provider: Configuration,
  secrets: Readonly<Record<string, string>>,
  answer: URLSearchParams,
): Promise<ProviderAccount & { readonly suggestedName: string }> {
  const url = new URL(secrets['redirect'] ?? '')
  url.search = answer.toString()
  const tokens = await authorizationCodeGrant(provider, url, {
    pkceCodeVerifier: secrets['verifier'] ?? '',
    expectedState: secrets['state'] ?? '',
    expectedNonce: secrets['nonce'] ?? '',
    idTokenExpected: true,
  }).catch((cause: unknown) => {
    throw new AppError('unauthenticated', 'The provider did not confirm the sign-in; begin again.', { cause })
  })
  const claims = tokens.claims()
  if (!claims) throw new AppError('unauthenticated', 'The provider did not say who signed in.')
  return { issuer: claims.iss, subject: claims.sub, suggestedName: nameFrom(calledAtProvider(claims)) }
}

/** What could stand as a name here; '' where nothing of it could. */
function nameFrom(claim: string): string {
  const plain = claim
    .replace(/@.*$/, '')
    .trim()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '.')
    .replaceAll(/^\.+|\.+$/g, '')
  try {
    return parsePersonName(plain)
  } catch {
    return ''
  }
}

/** What a provider says about itself changes seldom; a failed try is not kept. */
const known = new WeakMap<ProviderConfig, Promise<Configuration>>()

async function discovered({ provider }: ProviderApp): Promise<Configuration> {
  if (!provider)
    throw new AppError('not-found', 'No other provider signs people in here; the operator can set one up (docs/configuration.md).')
  const found = known.get(provider) ?? discover(provider)
  known.set(provider, found)
  try {
    return await found
  } catch (cause) {
    known.delete(provider)
    throw new AppError('unavailable', `${provider.name} does not answer as an OpenID provider; try again, or sign in another way.`, {
      cause,
    })
  }
}

/** Without TLS only on this machine, which the configuration made sure of. */
function discover({ issuer, clientId, clientSecret }: ProviderConfig): Promise<Configuration> {
  const insecure = new URL(issuer).protocol === 'http:'
  return discovery(new URL(issuer), clientId, clientSecret ?? undefined, undefined, {
    timeout: 10,
    ...(insecure && { execute: [allowInsecureRequests] }),
  })
}
