/** /feeds: what happens in a community, and a person's receipts, as Atom. A reader that has the newest is told so. */

import { Hono, type Context } from 'hono'
import { etag } from 'hono/etag'
import { findModel } from '../domain/models/model-queries.ts'
import { findPerson } from '../domain/people/people-queries.ts'
import type { Activity } from '../domain/receipts/activity.ts'
import { activityOf, activityOfPerson } from '../domain/receipts/activity-queries.ts'
import { AppError } from '../errors.ts'
import { atomType, tagUri, writeAtom, type AtomFeed } from '../formats/atom.ts'
import type { Database } from '../storage/database.ts'

export function feedRoutes(app: { readonly db: Database }): Hono {
  return new Hono()
    .use(etag())
    .get('/people/:file{.+\\.atom}', async (c) => {
      const person = await findPerson(app.db, nameOf(c.req.param('file')))
      const activity = await activityOfPerson(app.db, person.name)
      if (activity === null) throw new AppError('not-found', `${person.name} has no feed.`)
      const path = `/people/${encodeURIComponent(person.name)}`
      return answer(c, activity, {
        path,
        title: `What came of the work of ${person.name}`,
        author: person.name,
        since: person.createdAt,
      })
    })
    .get('/:owner/:file{.+\\.atom}', async (c) => {
      const model = await findModel(app.db, `${c.req.param('owner')}/${nameOf(c.req.param('file'))}`)
      const name = `${model.owner}/${model.name}`
      return answer(c, await activityOf(app.db, name), {
        path: `/models/${name}`,
        title: name,
        subtitle: 'Proposals, decisions, releases and receipts',
        author: name,
        since: model.createdAt,
      })
    })
}

const nameOf = (file: string) => file.slice(0, -'.atom'.length)

type Head = Pick<AtomFeed, 'title' | 'author' | 'since'> & { readonly path: string; readonly subtitle?: string }

function answer(c: Context, activity: readonly Activity[], { path, ...head }: Head): Response {
  const { origin, hostname, pathname } = new URL(c.req.url)
  const text = writeAtom({
    ...head,
    id: tagUri(hostname, head.since, `feeds${path}`),
    self: `${origin}${pathname}`,
    alternate: `${origin}${path}`,
    entries: activity.map(({ key, at, kind, link, ...said }) => ({
      ...said,
      id: tagUri(hostname, at, key),
      link: `${origin}${link}`,
      published: at,
      updated: at,
      category: kind,
    })),
  })
  c.header('content-type', atomType)
  c.header('cache-control', 'no-cache')
  return c.body(text)
}
