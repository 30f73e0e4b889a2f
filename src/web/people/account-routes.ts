/** /account: each form does one thing to one's own account and comes back to it. */

import { Hono, type Context } from 'hono'
import { addToken } from '../../domain/people/add-person.ts'
import { passkeysOf, removePasskey } from '../../domain/people/passkeys.ts'
import { tokensOf } from '../../domain/people/people-queries.ts'
import { accountsOf, unlinkAccount } from '../../domain/people/provider-accounts.ts'
import type { ProviderApp } from '../../domain/people/provider.ts'
import { requireSelf } from '../../domain/people/require-self.ts'
import { revokeToken } from '../../domain/people/revoke-token.ts'
import { endSession, endSessions, sessionsOf } from '../../domain/people/sessions.ts'
import { hasPassword, setPassword } from '../../domain/people/set-password.ts'
import { profileOf, setProfile } from '../../domain/people/set-profile.ts'
import { scopes } from '../../domain/people/token.ts'
import type { AppError } from '../../errors.ts'
import { visitorOf, type SiteApp } from '../../http/site.ts'
import { attempt, typedIn, type Typed } from '../form.ts'
import type { MessageKey } from '../messages.ts'
import { goOn, show } from '../page.ts'
import { cookies, dropChoice, keepChoice, requireVisitor, sayNext } from '../visit.ts'
import { accountPage } from './account-page.ts'

interface Shown {
  readonly typed?: Typed
  readonly refused?: AppError | null
  readonly made?: string
}

export function accountRoutes(app: ProviderApp & SiteApp): Hono {
  const account = async (c: Context, { typed, refused = null, made }: Shown = {}) => {
    const me = requireSelf(requireVisitor(c))
    const [profile, password, passkeys, sessions, tokens, accounts] = await Promise.all([
      profileOf(app.db, me.id),
      hasPassword(app.db, me.id),
      passkeysOf(app.db, me.id),
      sessionsOf(app.db, me.id),
      tokensOf(app.db, me.id),
      accountsOf(app.db, me.id),
    ])
    const facts = { me, profile, hasPassword: password, passkeys, sessions, session: c.get('session'), tokens, accounts }
    const said = { provider: app.provider?.name ?? null, made: made ?? null, typed: typed ?? null, refused }
    return show(c, accountPage(c.get('visit'), { ...facts, ...said }))
  }

  /** One form: what it asks for is done and said, or the page comes back with why not. */
  const change = async (c: Context, done: MessageKey, work: (typed: Typed) => Promise<unknown>) => {
    requireVisitor(c)
    const typed = await typedIn(c)
    const { refused } = await attempt(() => work(typed))
    if (refused) return account(c, { typed, refused })
    sayNext(c, done)
    return goOn(c, '/account')
  }

  const idOf = (c: Context) => Number(c.req.param('id')) || 0

  return new Hono()
    .basePath('/account')
    .get('/', (c) => account(c))
    .post('/profile', (c) =>
      change(c, 'people.saved', async (typed) => {
        const theme = (['light', 'dark'] as const).find((it) => it === typed['theme']) ?? null
        const said = { displayName: typed['displayName'], bio: typed['bio'], language: typed['language'] || null, theme }
        const profile = await setProfile(app, requireVisitor(c), said)
        // This browser follows at once; others when they sign in.
        for (const [cookie, value] of [
          [cookies.language, profile.language],
          [cookies.theme, profile.theme],
        ] as const)
          if (value === null) dropChoice(c, cookie)
          else keepChoice(c, cookie, value)
      }),
    )
    .post('/password', (c) =>
      change(c, 'people.passwordSet', (typed) =>
        setPassword(
          app,
          requireVisitor(c),
          { current: typed['current'], password: typed['password'] ?? '' },
          { address: visitorOf(app, c).address, session: c.get('session') },
        ),
      ),
    )
    .post('/passkeys/:id/remove', (c) => change(c, 'people.removed', () => removePasskey(app, requireVisitor(c), idOf(c))))
    .post('/provider/:id/remove', (c) => change(c, 'people.removed', () => unlinkAccount(app, requireVisitor(c), idOf(c))))
    .post('/sessions/end', (c) => change(c, 'people.sessionEnded', () => endSessions(app, requireVisitor(c), c.get('session'))))
    .post('/sessions/:id/end', (c) => change(c, 'people.sessionEnded', () => endSession(app, requireVisitor(c), idOf(c))))
    .post('/tokens', async (c) => {
      const me = requireSelf(requireVisitor(c))
      const typed = await typedIn(c)
      const { done, refused } = await attempt(() =>
        addToken(app, me, {
          name: me.name,
          label: typed['label'] ?? '',
          scopes: scopes.filter((scope) => typed[`scope-${scope}`] !== undefined),
          days: typed['days'] ? Number(typed['days']) : null,
        }),
      )
      if (refused) return account(c, { typed, refused })
      // Not on another page as after other forms: the token would have to wait for it somewhere, and it is shown once.
      return account(c, { made: done.token })
    })
    .post('/tokens/:id/revoke', (c) =>
      change(c, 'people.tokenRevoked', () => {
        const me = requireSelf(requireVisitor(c))
        return revokeToken(app, me, { name: me.name, id: idOf(c) })
      }),
    )
}
