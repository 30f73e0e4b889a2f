/** "Fix this": from a bad answer, in one step, a correction to learn from and a case that finds out whether the mistake comes back, in one contribution. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import { isAdmitted } from '../contributions/check-provenance.ts'
import { contribute, type ContributionDetail } from '../contributions/contribute.ts'
import { parseLicence } from '../lineage/parse-licence.ts'
import type { CommunityModel } from '../models/community-model.ts'
import { formatModelName } from '../models/model-name.ts'
import { findModelById } from '../models/model-queries.ts'
import { inOneLine } from '../notifications/one-line.ts'
import { actorId, actorName, requireRole, type Actor } from '../people/actor.ts'
import { findReleaseById } from '../releases/release-queries.ts'
import { findAnswer } from './answer-queries.ts'
import { findFeedback } from './feedback-queries.ts'
import type { Feedback, FeedbackTurn } from './feedback.ts'
import { giveFeedback } from './give-feedback.ts'
import { improvedModel } from './rate-answer.ts'
import { languagesOf } from './usual-terms.ts'

export interface FixTerms {
  /** SPDX; CC0-1.0 where nothing is said and the community takes it. */
  readonly licence?: string | undefined
  /** BCP 47; where nothing is said, the one language the community's newest examples are in. */
  readonly language?: string | undefined
  readonly message?: string | undefined
  /** The Developer Certificate of Origin; whoever fixes, where nothing is said. */
  readonly signOff?: string | undefined
  /** Where the better answer is from; written by a person, where nothing is said. */
  readonly origin?: string | undefined
  /** Of a generated one: what generated it. */
  readonly generator?: string | undefined
  /** The feedback, where nothing is said. */
  readonly source?: string | undefined
  /** Digest of an example of the dataset that the correction replaces. */
  readonly replaces?: string | undefined
}

export interface Fix extends FixTerms {
  /** What the answer should have been. */
  readonly better: string
  /** Which of several answers, from 0. */
  readonly choice?: number | undefined
  /** Of an answer that a base gave: the community model that should learn it. */
  readonly model?: string | undefined
}

export interface Fixed extends ContributionDetail {
  readonly feedback: Feedback
}

type App = { readonly db: Database; readonly blobs: Blobs }

/**
 * Whoever may read the answer. What they say is kept as feedback also where the contribution is turned away, e.g. because a suite asks this very question;
 * saying it again uses the same feedback.
 */
export async function fixAnswer(app: App, actor: Actor, answerId: string, fix: Fix): Promise<Fixed> {
  requireRole(actor, 'contributor')
  const answer = await findAnswer(app.db, actor, answerId)
  const model = await improvedModel(app.db, answer, fix.model)
  const choice = answer.choices[fix.choice ?? 0]
  if (!choice) throw new AppError('invalid', `Answer ${answerId} has ${answer.choices.length} choices; choose one from 0 on.`)
  const turns: FeedbackTurn[] = [...answer.turns, { role: 'assistant', content: choice.text }]
  const better = fix.better.normalize('NFC').trim()
  if (better === '') throw new AppError('invalid', 'Say what the answer should have been.')
  const said = await saidBefore(app.db, actor, answerId, better)
  const feedback = said ?? (await correct(app, actor, model, { turns, releaseId: answer.releaseId, answerId, correction: better }))
  return offerFix(app, actor, model, feedback, better, fix)
}

/** The same of an answer that somebody gave feedback on. A correction that says something else than theirs is feedback of one's own. */
export async function fixFeedback(
  app: App,
  actor: Actor,
  feedbackId: number,
  fix: FixTerms & { readonly better?: string | undefined },
): Promise<Fixed> {
  requireRole(actor, 'contributor')
  const given = await findFeedback(app.db, feedbackId)
  const model = await findModelById(app.db, given.modelId)
  const better = fix.better?.normalize('NFC').trim() ?? given.correction
  if (!better) throw new AppError('invalid', `Feedback ${feedbackId} says no better answer; say one with --better.`)
  if (better !== given.correction) {
    const { turns, releaseId, answerId } = given
    return offerFix(app, actor, model, await correct(app, actor, model, { turns, releaseId, answerId, correction: better }), better, fix)
  }
  if (given.personId !== actorId(actor)) requireRole(actor, 'reviewer', model.id)
  return offerFix(app, actor, model, given, better, fix)
}

async function saidBefore(db: Db, actor: Actor, answerId: string, better: string): Promise<Feedback | null> {
  const own = actorId(actor)
  const row = await db
    .selectFrom('feedback')
    .select('id')
    .where('answerId', '=', answerId)
    .where('personId', own === null ? 'is' : '=', own)
    .where('correction', '=', better)
    .executeTakeFirst()
  return row ? findFeedback(db, row.id) : null
}

async function correct(
  app: App,
  actor: Actor,
  model: CommunityModel,
  { releaseId, answerId, ...said }: Pick<Feedback, 'turns' | 'releaseId' | 'answerId'> & { readonly correction: string },
): Promise<Feedback> {
  const release = releaseId === null ? {} : { release: (await findReleaseById(app.db, releaseId)).version }
  return giveFeedback(app, actor, formatModelName(model), { ...said, ...release, rating: 'down', ...(answerId !== null && { answerId }) })
}

async function offerFix(
  app: App,
  actor: Actor,
  model: CommunityModel,
  feedback: Feedback,
  better: string,
  terms: FixTerms,
): Promise<Fixed> {
  const [before] = feedback.contributions
  if (before !== undefined) throw new AppError('conflict', `Feedback ${feedback.id} became contribution ${before} already.`)
  const asked = feedback.turns.slice(0, -1)
  const content = { messages: [...asked, { role: 'assistant', content: better }] }
  const name = formatModelName(model)
  const licence = terms.licence ?? usualLicence(model)
  const language = terms.language ?? (await usualLanguage(app.db, model))
  try {
    const detail = await contribute(app, actor, name, {
      message: terms.message ?? titleOf(asked),
      licence,
      language,
      origin: terms.origin ?? 'human',
      generator: terms.generator,
      source: terms.source ?? `feedback ${feedback.id} on ${name}`,
      signOff: terms.signOff ?? actorName(actor),
      changes: [
        terms.replaces === undefined ? { kind: 'add', content } : { kind: 'replace', target: terms.replaces, content },
        { kind: 'case', sample: { messages: asked, expected: better } },
      ],
      feedbackId: feedback.id,
    })
    return { ...detail, feedback: await findFeedback(app.db, feedback.id) }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid') throw error
    throw new AppError('invalid', `${error.message} What you said is kept as feedback ${feedback.id}.`, {
      cause: error,
      details: error.details,
    })
  }
}

function usualLicence({ licencePolicy }: CommunityModel): string {
  if (isAdmitted(parseLicence('CC0-1.0'), licencePolicy)) return 'CC0-1.0'
  throw new AppError(
    'invalid',
    `This community takes ${licencePolicy.allow?.join(', ')}; say under which you give the correction: --licence.`,
  )
}

async function usualLanguage(db: Db, model: CommunityModel): Promise<string> {
  const languages = [...(await languagesOf(db, model.id))].sort()
  const [only, ...others] = languages
  if (only !== undefined && others.length === 0) return only
  const found = only === undefined ? 'has no examples yet' : `has examples in ${languages.slice(0, 5).join(', ')}`
  throw new AppError('invalid', `${formatModelName(model)} ${found}; say which language the correction is in: --language.`)
}

/** What a list of proposals says of it: the question itself. */
function titleOf(asked: Feedback['turns']): string {
  return `A better answer to: ${inOneLine(asked.at(-1)?.content ?? '', titleLength)}`
}

/** A line of a list, also on a phone. */
const titleLength = 80
