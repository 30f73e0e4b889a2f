/** /people: who is here; those who maintain the instance change roles and invite. */

import { Hono, type Context } from 'hono'
import { hasRole } from '../../domain/people/actor.ts'
import { invite, listInvitations, revokeInvitation } from '../../domain/people/invitations.ts'
import { listPeople } from '../../domain/people/people-queries.ts'
import { setRole } from '../../domain/people/set-role.ts'
import type { AppError } from '../../errors.ts'
import { originOf, type SiteApp } from '../../http/site.ts'
import type { Database } from '../../storage/database.ts'
import { attempt, typedIn, type Typed } from '../form.ts'
import { goOn, show } from '../page.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { everybodyPage } from './everybody-page.ts'

const perPage = 50

interface Shown {
  readonly typed?: Typed
  readonly refused?: AppError | null
  readonly made?: string
}

export function everybodyRoutes(app: { readonly db: Database } & SiteApp): Hono {
  const everybody = async (c: Context, { typed, refused = null, made }: Shown = {}) => {
    const { actor } = c.get('visit')
    const after = Number(c.req.query('after')) || 0
    const [found, invitations] = await Promise.all([
      listPeople(app.db, { after, limit: perPage + 1 }),
      actor !== null && hasRole(actor, 'maintainer') ? listInvitations(app.db, actor, null) : [],
    ])
    const people = found.slice(0, perPage)
    const next = found.length > perPage ? (people.at(-1)?.id ?? null) : null
    return show(c, everybodyPage(c.get('visit'), { people, next, invitations, made: made ?? null, typed: typed ?? null, refused }))
  }

  const change = async (c: Context, work: (typed: Typed) => Promise<unknown>) => {
    requireVisitor(c)
    const typed = await typedIn(c)
    const { refused } = await attempt(() => work(typed))
    if (refused) return everybody(c, { typed, refused })
    sayNext(c, 'people.saved')
    return goOn(c, '/people')
  }

  return new Hono()
    .get('/people', (c) => everybody(c))
    .post('/people', (c) => change(c, (typed) => setRole(app, requireVisitor(c), { name: typed['name'] ?? '', role: typed['role'] ?? '' })))
    .post('/people/invitations', async (c) => {
      const actor = requireVisitor(c)
      const typed = await typedIn(c)
      const { done, refused } = await attempt(() =>
        invite(app, actor, { role: typed['invited'] ?? '', modelId: null, note: typed['note'] }),
      )
      if (refused) return everybody(c, { typed, refused })
      // Shown this once, so it cannot wait for another page.
      return everybody(c, { made: `${originOf(app, c)}/invitation/${done.secret}` })
    })
    .post('/people/invitations/:id/revoke', (c) =>
      change(c, () => revokeInvitation(app, requireVisitor(c), Number(c.req.param('id')) || 0)),
    )
}
