/** Which examples pull the adapter where an answer pulls it: losses and gradient products of every example, in one pass over them. */

import { AppError } from '../../errors.ts'
import type { TraceEvent, TraceRequest, TrainingRequest } from '../trainer.ts'
import { microBatches } from './batches.ts'
import { packBatch } from './pack-batch.ts'
import { planRun, type LocalOptions } from './plan.ts'
import { tokenizeExamples } from './tokenize-examples.ts'
import { openSession, startingPoint } from './open-session.ts'
import type { Values } from './runtime.ts'

export type Trace = Omit<Extract<TraceEvent, { kind: 'traced' }>, 'kind'>

/** Yields every example once, the shortest first. Throws `invalid` on preferences, whose loss is of two answers, and on what no run could train. */
export async function* traceExamples(request: TraceRequest, options: LocalOptions): AsyncGenerator<Trace> {
  for await (const event of traceHere(request, options)) {
    if (event.kind !== 'traced') continue
    const { example, loss, products } = event
    yield { example, loss, products }
  }
}

/** As Trainer.trace, in this process. */
export async function* traceHere(request: TraceRequest, options: LocalOptions): AsyncGenerator<TraceEvent> {
  const { recipe } = request
  const training: TrainingRequest = { ...request, output: '' }
  const plan = await planRun({ ...training, recipe: { ...recipe, validation: 0, patience: null, mix: {} } }, options)
  try {
    if (recipe.method.kind !== 'lora') throw new AppError('invalid', 'Gradients are traced in an adapter; choose method lora.')
    const { base, examples } = plan
    const queries = await tokenizeExamples(request.queries, base.tokenizer, {
      maxLength: recipe.maxLength,
      endIds: base.config.eosTokenIds,
      vocabSize: base.config.vocabSize,
    })
    for (const [what, found] of [
      ['examples', examples],
      ['queries', queries],
    ] as const)
      // prettier-ignore
      if (found.sequences.at(-1)! > found.count)
        throw new AppError('invalid', `The ${what} hold preferences, and gradients are traced of what is followed; give their chosen answers as completions.`)
    yield { kind: 'planned', examples: examples.count }
    const run = { ...plan, sideBySide: false, longest: Math.max(plan.longest, ...queries.lengths) }
    const session = await openSession(run, options.threads, await startingPoint(training, plan))
    try {
      const directions: Values[] = []
      for (let query = 0; query < queries.count; query += 1) {
        const one = { kind: 'follow', examples: Uint32Array.of(query), length: queries.lengths[query]! } as const
        directions.push(await session.gradient([packBatch(queries, one, run)]))
      }
      const everything = Uint32Array.from({ length: examples.count }, (_, example) => example)
      for (const batch of microBatches([{ kind: 'follow', examples: everything }], examples.lengths, plan.rows)) {
        options.signal?.throwIfAborted()
        const { losses, products } = await session.gradientProducts(packBatch(examples, batch, run), directions)
        for (const [row, example] of batch.examples.entries()) {
          const of = packBatch(examples, { ...batch, examples: Uint32Array.of(example) }, { ...run, rows: 1 }).weightSum
          const each = products.subarray(row * directions.length, (row + 1) * directions.length)
          yield { kind: 'traced', example, loss: losses[row]! / of, products: [...each] }
        }
      }
    } finally {
      await session.close()
    }
  } finally {
    await plan.base.weights?.close()
  }
}
