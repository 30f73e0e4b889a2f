/** What the demo leaves behind for the pages: a community in which something goes on, made through the same API as everything else. */

import { livingCommunityFor, type LivingCommunity } from '../../../examples/community/living.ts'
import type { Community } from '../../../examples/community/community.ts'
import type { Answers } from '../../http/api/schemas.ts'
import type { Client } from '../../http/client.ts'
import { forBrowsers } from '../for-browsers.ts'
import { JSONL, lines } from './demo-steps.ts'

export interface Living {
  readonly operator: Client
  readonly people: ReadonlyMap<string, Client>
  readonly community: Community
  /** The newest release. */
  readonly version: string
}

/** Examples after which the next train leaves: about as many as wait for a review. */
const TRAIN_AFTER = 10

export async function leaveAlive({ people, community, version }: Living): Promise<void> {
  const living = livingCommunityFor(community)
  const { model } = community
  const by = (name: string) => people.get(name) as Client
  const nameOf = (name: string) => community.people.find((it) => it.name === name)?.fullName ?? name
  const offer = async ({ author, message, source, examples }: LivingCommunity['waiting']) => {
    const declared = { licence: 'Unicode-3.0', language: community.language.tag, origin: 'human', source, message, signOff: nameOf(author) }
    const path = `/api/models/${model}/contributions`
    return (await by(author).upload<{ contribution: Answers['contribution'] }>(path, declared, lines(examples), JSONL)).contribution
  }
  const comment = (person: string, kind: string, id: string, text: string) =>
    by(person).post<{ id: number }>('/api/threads', { subject: { kind, id }, text })

  await by('joseph').post(`/api/models/${model}/train-schedule`, { rhythm: { kind: 'after', examples: TRAIN_AFTER } })
  await offer(living.waiting)
  const back = await offer(living.sentBack)
  await by('farah').post(`/api/contributions/${back.id}/reviews`, { decision: 'request-changes', message: living.sentBack.review })
  const [question, ...answers] = living.conversation
  if (question) {
    const thread = await comment(question.by, 'contribution', String(back.id), question.text)
    for (const answer of answers) await by(answer.by).post(`/api/threads/${thread.id}/comments`, { text: answer.text })
  }
  const { author, message, text } = living.clause
  await by(author).post(`/api/models/${model}/charter/proposals`, { message, signOff: nameOf(author), changes: [{ action: 'add', text }] })
  await comment(living.welcome.by, 'release', `${model}@${version}`, living.welcome.text)
  await pointAt(by(living.unanswered.by), model, living.unanswered)
}

interface Completion {
  readonly id: string
  readonly choices: readonly { readonly message: { readonly content: string } }[]
}

/** Asks it something it was never taught, and says of the answer that it is wrong. */
async function pointAt(client: Client, model: string, { question }: LivingCommunity['unanswered']): Promise<void> {
  const messages = [{ role: 'user', content: question }]
  const answer = await client.post<Completion>('/v1/chat/completions', { model, messages, temperature: 0, max_tokens: 48, store: true })
  const said = { role: 'assistant', content: answer.choices[0]?.message.content ?? '' }
  await client.post(`/api/models/${model}/feedback`, { turns: [...messages, said], rating: 'down', release: 'latest' })
}

export interface WaysIn {
  readonly reviewer: string
  readonly maintainer: string
}

/** Links that sign in as people of the community: for whoever sits at the machine, once, for ten minutes. */
export async function waysIn({ operator, community }: Living): Promise<WaysIn> {
  const linkOf = async (role: string) => {
    const { name } = community.people.find((it) => it.role === role) as { name: string }
    return forBrowsers((await operator.post<Answers['signInLink']>(`/api/people/${encodeURIComponent(name)}/sign-in-link`)).link)
  }
  return { reviewer: await linkOf('reviewer'), maintainer: await linkOf('maintainer') }
}
