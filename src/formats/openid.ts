/** OpenID Connect's own names, for what is asked of a provider and what it says. https://openid.net/specs/openid-connect-core-1_0.html */

export interface AuthorizationRequest {
  readonly redirect: string
  /** Of PKCE, by S256. */
  readonly challenge: string
  readonly state: string
  readonly nonce: string
}

/** Who somebody is and what they are called; no e-mail address, which nothing here needs. */
export function authorizationParameters({ redirect, challenge, state, nonce }: AuthorizationRequest): Record<string, string> {
  return {
    redirect_uri: redirect,
    scope: 'openid profile',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state,
    nonce,
  }
}

/** How somebody is called at the provider; '' where it does not say. */
export function calledAtProvider(claims: Readonly<Record<string, unknown>>): string {
  const name = claims['preferred_username'] ?? claims['name']
  return typeof name === 'string' ? name : ''
}
