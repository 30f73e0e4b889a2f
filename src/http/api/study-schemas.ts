/** The shapes of studies: what was asked of the trainer, and what it found. */

import { z } from '@hono/zod-openapi'

const id = z.int()
const date = z.iso.datetime()
const digest = z.templateLiteral(['sha256:', z.string()]).openapi({ type: 'string', pattern: '^sha256:[0-9a-f]{64}$' })
const message = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })
const content = z.union([
  z.object({ messages: z.array(message) }),
  z.object({ prompt: z.string(), completion: z.string() }),
  z.object({ text: z.string() }),
  z.object({ prompt: z.string(), chosen: z.string(), rejected: z.string() }),
])

const tracedExample = z
  .object({
    digest,
    link: z.string().openapi({ description: 'Its page.' }),
    contribution: id.nullable().openapi({ description: 'The contribution that brought it.' }),
    content,
    product: z.number().openapi({ description: 'Of its gradient with that of the answer; positive pulls towards it.' }),
    strength: z.number().openapi({ description: 'The same as a share of the strongest of all, -1 to 1.' }),
    loss: z.number().openapi({ description: 'Mean nats per token that the adapter still has to learn of it.' }),
  })
  .openapi('TracedExample')

const record = z.object({
  id,
  modelId: id,
  model: z.string(),
  revision: z.object({ id, number: z.int(), digest, count: z.int() }),
  recipe: z.looseObject({}),
  trainer: z.string(),
  state: z.enum(['queued', 'running', 'finished', 'failed', 'cancelled']),
  progress: z.object({ done: z.int(), of: z.int().nullable() }).openapi({ description: 'Steps or examples.' }),
  error: z.string().nullable(),
  requestedBy: id.nullable(),
  createdAt: date,
  startedAt: date.nullable(),
  endedAt: date.nullable(),
  sentences: z.array(z.string()).openapi({ description: 'The result in words.' }),
})

const rateStudy = record.extend({
  kind: z.literal('rate'),
  runId: z.null(),
  request: z.object({ from: z.number(), to: z.number(), steps: z.int() }),
  result: z
    .object({
      steps: z.array(z.object({ rate: z.number(), loss: z.number(), smooth: z.number() })),
      suggested: z.number().nullable().openapi({ description: 'null: no rate lowered the loss.' }),
    })
    .nullable(),
})

const traceStudy = record.extend({
  kind: z.literal('trace'),
  runId: id,
  request: z.object({ question: z.string().nullable(), answer: z.string(), keep: z.int() }),
  result: z
    .object({
      examples: z.int(),
      towards: z.int(),
      preferences: z.int().openapi({ description: 'Of these the chosen answer was asked.' }),
      pull: z.array(tracedExample),
      push: z.array(tracedExample),
    })
    .nullable(),
})

export const study = z.discriminatedUnion('kind', [rateStudy, traceStudy]).openapi('Study')

/** The same, as types for those who call the API. */
export interface StudyAnswers {
  readonly study: z.infer<typeof study>
  readonly rateStudy: z.infer<typeof rateStudy>
  readonly traceStudy: z.infer<typeof traceStudy>
}
