/** /changes and /models/{owner}/{name}/changes: what happened, newest first. */

import { Hono, type Context } from 'hono'
import { findModel } from '../../domain/models/model-queries.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import { changeKinds, recentChanges } from '../../domain/releases/recent-changes.ts'
import type { Database } from '../../storage/database.ts'
import { attempt } from '../form.ts'
import { show } from '../page.ts'
import { nameIn } from '../proposals/queue-routes.ts'
import { changesPage } from './changes-page.ts'

export function changesRoutes({ db }: { readonly db: Database }): Hono {
  const page = async (c: Context, model: CommunityModel | null) => {
    const kind = changeKinds.find((it) => it === c.req.query('kind')) ?? null
    const person = c.req.query('person')?.trim() || null
    const filter = { modelId: model?.id ?? null, ...(kind && { kinds: [kind] }), ...(person && { person }) }
    const { done, refused } = await attempt(() => recentChanges(db, filter, { after: c.req.query('after') || undefined }))
    return show(c, changesPage(c.get('visit'), { model, kind, person, found: done, refused }))
  }
  return new Hono()
    .get('/changes', (c) => page(c, null))
    .get('/models/:owner/:name/changes', async (c) => page(c, await findModel(db, nameIn(c))))
}
