/** /models/{owner}/{name}/examples: searching a dataset, one example, taking one back. */

import { Hono, type Context } from 'hono'
import { origins } from '../../domain/contributions/example.ts'
import { examplePage } from '../../domain/datasets/example-page.ts'
import { exampleTallies, searchExamples, type ExampleFilter } from '../../domain/datasets/example-search.ts'
import { revertExample } from '../../domain/datasets/revert-example.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { actorName } from '../../domain/people/actor.ts'
import { considerPreview, type ConsideringApp } from '../../domain/previews/automatic-previews.ts'
import { releasesWithExample } from '../../domain/releases/releases-with-example.ts'
import type { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { attempt, typedIn } from '../form.ts'
import { goOn, show } from '../page.ts'
import { nameIn } from '../proposals/queue-routes.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { oneExamplePage } from './one-example-page.ts'
import { searchPage } from './search-page.ts'

type ExamplesApp = ConsideringApp & { readonly db: Database; readonly blobs: Blobs }

/** Examples on one page: each is read whole. */
const perPage = 20

export function examplesRoutes(app: ExamplesApp): Hono {
  const { db } = app
  const one = async (c: Context, refused: AppError | null = null, message = '') => {
    const model = await findModel(db, nameIn(c))
    const example = await examplePage(db, model.id, c.req.param('digest') ?? '')
    const before = example.history.find(({ state, kind }) => state === 'accepted' && kind === 'replaced')?.other ?? null
    const replaced = before === null ? null : await examplePage(db, model.id, before)
    const releases = await releasesWithExample(db, model.id, example.digest)
    return show(c, oneExamplePage(c.get('visit'), { model, example, replaced, releases, refused, message }))
  }
  return new Hono()
    .get('/models/:owner/:name/examples', async (c) => {
      const model = await findModel(db, nameIn(c))
      const { q = '', language = '', origin = '', licence = '', contributor = '', after } = c.req.query()
      const typed = { text: q, language, origin: origins.find((it) => it === origin) ?? '', licence, contributor }
      const place = /^\d{1,9}$/.test(after ?? '') ? { after: Number(after) } : {}
      const filter: ExampleFilter = Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== ''))
      // What cannot be looked for is said above the form, with everything typed still in it.
      const { done, refused } = await attempt(() => searchExamples(db, model.id, filter, { ...place, limit: perPage }))
      return show(c, searchPage(c.get('visit'), { model, typed, found: done, refused, tallies: await exampleTallies(db, model.id) }))
    })
    .get('/models/:owner/:name/examples/:digest', (c) => one(c))
    .post('/models/:owner/:name/examples/:digest/revert', async (c) => {
      const [actor, { message = '' }] = [requireVisitor(c), await typedIn(c)]
      const { done, refused } = await attempt(() =>
        revertExample(app, actor, nameIn(c), c.req.param('digest'), { message, signOff: actorName(actor) }),
      )
      if (!done) return one(c, refused, message)
      await considerPreview(app, done.contribution)
      sayNext(c, 'examples.saidRevert')
      return goOn(c, `/contributions/${done.contribution.id}`)
    })
}
