/** Talking to a model, rating and fixing its answers, and what several people suggest for one question. */

import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { findAnswer, listAnswers } from '../../domain/feedback/answer-queries.ts'
import { askModel } from '../../domain/feedback/ask-model.ts'
import { feedbackLimits, type FeedbackTurn } from '../../domain/feedback/feedback.ts'
import { rateAnswer, ratingsOf } from '../../domain/feedback/rate-answer.ts'
import { suggestionsOf } from '../../domain/feedback/suggestions.ts'
import { talkPartners } from '../../domain/feedback/talk-partners.ts'
import { questionsToTry } from '../../domain/feedback/usual-terms.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import type { OfferingApp } from '../../domain/release-train/take-in.ts'
import type { Engine } from '../../engines/engine.ts'
import { AppError } from '../../errors.ts'
import { attempt, readForm, typedIn } from '../form.ts'
import { goOn, show } from '../page.ts'
import { ownPath, requireVisitor, sayNext } from '../visit.ts'
import { fixRoutes } from './fix-routes.ts'
import { suggestionsPage } from './suggestions-page.ts'
import { fromAsked, fromStored, talkLimits, talkPath, type ShownAnswer, type Talk } from './talk.ts'
import { talkPage } from './talk-page.ts'

export type ChatApp = OfferingApp & { readonly engine: Engine }

/** Pages that wait for the engine at once; browsers with scripts ask /v1, which has a limit of its own. */
const waitingPages = 16

const askForm = z.object({
  model: z.string().min(1).max(300),
  beside: z.string().max(300).default(''),
  likeliest: z.literal('on').optional(),
  question: z.string().trim().min(1, 'Ask something first.').max(talkLimits.question),
  answer: z.string().max(100).default(''),
  history: z.string().max(feedbackLimits.characters).default(''),
})

const historySchema = z
  .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }))
  .max(feedbackLimits.turns)

const ratingForm = z.object({ rating: z.enum(['up', 'down']), for: z.string().optional(), back: z.string().optional() })

export function chatRoutes(app: ChatApp): Hono {
  let waiting = 0
  /** So many pages may wait for the engine; the next one is told to come back rather than queued without end. */
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting >= waitingPages) throw new AppError('unavailable', `${waiting} answers are being written already; ask again in a moment.`)
    waiting++
    return work().finally(() => waiting--)
  }
  return new Hono()
    .get('/models/:owner/:name/talk', async (c) => show(c, talkPage(c.get('visit'), await talkOf(app, c))))
    .post('/models/:owner/:name/talk', async (c) => {
      const { actor } = c.get('visit')
      const [typed, before] = [await typedIn(c), await talkOf(app, c)]
      const asked = {
        model: typed['model'] || before.asked.model,
        beside: typed['beside'] ?? '',
        likeliest: typed['likeliest'] === 'on',
      }
      let turns: readonly FeedbackTurn[] = []
      const { done, refused } = await attempt(async () => {
        turns = await turnsBefore(app, c, typed['answer'] ?? '', typed['history'] ?? '')
        const { model, beside, likeliest, question } = readForm(askForm, typed)
        const next: readonly FeedbackTurn[] = [...turns, { role: 'user', content: question }]
        const ask = (name: string) =>
          askModel(
            app,
            actor,
            { model: name, turns: next, temperature: likeliest ? 0 : 1, maxTokens: talkLimits.tokens },
            { signal: c.req.raw.signal },
          )
        const names = beside === '' || beside === model ? [model] : [model, beside]
        const answers = await inTurn(() => Promise.all(names.map(ask)))
        return { turns: next, answers }
      })
      if (refused) {
        const standing = turns.length > 0 ? { turns: turns.slice(0, -1), answer: lastOf(turns, asked.model, typed['answer'] || null) } : {}
        return show(c, talkPage(c.get('visit'), { ...before, ...standing, asked, question: typed['question'] ?? '' }, refused))
      }
      const [answer, other] = done.answers.map(fromAsked)
      if (actor !== null && answer?.id)
        return goOn(
          c,
          `${talkPath(before.model, {
            answer: answer.id,
            other: other?.id ?? null,
            model: asked.model,
            beside: asked.beside,
            varied: asked.likeliest ? null : '1',
          })}#newest`,
        )
      // What is kept for nobody has no address: it stands in the reply to the form alone.
      return show(
        c,
        talkPage(c.get('visit'), { ...before, asked, turns: done.turns, answer: answer ?? null, other: other ?? null, question: '' }),
      )
    })
    .post('/answers/:id/rating', async (c) => {
      const { rating, for: model, back } = readForm(ratingForm, await typedIn(c))
      await rateAnswer(app, requireVisitor(c), c.req.param('id'), { rating, ...(model && { model }) })
      // The browser module rates without leaving the page.
      if (c.req.header('accept') === 'application/json') return c.json({ rating })
      sayNext(c, rating === 'up' ? 'chat.ratedUp' : 'chat.ratedDown')
      return goOn(c, ownPath(back))
    })
    .get('/models/:owner/:name/suggestions', async (c) => {
      const model = await findModel(app.db, nameIn(c))
      return show(c, suggestionsPage(c.get('visit'), model, await suggestionsOf(app.db, `${model.owner}/${model.name}`)))
    })
    .route('/', fixRoutes(app))
}

const nameIn = (c: Context) => `${c.req.param('owner')}/${c.req.param('name')}`

/** What the address says: whom to ask, and which kept answers stand there. */
async function talkOf(app: ChatApp, c: Context): Promise<Talk> {
  const { actor } = c.get('visit')
  const model = await findModel(app.db, nameIn(c))
  const partners = await talkPartners(app.db, model)
  const own = `${model.owner}/${model.name}`
  const [id, otherId] = [c.req.query('answer'), c.req.query('other')]
  const stored = actor && id ? await findAnswer(app.db, actor, id) : null
  const beside = actor && otherId ? await findAnswer(app.db, actor, otherId) : null
  const ratings = await ratingsOf(
    app.db,
    actor,
    [stored, beside].flatMap((one) => one?.id ?? []),
  )
  const [newest] = partners.versions
  const shown = (answer: typeof stored): ShownAnswer | null => answer && fromStored(answer, ratings.get(answer.id) ?? null)
  return {
    model,
    partners,
    asked: {
      model: c.req.query('model') || stored?.model || (newest === undefined ? partners.base : `${own}@${newest}`),
      beside: c.req.query('beside') ?? '',
      likeliest: c.req.query('varied') !== '1',
    },
    turns: stored?.turns ?? [],
    answer: shown(stored),
    other: shown(beside),
    question: (c.req.query('question') ?? '').slice(0, talkLimits.question),
    toTry: stored ? [] : await questionsToTry(app.db, model.id, 4),
    earlier: actor ? await earlierHere(app, c, own, partners.base) : [],
  }
}

/** The visitor's own answers of this community's models, and of its base, newest first. */
async function earlierHere(app: ChatApp, c: Context, own: string, base: string) {
  const newest = await listAnswers(app.db, requireVisitor(c), { order: 'desc', limit: 40 })
  return newest.filter(({ model }) => model === base || model === own || model.startsWith(`${own}@`)).slice(0, 8)
}

/** The conversation that a new question goes on with: of a kept answer, or as the form itself brings it. */
async function turnsBefore(app: ChatApp, c: Context, id: string, history: string): Promise<readonly FeedbackTurn[]> {
  const { actor } = c.get('visit')
  if (actor && id) {
    const { turns, choices } = await findAnswer(app.db, actor, id)
    return [...turns, { role: 'assistant', content: choices[0]?.text ?? '' }]
  }
  if (history === '') return []
  const read = historySchema.safeParse(jsonOr(history, null))
  if (!read.success) throw new AppError('invalid', 'The conversation so far cannot be read; begin a new one.')
  return read.data
}

function jsonOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return otherwise
  }
}

function lastOf(turns: readonly FeedbackTurn[], model: string, id: string | null): ShownAnswer {
  return { id, model, text: turns.at(-1)?.content ?? '', reason: 'stop', rating: null }
}
