/** How open releases and bases are, and the forms in which maintainers declare what only people can know. */

import { Hono, type Context } from 'hono'
import { componentIds } from '../../domain/lineage/openness-components.ts'
import { baseVerdict } from '../../domain/models/base-openness.ts'
import { declareBaseOpenness, declareCommunityOpenness } from '../../domain/models/declare-openness.ts'
import { findBase, findModel } from '../../domain/models/model-queries.ts'
import { communityComponents } from '../../domain/models/openness-declaration.ts'
import { currentDeclaration, declarationLog, type DeclarationSubject } from '../../domain/models/openness-queries.ts'
import { componentsOfRecord } from '../../domain/models/openness-record.ts'
import { opennessOf } from '../../domain/releases/release-openness.ts'
import { findRelease, latestRelease } from '../../domain/releases/release-queries.ts'
import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { attempt, typedIn, type Typed } from '../form.ts'
import { modelPath } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { baseOpennessPage } from './base-openness-page.ts'
import { declaredIn } from './declare-part.ts'
import { opennessPage, opennessPath, unreleasedPage } from './openness-page.ts'

interface OpennessApp {
  readonly db: Database
}

/** Declarations shown of a history; all are in the page's JSON. */
const shown = 20

export function opennessRoutes(app: OpennessApp): Hono {
  return new Hono()
    .get('/models/:owner/:name/releases/:version/openness', async (c) => showRelease(app, c, c.req.param('version')))
    .get('/models/:owner/:name/openness', async (c) => {
      const latest = await latestRelease(app.db, (await findModel(app.db, nameOf(c))).id)
      return latest ? goOn(c, opennessPath(nameOf(c), latest.version)) : showCommunity(app, c)
    })
    .post('/models/:owner/:name/openness', async (c) => {
      const actor = requireVisitor(c)
      const [typed, version] = [await typedIn(c), c.req.query('release') ?? null]
      const { refused } = await attempt(() =>
        declareCommunityOpenness(app, actor, nameOf(c), {
          components: declaredIn(typed, communityComponents),
          source: typed['source'],
          message: typed['message'] ?? '',
        }),
      )
      if (refused) return version === null ? showCommunity(app, c, typed, refused) : showRelease(app, c, version, typed, refused)
      sayNext(c, 'openness.saidDeclared')
      return goOn(c, `${version === null ? modelPath(nameOf(c), '/openness') : opennessPath(nameOf(c), version)}#declared`)
    })
    .get('/bases/:base/openness', async (c) => showBase(app, c))
    .post('/bases/:base/openness', async (c) => {
      const actor = requireVisitor(c)
      const typed = await typedIn(c)
      const { refused } = await attempt(() =>
        declareBaseOpenness(app, actor, c.req.param('base'), {
          components: componentsIn(typed),
          source: typed['source'],
          message: typed['message'] ?? '',
        }),
      )
      if (refused) return showBase(app, c, typed, refused)
      sayNext(c, 'openness.saidDeclared')
      return goOn(c, `/bases/${encodeURIComponent(c.req.param('base'))}/openness#declared`)
    })
}

const nameOf = (c: Context) => `${c.req.param('owner')}/${c.req.param('name')}`

/** A pasted record goes before the fields. */
function componentsIn(typed: Typed) {
  const [record, source] = [typed['record']?.trim() ?? '', typed['source']?.trim() ?? '']
  if (record === '') return declaredIn(typed, componentIds)
  if (source === '')
    throw new AppError('invalid', 'Say where you read the record: it is the address of each component that the record gives none.')
  return componentsOfRecord(record, source)
}

async function declaredOf(app: OpennessApp, subject: DeclarationSubject) {
  return { current: await currentDeclaration(app.db, subject), history: await declarationLog(app.db, subject, { limit: shown }) }
}

async function showRelease(app: OpennessApp, c: Context, version: string, typed: Typed | null = null, refused: AppError | null = null) {
  const model = await findModel(app.db, nameOf(c))
  const release = await findRelease(app.db, nameOf(c), version)
  if (version === 'latest' && refused === null) return goOn(c, opennessPath(nameOf(c), release.version))
  const [openness, declared] = [await opennessOf(app.db, release), await declaredOf(app, { modelId: model.id })]
  return show(c, opennessPage(c.get('visit'), { model, release, openness, declared, typed, refused }))
}

async function showCommunity(app: OpennessApp, c: Context, typed: Typed | null = null, refused: AppError | null = null) {
  const model = await findModel(app.db, nameOf(c))
  return show(c, unreleasedPage(c.get('visit'), { model, declared: await declaredOf(app, { modelId: model.id }), typed, refused }))
}

async function showBase(app: OpennessApp, c: Context, typed: Typed | null = null, refused: AppError | null = null) {
  const base = await findBase(app.db, c.req.param('base') ?? '')
  const [verdict, declared] = [await baseVerdict(app.db, base), await declaredOf(app, { baseId: base.id })]
  return show(c, baseOpennessPage(c.get('visit'), { base, verdict, declared, typed, refused }))
}
