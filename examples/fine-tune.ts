/**
 * Fine-tunes a model folder on a JSONL file and writes a PEFT adapter.
 *
 *   node examples/fine-tune.ts ./some-model ./examples.jsonl ./adapter-folder
 *
 * One example a line: {"messages": […]}, {"prompt", "completion"}, {"text"} or {"prompt", "chosen", "rejected"}.
 */

import { train } from 'commonweights/trainer'

const [base, examples, output] = process.argv.slice(2)
if (!base || !examples || !output) throw new Error('usage: node examples/fine-tune.ts <model folder> <examples.jsonl> <output folder>')

const recipe = { rank: 8, epochs: 3, batchSize: 8, validation: 0.1 }
for await (const event of train({ base, examples, output, recipe })) {
  switch (event.kind) {
    case 'planned':
      console.log(`${event.examples} examples, ${event.steps} steps, about ${Math.round(event.estimatedBytes / 1e6)} MB`)
      break
    case 'step':
      console.log(`step ${event.step}/${event.steps}  loss ${event.loss.toFixed(3)}  ${Math.round(event.tokensPerSecond)} tokens/s`)
      break
    case 'validated':
      console.log(`unseen examples: loss ${event.loss.toFixed(3)}`)
      break
    case 'finished':
      console.log(`the adapter is in ${event.folder}`)
  }
}
