/** What the talk page is about: whom to ask, the conversation so far, and the newest answers with what can be done with them. Pure. */

import type { Asked } from '../../domain/feedback/ask-model.ts'
import type { StoredAnswer } from '../../domain/feedback/answer.ts'
import type { FeedbackTurn } from '../../domain/feedback/feedback.ts'
import type { TalkPartners } from '../../domain/feedback/talk-partners.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import { address, modelPath } from '../markup.ts'
import type { Translate } from '../messages.ts'

export const talkLimits = {
  /** Tokens of an answer: some pages of text. What is longer is cut off, and says so. */
  tokens: 1_024,
  /** Characters of a question; the model's own context is shorter most of the time, and says so itself. */
  question: 20_000,
} as const

/** One answer of one model. */
export interface ShownAnswer {
  /** null: not kept, because nobody we know asked. */
  readonly id: string | null
  readonly model: string
  readonly text: string
  readonly reason: 'stop' | 'length'
  readonly rating: 'up' | 'down' | null
}

export interface Talk {
  readonly model: CommunityModel
  readonly partners: TalkPartners
  /** Whom the next question goes to, as the OpenAI API knows them; `beside` may be ''. */
  readonly asked: { readonly model: string; readonly beside: string; readonly likeliest: boolean }
  /** Everything up to and including the newest question; empty at the beginning. */
  readonly turns: readonly FeedbackTurn[]
  readonly answer: ShownAnswer | null
  readonly other: ShownAnswer | null
  /** What stands in the field. */
  readonly question: string
  /** Questions to begin with. */
  readonly toTry: readonly string[]
  /** The visitor's own, newest first. */
  readonly earlier: readonly StoredAnswer[]
}

export function talkPath(
  model: CommunityModel,
  query: Partial<Record<'model' | 'beside' | 'answer' | 'other' | 'question' | 'varied', string | null>> = {},
): string {
  return address(modelPath(model, '/talk'), query)
}

/** "marathi/saathi 0.1.0", or "bundled, the base". */
export function partnerName(t: Translate, model: string): string {
  if (!model.includes('/')) return t('chat.baseName', { name: model })
  return model.replace('@', ' ')
}

export const fromStored = ({ id, model, choices }: StoredAnswer, rating: ShownAnswer['rating']): ShownAnswer => ({
  id,
  model,
  text: choices[0]?.text ?? '',
  reason: choices[0]?.reason ?? 'stop',
  rating,
})

export const fromAsked = (asked: Asked): ShownAnswer => ({ ...asked, rating: null })
