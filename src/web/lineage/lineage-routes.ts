/** Lineage: from base and contributions to releases. */

import { Hono } from 'hono'
import { findModel } from '../../domain/models/model-queries.ts'
import { lineageOf } from '../../domain/releases/lineage-graph.ts'
import { findRelease } from '../../domain/releases/release-queries.ts'
import type { Database } from '../../storage/database.ts'
import { show } from '../page.ts'
import { lineagePage } from './lineage-page.ts'

export function lineageRoutes(app: { readonly db: Database }): Hono {
  return new Hono().get('/models/:owner/:name/lineage', async (c) => {
    const name = `${c.req.param('owner')}/${c.req.param('name')}`
    const model = await findModel(app.db, name)
    const asked = c.req.query('release')
    const version = asked ? (await findRelease(app.db, name, asked)).version : null
    const graph = await lineageOf(app.db, model, ...(version === null ? [] : [version]))
    return show(c, lineagePage(c.get('visit'), { model, graph, version }))
  })
}
