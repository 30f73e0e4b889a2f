/** /models/{owner}/{name}/charter: the clauses, each clause, their history, and proposals to change them. */

import { Hono, type Context } from 'hono'
import { contribute } from '../../domain/contributions/contribute.ts'
import { clauseHistory } from '../../domain/models/clause-history.ts'
import { charterLog, currentCharter } from '../../domain/models/charter-queries.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { actorName, type Actor } from '../../domain/people/actor.ts'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { idIn } from '../discussion/discussion-routes.ts'
import { readDiscussion } from '../discussion/read-discussion.ts'
import { draftSent } from '../draft.ts'
import { attempt, typedIn } from '../form.ts'
import { address, modelPath } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { nameIn } from '../proposals/queue-routes.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { charterHistoryPage, charterPage, clausePage } from './charter-pages.ts'
import { clauseChangeFrom, rowsOf, typedFromClause, type ClauseAim } from './clause-form.ts'
import { proposeClausePage, type ProposeClauseData } from './propose-clause-page.ts'
import { readCharter } from './read-charter.ts'

/** Revisions of a page. */
const shown = 20

export function charterRoutes(app: { readonly db: Database; readonly blobs: Blobs }): Hono {
  const { db } = app
  return new Hono()
    .get('/models/:owner/:name/charter', async (c) => show(c, charterPage(c.get('visit'), await readCharter(db, nameIn(c)))))
    .get('/models/:owner/:name/charter/history', async (c) => {
      const model = await findModel(db, nameIn(c))
      const records = await charterLog(db, model.id, { after: Number(c.req.query('after')) || undefined, limit: shown + 1 })
      const next = records.length > shown ? (records[shown - 1]?.revision ?? null) : null
      return show(c, charterHistoryPage(c.get('visit'), model, records.slice(0, shown), next))
    })
    .get('/models/:owner/:name/charter/propose', async (c) =>
      show(c, proposeClausePage(c.get('visit'), await proposeClauseData(c, requireVisitor(c)))),
    )
    .post('/models/:owner/:name/charter/propose', async (c) => {
      const actor = requireVisitor(c)
      const typed = await typedIn(c)
      const data = { ...(await proposeClauseData(c, actor)), typed }
      if (typed['more'] === 'cases')
        return show(c, proposeClausePage(c.get('visit'), { ...data, typed: { ...typed, rows: String(rowsOf(typed) + 3) } }))
      const { done, refused } = await attempt(async () =>
        contribute(app, actor, nameIn(c), {
          message: typed['message'] ?? '',
          signOff: typed['signOff'] || actorName(actor),
          // It brings no example that would need them.
          ...{ licence: '', language: '', origin: '', source: '' },
          changes: [{ kind: 'clause', change: clauseChangeFrom(typed, data.aim) }],
        }),
      )
      if (!done) return show(c, proposeClausePage(c.get('visit'), { ...data, refused }))
      draftSent(c, typed)
      sayNext(c, 'proposals.saidProposed')
      return goOn(c, `/contributions/${done.contribution.id}`)
    })
    .get('/models/:owner/:name/charter/:number', async (c) => {
      const number = idIn(c, 'number')
      const view = await readCharter(db, nameIn(c))
      const { owner, name, id } = view.model
      if (number >= view.charter.nextClause)
        throw new AppError('not-found', `The charter of ${owner}/${name} has never had a clause ${number}.`)
      return show(
        c,
        clausePage(c.get('visit'), {
          view,
          number,
          standing: view.clauses.find(({ clause }) => clause.number === number) ?? null,
          history: await clauseHistory(db, id, number),
          discussion: await readDiscussion(db, c.get('visit'), { kind: 'clause', id: `${owner}/${name}/${number}` }),
        }),
      )
    })

  async function proposeClauseData(c: Context, actor: Actor): Promise<ProposeClauseData> {
    const model = await findModel(db, nameIn(c))
    const charter = await currentCharter(db, model.id)
    const [edit, remove] = [c.req.query('edit'), c.req.query('remove')]
    const number = Number(edit ?? remove)
    const clause = charter.clauses.find((one) => one.number === number)
    if ((edit ?? remove) !== undefined && !clause) throw new AppError('not-found', `The charter has no clause ${edit ?? remove ?? ''} now.`)
    const aim: ClauseAim = clause ? { kind: edit === undefined ? 'remove' : 'edit', clause } : { kind: 'add' }
    return {
      model,
      charter,
      aim,
      typed: typedFromClause(aim.kind === 'edit' ? aim.clause : null, actorName(actor)),
      refused: null,
      action: address(modelPath(model, '/charter/propose'), { edit, remove }),
      draft: `clause ${model.id} ${edit === undefined ? '' : `edit ${edit}`}${remove === undefined ? '' : `remove ${remove}`}`,
    }
  }
}
