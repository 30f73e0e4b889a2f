/** Which examples of a run's dataset pull its adapter towards an answer, and which push it away. */

import type { StoredExample } from '../contributions/example.ts'
import { broughtBy } from '../datasets/dataset-queries.ts'
import { examplesOf } from '../datasets/examples-of.ts'
import { findBaseById } from '../models/model-queries.ts'
import { findRun } from '../training/run-queries.ts'
import type { TrainingApp } from '../training/start-run.ts'
import { trainable } from '../training/training-examples.ts'
import { adapterFolder, baseFolder } from '../training/work-folder.ts'
import type { Told } from './run-study.ts'
import { inFolder } from './study-folder.ts'
import type { TracedExample, TraceQuestion, TraceResult, TraceStudy } from './study.ts'

interface Traced {
  readonly example: number
  readonly product: number
  readonly loss: number
}

export async function traceAnswer(app: TrainingApp, study: TraceStudy, told: Told, signal: AbortSignal): Promise<TraceResult> {
  const run = await findRun(app.db, study.runId)
  const base = await findBaseById(app.db, run.baseId)
  const { keep } = study.request
  const query = queryOf(study.request, base.hasChatTemplate)
  return inFolder(app, study.id, async (write) => {
    let preferences = 0
    const followed = async function* (): AsyncIterable<Uint8Array> {
      for await (const example of examplesOf(app.db, run.revision)) {
        if ('chosen' in example.content) preferences += 1
        yield line(followable(example))
      }
    }
    const events = app.trainer.trace(
      {
        base: await baseFolder(app, base),
        adapter: await adapterFolder(app, run.checkpoint!),
        examples: await write('examples.jsonl', followed()),
        queries: await write('queries.jsonl', [line(query)]),
        recipe: run.recipe,
        ...(app.trainingMemory === undefined ? {} : { memoryBudget: app.trainingMemory }),
      },
      { signal },
    )
    let [examples, done, towards, strongest] = [0, 0, 0, 0]
    const pull = strongestOf(keep)
    const push = strongestOf(keep)
    for await (const event of events) {
      if (event.kind === 'planned') {
        examples = event.examples
        continue
      }
      const product = event.products[0]!
      const traced = { example: event.example, product, loss: event.loss }
      strongest = Math.max(strongest, Math.abs(product))
      if (product > 0) {
        towards += 1
        pull.see(traced)
      } else if (product < 0) push.see(traced)
      await told(++done, examples)
    }
    const named = await nameExamples(app, study, [...pull.taken(), ...push.taken()], strongest)
    const of = (all: readonly Traced[]): TracedExample[] => all.map(({ example }) => named.get(example)!)
    return { examples, towards, preferences, pull: of(pull.taken()), push: of(push.taken()) }
  })
}

function queryOf({ question, answer }: TraceQuestion, chats: boolean): object {
  if (question === null) return { text: answer }
  if (!chats) return { prompt: question, completion: answer }
  return {
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  }
}

/** A preference is asked by what should be followed. */
function followable(example: StoredExample): object {
  const content = trainable(example)
  return 'chosen' in content ? { prompt: content.prompt, completion: content.chosen } : content
}

const line = (value: object): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`)

/** Keeps the largest by size. Few are kept, so a sorted list is enough; of equals the first in the dataset comes first. */
function strongestOf(keep: number): { see(traced: Traced): void; taken(): readonly Traced[] } {
  const kept: Traced[] = []
  return {
    see(traced) {
      kept.push(traced)
      if (kept.length < 2 * keep + 50) return
      sort(kept)
      kept.length = keep
    },
    taken: () => sort(kept).slice(0, keep),
  }
}

const sort = (all: Traced[]): Traced[] => all.sort((a, b) => Math.abs(b.product) - Math.abs(a.product) || a.example - b.example)

/** The examples in the order in which the trainer read them. */
async function nameExamples(
  { db }: TrainingApp,
  { model, modelId, revision }: TraceStudy,
  traced: readonly Traced[],
  strongest: number,
): Promise<ReadonlyMap<number, TracedExample>> {
  const wanted = new Map(traced.map((one) => [one.example, one]))
  const found: (Traced & Pick<StoredExample, 'digest' | 'content'>)[] = []
  let place = 0
  for await (const { digest, content } of examplesOf(db, revision)) {
    const one = wanted.get(place++)
    if (one) found.push({ ...one, digest, content })
  }
  const by = await broughtBy(
    db,
    { modelId, number: revision.number },
    found.map(({ digest }) => digest),
  )
  return new Map(
    found.map(({ example, digest, content, product, loss }) => [
      example,
      {
        digest,
        link: `/models/${model}/examples/${digest.slice('sha256:'.length)}`,
        contribution: by.get(digest)?.contribution ?? null,
        content,
        product,
        strength: strongest === 0 ? 0 : product / strongest,
        loss,
      },
    ]),
  )
}
