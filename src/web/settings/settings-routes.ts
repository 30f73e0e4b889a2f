/** A community's settings: anybody may read them, maintainers change them, and every change says why. */

import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { changeSuiteGate } from '../../domain/models/change-suite.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { currentRules, rulesLog } from '../../domain/models/review-rules-queries.ts'
import { setReviewRules } from '../../domain/models/set-review-rules.ts'
import { findSuite, listSuites } from '../../domain/models/suite-queries.ts'
import { quorumNow } from '../../domain/reviews/quorum-queries.ts'
import { scheduleOf } from '../../domain/release-train/train-queries.ts'
import { changeSettings, settingsLog } from '../../domain/training/change-settings.ts'
import type { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { attempt, readForm, typedIn, type Typed } from '../form.ts'
import { modelPath } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { ruleChangesFrom } from './rule-fields.ts'
import { settingsPage } from './settings-page.ts'

const about = z.object({ description: z.string(), message: z.string() })
const licences = z.object({ allow: z.string(), message: z.string() })
const recipe = z.object({ recipe: z.string(), message: z.string() })
const gate = z.object({ suite: z.string(), target: z.string().optional(), tolerance: z.coerce.number() })

const records = 20

/** "CC-BY-4.0, CC0-1.0" → a list; nothing → every licence that is known. */
const listed = (text: string): readonly string[] | null => {
  const names = text.split(/[,\n]/).map((it) => it.trim())
  const said = names.filter((it) => it !== '')
  return said.length ? said : null
}

export function settingsRoutes(app: { readonly db: Database }): Hono {
  const nameOf = (c: Context) => `${c.req.param('owner')}/${c.req.param('name')}`

  const page = async (c: Context, typed: Typed | null, refused: AppError | null = null) => {
    const model = await findModel(app.db, nameOf(c))
    const [rules, quorum, suites, schedule, changes, ruleChanges] = await Promise.all([
      currentRules(app.db, model.id),
      quorumNow(app.db, model.id),
      listSuites(app.db, model.id),
      scheduleOf(app.db, model.id),
      settingsLog(app.db, model.id, { limit: records }),
      rulesLog(app.db, model.id, { limit: records }),
    ])
    const facts = { model, rules: rules.rules, quorum, suites, schedule, changes, ruleChanges, typed }
    return show(c, { ...settingsPage(c.get('visit'), facts), refused })
  }

  /** One form of the page: what it asks for is done, or the whole page comes back with everything typed. */
  const change = async (c: Context, work: (typed: Typed) => Promise<unknown>) => {
    requireVisitor(c)
    const typed = await typedIn(c)
    const { refused } = await attempt(() => work(typed))
    if (refused) return page(c, typed, refused)
    sayNext(c, 'settings.changed')
    return goOn(c, modelPath(nameOf(c), '/settings'))
  }

  return new Hono()
    .basePath('/models/:owner/:name/settings')
    .get('/', (c) => page(c, null))
    .post('/about', (c) =>
      change(c, (typed) => {
        const { message, ...changes } = readForm(about, typed)
        return changeSettings(app, requireVisitor(c), nameOf(c), { changes, message })
      }),
    )
    .post('/licences', (c) =>
      change(c, (typed) => {
        const { allow, message } = readForm(licences, typed)
        return changeSettings(app, requireVisitor(c), nameOf(c), { changes: { licencePolicy: { allow: listed(allow) } }, message })
      }),
    )
    .post('/recipe', (c) =>
      change(c, (typed) => {
        const { message, ...changes } = readForm(recipe, typed)
        return changeSettings(app, requireVisitor(c), nameOf(c), { changes, message })
      }),
    )
    .post('/gate', (c) =>
      change(c, async (typed) => {
        const { suite, target, tolerance } = readForm(gate, typed)
        const { kind } = await findSuite(app.db, (await findModel(app.db, nameOf(c))).id, suite)
        // Shares are typed in points, texts in bits per byte.
        const changes = { target: target !== undefined, tolerance: kind === 'text' ? tolerance : tolerance / 100 }
        return changeSuiteGate(app, requireVisitor(c), nameOf(c), suite, changes)
      }),
    )
    .post('/review', (c) =>
      change(c, (typed) =>
        setReviewRules(app, requireVisitor(c), nameOf(c), { changes: ruleChangesFrom(typed), message: typed['message'] ?? '' }),
      ),
    )
}
