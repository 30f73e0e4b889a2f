/** Base models: published weights that communities start from. */

import { Hono } from 'hono'
import { baseVerdict } from '../../domain/models/base-openness.ts'
import { modelsOnBase } from '../../domain/models/base-use.ts'
import type { BaseModel } from '../../domain/models/base-model.ts'
import { findBase, listBases } from '../../domain/models/model-queries.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { show } from '../page.ts'
import { keyIn } from '../parts/numbers-in-paths.ts'
import { basePage, basesPage } from './base-page.ts'

interface BasesApp {
  readonly db: Database
  readonly blobs: Blobs
}

const perPage = 50
/** Bytes of a card that are shown: longer ones are documents of their own. */
const cardBytes = 64 * 1024

export function basesRoutes(app: BasesApp): Hono {
  return new Hono()
    .get('/bases', async (c) => {
      const found = await listBases(app.db, { after: keyIn(c.req.query('after')) ?? 0, limit: perPage + 1 })
      const bases = found.slice(0, perPage)
      return show(c, basesPage(c.get('visit'), { bases, next: found.length > perPage ? (bases.at(-1)?.id ?? null) : null }))
    })
    .get('/bases/:base', async (c) => {
      const base = await findBase(app.db, c.req.param('base'))
      const found = await modelsOnBase(app.db, base.id, { after: keyIn(c.req.query('after')) ?? 0, limit: perPage + 1 })
      const models = found.slice(0, perPage)
      return show(
        c,
        basePage(c.get('visit'), {
          base,
          card: await cardOf(app, base),
          openness: await baseVerdict(app.db, base),
          models,
          next: found.length > perPage ? (models.at(-1)?.id ?? null) : null,
        }),
      )
    })
}

/** What whoever published the base says of it; null where there is no card, or a huge one. */
async function cardOf({ blobs }: BasesApp, { files }: BaseModel): Promise<string | null> {
  const card = files.find(({ path }) => path.toLowerCase() === 'readme.md')
  if (!card || card.size > cardBytes) return null
  const text = Buffer.from(await blobs.get(card.digest)).toString('utf8')
  // Front matter is for hubs; what it says of the licence stands above.
  return text.replace(/^---\n[\s\S]*?\n---\n/, '').trim() || null
}
