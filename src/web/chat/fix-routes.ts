/** "Fix this": from a bad answer to a proposal that others review. */

import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { findAnswer } from '../../domain/feedback/answer-queries.ts'
import { fixAnswer } from '../../domain/feedback/fix-answer.ts'
import { fixesOf } from '../../domain/feedback/fixes-of.ts'
import { improvedModel } from '../../domain/feedback/rate-answer.ts'
import { suggestionsFor } from '../../domain/feedback/suggestions.ts'
import { languagesOf, lastTermsOf } from '../../domain/feedback/usual-terms.ts'
import { origins } from '../../domain/contributions/example.ts'
import { actorName } from '../../domain/people/actor.ts'
import { takenIn, type OfferingApp } from '../../domain/release-train/take-in.ts'
import { draftSent } from '../draft.ts'
import { attempt, readForm, typedIn, type Typed } from '../form.ts'
import { goOn, show } from '../page.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { fixPage, type Fixing } from './fix-page.ts'
import { licencesFor } from './terms-fields.ts'

const fixForm = z.object({
  better: z.string().trim().min(1, 'Say what the answer should have been.'),
  origin: z.enum(origins).default('human'),
  source: z.string().trim().max(500).default(''),
  generator: z.string().trim().max(200).default(''),
  licence: z.string().min(1),
  language: z.string().min(1, 'Say which language your answer is in.'),
  agreed: z.literal('yes', 'Tick that you have the right to give this: without it nobody may use it.'),
  signOff: z.string().trim().min(1, 'Say who gives this.').max(200),
  message: z.string().trim().max(2_000).default(''),
  for: z.string().default(''),
})

export function fixRoutes(app: OfferingApp): Hono {
  return new Hono()
    .get('/answers/:id/fix', async (c) => {
      const fixing = await fixingOf(app, c, c.req.query('for') ?? '')
      return show(c, fixPage(c.get('visit'), fixing, startOf(fixing, c.req.query('start') === 'answer'), null))
    })
    .post('/answers/:id/fix', async (c) => {
      const [actor, typed] = [requireVisitor(c), await typedIn(c)]
      const { done, refused } = await attempt(async () => {
        const { better, origin, source, generator, licence, language, signOff, message, for: named } = readForm(fixForm, typed)
        const fixed = await fixAnswer(app, actor, c.req.param('id'), {
          better,
          licence,
          language,
          signOff,
          origin,
          ...(generator !== '' && { generator }),
          ...(source !== '' && { source }),
          ...(message !== '' && { message }),
          ...(named !== '' && { model: named }),
        })
        return takenIn(app, actor, fixed)
      })
      if (refused) return show(c, fixPage(c.get('visit'), await fixingOf(app, c, typed['for'] ?? ''), typed, refused))
      draftSent(c, typed)
      sayNext(c, done.patrol === null ? 'chat.fixSent' : 'chat.fixTaken')
      return goOn(c, `/contributions/${done.contribution.id}`)
    })
}

async function fixingOf(app: OfferingApp, c: Context, named: string): Promise<Fixing> {
  const actor = requireVisitor(c)
  const answer = await findAnswer(app.db, actor, c.req.param('id') as string)
  const model = await improvedModel(app.db, answer, named || undefined)
  const [last, languages] = [await lastTermsOf(app.db, actor), await languagesOf(app.db, model.id)]
  return {
    answer,
    model,
    named,
    fixes: await fixesOf(app.db, answer.id),
    suggested: await suggestionsFor(app.db, model.id, answer.turns),
    languages,
    usual: {
      licence: licencesFor(model).find((known) => known === last.licence) ?? licencesFor(model)[0] ?? 'CC0-1.0',
      language:
        languages.length === 0 || (last.language !== null && languages.includes(last.language)) ? (last.language ?? '') : languages[0]!,
      signOff: last.signOff ?? actorName(actor),
    },
  }
}

/** What the form holds before anybody has typed. */
function startOf({ answer, usual, named }: Fixing, withAnswer: boolean): Typed {
  return { better: withAnswer ? (answer.choices[0]?.text ?? '') : '', origin: 'human', for: named, ...usual }
}
