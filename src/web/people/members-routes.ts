/** /models/owner/name/members: anybody may look, maintainers of the community change who does what. */

import { Hono, type Context } from 'hono'
import { findModel } from '../../domain/models/model-queries.ts'
import { hasRole } from '../../domain/people/actor.ts'
import { invite, listInvitations, revokeInvitation } from '../../domain/people/invitations.ts'
import { memberChangesOf, membersOf, peopleWithRoleEverywhere } from '../../domain/people/member-queries.ts'
import { removeMember, setMember } from '../../domain/people/set-member.ts'
import type { AppError } from '../../errors.ts'
import { originOf, type SiteApp } from '../../http/site.ts'
import type { Database } from '../../storage/database.ts'
import { attempt, typedIn, type Typed } from '../form.ts'
import { modelPath } from '../markup.ts'
import type { MessageKey } from '../messages.ts'
import { goOn, show } from '../page.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { membersPage } from './members-page.ts'

const perPage = 50
const changesShown = 30

interface Shown {
  readonly typed?: Typed
  readonly refused?: AppError | null
  readonly made?: string
}

export function membersRoutes(app: { readonly db: Database } & SiteApp): Hono {
  const modelOf = (c: Context) => findModel(app.db, `${c.req.param('owner')}/${c.req.param('name')}`)

  const members = async (c: Context, { typed, refused = null, made }: Shown = {}) => {
    const { actor } = c.get('visit')
    const model = await modelOf(c)
    const after = Number(c.req.query('after')) || 0
    const maintains = actor !== null && hasRole(actor, 'maintainer', model.id)
    const [found, changes, everywhere, invitations] = await Promise.all([
      membersOf(app.db, model.id, { after, limit: perPage + 1 }),
      memberChangesOf(app.db, model.id, { limit: changesShown }),
      peopleWithRoleEverywhere(app.db, { limit: perPage }),
      maintains ? listInvitations(app.db, actor, model.id) : [],
    ])
    const shown = found.slice(0, perPage)
    const next = found.length > perPage ? (shown.at(-1)?.personId ?? null) : null
    const facts = { model, members: shown, next, changes, everywhere, invitations, made: made ?? null, typed: typed ?? null, refused }
    return show(c, membersPage(c.get('visit'), facts))
  }

  const change = async (c: Context, done: MessageKey, work: (modelId: number, typed: Typed) => Promise<unknown>) => {
    requireVisitor(c)
    const { id, owner, name } = await modelOf(c)
    const typed = await typedIn(c)
    const { refused } = await attempt(() => work(id, typed))
    if (refused) return members(c, { typed, refused })
    sayNext(c, done)
    return goOn(c, modelPath({ owner, name }, '/members'))
  }

  return new Hono()
    .basePath('/models/:owner/:name/members')
    .get('/', (c) => members(c))
    .post('/', (c) =>
      change(c, 'people.saved', (id, typed) =>
        setMember(app, requireVisitor(c), id, { name: (typed['name'] ?? '').trim(), role: typed['role'] ?? '' }),
      ),
    )
    .post('/remove', (c) => change(c, 'people.saved', (id, typed) => removeMember(app, requireVisitor(c), id, typed['name'] ?? '')))
    .post('/invitations', async (c) => {
      const actor = requireVisitor(c)
      const { id: modelId } = await modelOf(c)
      const typed = await typedIn(c)
      const { done, refused } = await attempt(() => invite(app, actor, { role: typed['invited'] ?? '', modelId, note: typed['note'] }))
      if (refused) return members(c, { typed, refused })
      // Shown this once, so it cannot wait for another page.
      return members(c, { made: `${originOf(app, c)}/invitation/${done.secret}` })
    })
    .post('/invitations/:id/revoke', (c) =>
      change(c, 'people.saved', () => revokeInvitation(app, requireVisitor(c), Number(c.req.param('id')) || 0)),
    )
}
