/** What the tests of sign-ins share: a real OpenID provider in this process. Not for the program itself. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import type { Lifetime } from '../../storage/testing.ts'
import type { ProviderConfig } from './provider.ts'

/**
 * Whoever writes a name at its sign-in is that account, whatever the password.
 * @param redirect where it sends browsers back to
 */
export async function openProvider(lifetime: Lifetime, redirect: string): Promise<ProviderConfig> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = quietly(
    () =>
      new Provider(issuer, {
        clients: [{ client_id: 'wiki', client_secret: 'known to both', redirect_uris: [redirect] }],
        claims: { openid: ['sub'], profile: ['preferred_username'] },
        conformIdTokenClaims: false,
        pkce: { required: () => true },
        findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: `${id}@id.example` }) }),
        cookies: { keys: ['of this test'] },
        ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
        features: { devInteractions: { enabled: true } },
      }),
  )
  const handle = provider.callback()
  server.on('request', (request, response) => void handle(request, response))
  lifetime.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { issuer, clientId: 'wiki', clientSecret: 'known to both', name: 'Their school' }
}

/** It warns that it is not fit for production, which it is not for. */
function quietly<T>(make: () => T): T {
  const { warn, info } = console
  Object.assign(console, { warn: () => undefined, info: () => undefined })
  try {
    return make()
  } finally {
    Object.assign(console, { warn, info })
  }
}
