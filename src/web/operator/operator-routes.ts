/** /operator: how the instance is doing, and its queue. */

import { Hono, type Context } from 'hono'
import { changeJob, instanceOverview, jobStates, listJobs, type OperatorApp } from '../../domain/instance.ts'
import type { AppError } from '../../errors.ts'
import { attempt } from '../form.ts'
import { goOn, show } from '../page.ts'
import { keyIn } from '../parts/numbers-in-paths.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { operatorPage } from './operator-page.ts'

export function operatorRoutes(app: OperatorApp): Hono {
  const page = async (c: Context, refused: AppError | null = null) => {
    const actor = requireVisitor(c)
    const overview = await instanceOverview(app, actor)
    const state = jobStates.find((it) => it === c.req.query('state')) ?? null
    const jobs = await listJobs(app, actor, { state: state ?? undefined, after: keyIn(c.req.query('after')), limit: 30 })
    return show(c, operatorPage(c.get('visit'), { overview, jobs, state, refused }))
  }
  return new Hono()
    .get('/operator', (c) => page(c))
    .post('/operator/jobs/:job/:verb{retry|cancel}', async (c) => {
      const verb = c.req.param('verb') === 'retry' ? 'retry' : 'cancel'
      const { refused } = await attempt(() => changeJob(app, requireVisitor(c), verb, keyIn(c.req.param('job')) ?? 0))
      if (refused) return page(c, refused)
      sayNext(c, verb === 'retry' ? 'operator.saidRetry' : 'operator.saidCancel')
      return goOn(c, '/operator#queue')
    })
}
