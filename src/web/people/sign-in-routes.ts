/** The ways in: sign-in, links, a provider, sign-up, invitations, the first set-up. */

import { Hono, type Context } from 'hono'
import { acceptInvitation, findInvitation } from '../../domain/people/invitations.ts'
import { goToProvider, returnFromProvider, type ProviderApp } from '../../domain/people/provider.ts'
import { endSession, type StartedSession } from '../../domain/people/sessions.ts'
import { profileOf } from '../../domain/people/set-profile.ts'
import { findSignInLink, requireSetUpLink, setUpInstance, useSignInLink } from '../../domain/people/sign-in-links.ts'
import { signIn } from '../../domain/people/sign-in.ts'
import { signUp, type SignUpApp } from '../../domain/people/sign-up.ts'
import { AppError } from '../../errors.ts'
import { begun, dropBegun, dropSession, keepBegun, keepSession } from '../../http/session-cookie.ts'
import { originOf, visitorOf, type SiteApp } from '../../http/site.ts'
import { typedIn, type Typed } from '../form.ts'
import { address } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { cookies, keepChoice, ownPath, requireVisitor, sayNext } from '../visit.ts'
import { signInLinkPage, signInPage } from './sign-in-page.ts'
import { acceptPage, setUpPage, signUpPage } from './sign-up-page.ts'

export type SignInApp = SignUpApp & ProviderApp & SiteApp

export function signInRoutes(app: SignInApp): Hono {
  const provider = app.provider?.name ?? null

  const signInForm = (c: Context, typed: Typed, refused: AppError | null = null) =>
    show(
      c,
      signInPage(c.get('visit'), {
        back: ownPath(typed['back'] ?? c.req.query('back')),
        name: typed['name'] ?? '',
        provider,
        openSignUp: app.signUp === 'open',
        refused,
      }),
    )

  const signUpForm = async (c: Context, typed: Typed, refused: AppError | null = null) => {
    const secret = typed['invitation'] || null
    const invited = secret && { secret, invitation: await findInvitation(app.db, secret) }
    if (!invited && app.signUp !== 'open') throw new AppError('forbidden', c.get('visit').t('people.byInvitation'))
    const proven = begun(app, c, 'account') !== null
    const facts = { back: ownPath(typed['back']), name: typed['name'] ?? '', refused, invited: invited || null }
    return show(c, signUpPage(c.get('visit'), { ...facts, provider: provider === null ? null : { name: provider, proven } }))
  }

  /** Keeps the session, and how this person wants the pages: their own choice goes with them to every device. */
  const enter = async (c: Context, { person, secret }: StartedSession, to: string) => {
    keepSession(app, c, secret)
    const { language, theme } = await profileOf(app.db, person.id)
    if (language !== null) keepChoice(c, cookies.language, language)
    if (theme !== null) keepChoice(c, cookies.theme, theme)
    return goOn(c, to)
  }

  /** What is refused is shown above the form, a wrong password as well: it is not the page that takes a sign-in. */
  const trying = async (work: () => Promise<Response>, again: (refused: AppError) => Promise<Response> | Response) => {
    try {
      return await work()
    } catch (error) {
      if (error instanceof AppError) return again(error)
      throw error
    }
  }

  return new Hono()
    .get('/sign-in', (c) => signInForm(c, {}))
    .post('/sign-in', async (c) => {
      const typed = await typedIn(c)
      return trying(
        async () => {
          const session = await signIn(app, visitorOf(app, c), { name: typed['name'] ?? '', password: typed['password'] ?? '' })
          return enter(c, session, ownPath(typed['back']))
        },
        (refused) => signInForm(c, typed, refused),
      )
    })
    .post('/sign-out', async (c) => {
      const session = c.get('session')
      if (session !== null) await endSession(app, requireVisitor(c), session)
      dropSession(app, c)
      sayNext(c, 'people.signedOut')
      return goOn(c, '/')
    })
    .get('/sign-in/link/:secret', async (c) =>
      show(c, signInLinkPage(c.get('visit'), (await findSignInLink(app.db, c.req.param('secret'))).name)),
    )
    .post('/sign-in/link/:secret', async (c) => {
      const session = await useSignInLink(app, visitorOf(app, c), c.req.param('secret'))
      sayNext(c, 'people.signedInByLink')
      return enter(c, session, '/account')
    })
    .get('/sign-in/provider', async (c) => {
      const { actor } = c.get('visit')
      const options = { back: ownPath(c.req.query('back')), invitation: c.req.query('invitation') ?? '' }
      const { ceremony, url } = await goToProvider(app, visitorOf(app, c), actor, providerRedirect(app, c), options)
      keepBegun(app, c, 'provider', ceremony)
      return goOn(c, url.href)
    })
    .get('/sign-in/provider/back', async (c) => {
      const ceremony = begun(app, c, 'provider') ?? ''
      dropBegun(app, c, 'provider')
      const answer = new URL(c.req.url).searchParams
      const found = await returnFromProvider(app, visitorOf(app, c), c.get('visit').actor, { ceremony, answer })
      if (found.state === 'signed-in') return enter(c, found.session, ownPath(found.back))
      if (found.state === 'linked') {
        sayNext(c, 'people.linked', { provider: provider ?? '' })
        return goOn(c, '/account')
      }
      keepBegun(app, c, 'account', found.account)
      return goOn(c, address('/sign-up', { name: found.suggestedName, back: found.back, invitation: found.invitation }))
    })
    .get('/sign-up', (c) => signUpForm(c, c.req.query()))
    .post('/sign-up', async (c) => {
      const typed = await typedIn(c)
      const account = begun(app, c, 'account')
      return trying(
        async () => {
          const how = typed['password'] === undefined && account !== null ? { provider: account } : { password: typed['password'] ?? '' }
          const invitation = typed['invitation'] || undefined
          const session = await signUp(app, visitorOf(app, c), { name: typed['name'] ?? '', ...how, ...(invitation && { invitation }) })
          dropBegun(app, c, 'account')
          sayNext(c, 'people.welcome', { name: session.person.name })
          return enter(c, session, ownPath(typed['back']))
        },
        (refused) => signUpForm(c, typed, refused),
      )
    })
    .get('/invitation/:secret', async (c) => {
      const { actor } = c.get('visit')
      const secret = c.req.param('secret')
      if (actor?.kind !== 'person') return signUpForm(c, { invitation: secret })
      return show(c, acceptPage(c.get('visit'), await findInvitation(app.db, secret), actor.name, null))
    })
    .post('/invitation/:secret', async (c) => {
      const { model } = await acceptInvitation(app, requireVisitor(c), c.req.param('secret'))
      sayNext(c, 'people.accepted')
      return goOn(c, model === null ? '/' : `/models/${model.split('/').map(encodeURIComponent).join('/')}`)
    })
    .get('/set-up/:secret', async (c) => {
      await requireSetUpLink(app.db, c.req.param('secret'))
      return show(c, setUpPage(c.get('visit'), '', null))
    })
    .post('/set-up/:secret', async (c) => {
      const typed = await typedIn(c)
      await requireSetUpLink(app.db, c.req.param('secret'))
      return trying(
        async () => {
          const input = { name: typed['name'] ?? '', password: typed['password'] ?? '' }
          const session = await setUpInstance(app, visitorOf(app, c), c.req.param('secret'), input)
          sayNext(c, 'people.welcome', { name: session.person.name })
          return enter(c, session, '/')
        },
        (refused) => show(c, setUpPage(c.get('visit'), typed['name'] ?? '', refused)),
      )
    })
}

/** Known at the provider as it stands in docs/configuration.md. */
const providerRedirect = (app: SiteApp, c: Context) => `${originOf(app, c)}/sign-in/provider/back`
