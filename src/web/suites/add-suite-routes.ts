/** /models/{owner}/{name}/add-suite: a maintainer adds a suite, or changes the cases of one. */

import { Hono, type Context } from 'hono'
import { addSuite } from '../../domain/models/add-suite.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { currentSuite, findSuite } from '../../domain/models/suite-queries.ts'
import type { Suite } from '../../domain/models/suite.ts'
import { requireRole } from '../../domain/people/actor.ts'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { draftSent } from '../draft.ts'
import { attempt, formLimits, typedIn, type Typed } from '../form.ts'
import { modelPath } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { addSuitePage, kindIn } from './add-suite-page.ts'
import { givenCases, readCases } from './read-cases.ts'

interface SuitesApp {
  readonly db: Database
  readonly blobs: Blobs
}

export function addSuiteRoutes(app: SuitesApp): Hono {
  return new Hono()
    .get('/models/:owner/:name/add-suite', async (c) => {
      const model = await maintained(app, c)
      const named = c.req.query('suite')
      const changing = named === undefined ? null : changeable(await findSuite(app.db, model.id, named))
      const typed = changing ? await typedOf(app, changing) : {}
      return show(c, addSuitePage(c.get('visit'), { model, changing, typed, read: null, refused: null }))
    })
    .post('/models/:owner/:name/add-suite', async (c) => {
      const [actor, model, sent] = [requireVisitor(c), await maintained(app, c), await typedIn(c)]
      const changing = sent['changing'] ? changeable(await findSuite(app.db, model.id, sent['changing'])) : null
      const { file } = await c.req.parseBody()
      const { done: given, refused: unread } = await attempt(() => givenCases(file, sent['cases'] ?? ''))
      // What a file holds goes into the field, so that it can be mended there.
      const typed: Typed = { ...sent, cases: given?.text ?? sent['cases'] ?? '' }
      const data = { model, changing, typed }
      if (!given) return show(c, addSuitePage(c.get('visit'), { ...data, read: null, refused: unread }))
      const kind = kindIn(typed)
      const role = typed['gate'] === 'regression' ? 'regression' : 'measure'
      const { done: read, refused: unreadable } = await attempt(() => readCases(app, model.id, kind, given, role === 'measure'))
      const again = (refused: AppError | null) => show(c, addSuitePage(c.get('visit'), { ...data, read, refused }))
      if (!read) return again(unreadable)
      if (read.samples.length === 0 && read.wrong === 0) return again(nothingRead())
      if (typed['do'] !== 'add') return again(null)
      if (read.wrong > 0) return again(new AppError('invalid', 'Some rows cannot be used, so nothing was added; they stand below.'))
      const { done, refused } = await attempt(async () => {
        if (changing === null) await requireNewName(app, model.id, typed['name'] ?? '')
        return addSuite(app, actor, `${model.owner}/${model.name}`, {
          name: typed['name'] ?? '',
          kind,
          role,
          target: typed['gate'] === 'target',
          tolerance: toleranceOf(typed, kind === 'text'),
          samples: given.bytes,
          format: given.format,
          licence: typed['licence']?.trim() || null,
          source: typed['source'],
        })
      })
      if (!done) return again(refused)
      draftSent(c, typed)
      sayNext(c, changing ? 'suites.saidChanged' : 'suites.saidAdded', { name: done.name })
      return goOn(c, modelPath(model, `/suites/${encodeURIComponent(done.name)}`))
    })
}

async function maintained(app: SuitesApp, c: Context) {
  const actor = requireVisitor(c)
  const model = await findModel(app.db, `${c.req.param('owner')}/${c.req.param('name')}`)
  requireRole(actor, 'maintainer', model.id)
  return model
}

function changeable(suite: Suite): Suite {
  if (suite.role === 'charter')
    throw new AppError('conflict', `${suite.name} has the cases of clause ${suite.clause}; propose a change of the clause instead.`)
  return suite
}

const nothingRead = () => new AppError('invalid', 'There is no case to read; paste a table with a line of column names, or choose a file.')

/** A form that is filled in twice, or two people with one name in mind, must not replace what is there. */
async function requireNewName(app: SuitesApp, modelId: number, name: string): Promise<void> {
  const before = await currentSuite(app.db, modelId, name.trim())
  if (before)
    throw new AppError(
      'conflict',
      `There is a suite ${before.name} with ${before.count} cases; change it on its page, or choose another name.`,
    )
}

/** Points of a hundred, or bits per byte; undefined where nothing was said. */
function toleranceOf({ tolerance = '' }: Typed, isText: boolean): number | undefined {
  const said = tolerance.trim().replace(',', '.')
  return said === '' ? undefined : Number(said) / (isText ? 1 : 100)
}

/** What stands in the form of a suite that is changed: its own lines, where a field can hold them. */
async function typedOf(app: SuitesApp, suite: Suite): Promise<Typed> {
  const { kind, role, target, tolerance, licence, source } = suite
  const bytes = Buffer.concat(await Array.fromAsync(app.blobs.read(suite.digest)))
  return {
    kind,
    gate: role === 'regression' ? 'regression' : target ? 'target' : 'guard',
    tolerance: String(Number((kind === 'text' ? tolerance : tolerance * 100).toFixed(6))),
    licence: licence ?? '',
    source,
    cases: bytes.length > formLimits.field / 2 ? '' : bytes.toString('utf8'),
  }
}
