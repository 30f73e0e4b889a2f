/** What both acts of the demo do: people offer and review, through the same API as everybody. */

import { stringify } from 'yaml'
import type { Community, CommunityContribution, CommunityExample } from '../../../examples/community/community.ts'
import type { communityRecipe } from '../../../examples/community/recipe.ts'
import { AppError } from '../../errors.ts'
import type { Answers } from '../../http/api/schemas.ts'
import type { Client } from '../../http/client.ts'
import type { Output } from '../output.ts'

/** A recipe as a maintainer would write it. */
export function recipeFile({ method, ...rest }: typeof communityRecipe): string {
  return stringify(method.kind === 'lora' ? { ...rest, ...method, method: 'lora', kind: undefined } : { ...rest, method: 'full' })
}

interface Contributed {
  readonly contribution: Answers['contribution']
  readonly findings: Answers['finding'][]
}

/** Offers a contribution as its author and has it reviewed, as its fate says; returns its id, null where a check turned it away. */
export async function contribute(
  output: Output,
  community: Community,
  people: ReadonlyMap<string, Client>,
  reviewer: Client,
  it: CommunityContribution,
): Promise<number | null> {
  const author = people.get(it.author) as Client
  const { fullName } = community.people.find((person) => person.name === it.author) as { fullName: string }
  const declared = { licence: it.licence, language: it.language, origin: it.origin, generator: it.generator, source: it.source }
  const offer = (message: string, rows: readonly CommunityExample[], path: string) =>
    author.upload<Contributed>(path, { ...declared, message, signOff: fullName }, lines(rows), JSONL)
  const review = (id: number, decision: string, message: string) => reviewer.post(`/api/contributions/${id}/reviews`, { decision, message })
  const start = `/api/models/${community.model}/contributions`
  const what = `   ${fullName}: "${it.message}", ${it.examples.length} examples`

  if (it.fate === 'turned-away') {
    const refusal = await offer(it.message, it.examples, start).then(
      () => null,
      (error: unknown) => error,
    )
    if (!(refusal instanceof AppError))
      throw new AppError('conflict', 'The check should have turned this contribution away.', { cause: refusal })
    output.note(`${what}\n      turned away by a check: ${refusal.message}`)
    return null
  }
  const { contribution } = await offer(it.message, it.examples, start)
  if (it.revision) {
    await review(contribution.id, 'request-changes', it.review)
    await offer(it.revision.message, it.revision.examples, `/api/contributions/${contribution.id}/revise`)
    await review(contribution.id, 'accept', 'Thank you, now it is right.')
    output.note(`${what}\n      sent back: "${it.review}" — revised, then accepted`)
    return contribution.id
  }
  await review(contribution.id, 'accept', it.review)
  output.note(`${what}\n      accepted: "${it.review}"`)
  return contribution.id
}

export const JSONL = 'application/jsonlines'

export function lines(rows: readonly unknown[]): ReadableStream<Uint8Array> {
  return new Blob([rows.map((row) => JSON.stringify(row) + '\n').join('')]).stream() as ReadableStream<Uint8Array>
}

export function clientOf(people: ReadonlyMap<string, Client>, community: Community, role: string): Client {
  const person = community.people.find((it) => it.role === role)
  const client = person && people.get(person.name)
  if (!client) throw new Error(`the community has no ${role}`)
  return client
}

export function numbered(output: Output): (text: string) => void {
  let step = 0
  return (text) => output.note(`\n${++step}. ${text}`)
}
