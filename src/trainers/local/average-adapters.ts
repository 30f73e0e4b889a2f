/** The mean of several adapters: of runs that began at the same adapter, or of checkpoints of one run. */

import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import { trainableTensors } from '../../ml/lora/training-graph.ts'
import type { LoraMethod } from '../trainer.ts'
import { openBaseFolder } from './base-folder.ts'
import { readAdapterMethod, startFromAdapter, writeAdapter } from './weights-folder.ts'

/**
 * Writes into `output` an adapter whose A and B are the means of the given adapters' (PEFT folders of one base, rank, alpha and target modules), and returns
 * its folder. The mean of the products B·A is another matrix, of a larger rank; the two are near each other where the adapters are: those of one run, or of runs
 * that went on from the same adapter. Adapters trained apart from seeds of their own have nothing in common to average. Throws `invalid` on adapters that differ in form.
 */
export async function averageAdapters(base: string, adapters: readonly string[], output: string): Promise<string> {
  const [first] = adapters
  if (first === undefined) throw new AppError('invalid', 'There is no adapter to average; name at least one folder.')
  const opened = await openBaseFolder(base)
  try {
    const method: LoraMethod = await readAdapterMethod(first)
    const specs = trainableTensors(opened.config, method)
    const mean = new Map(specs.map(({ name, dims }) => [name, new Float64Array(dims.reduce((a, b) => a * b, 1))]))
    for (const folder of adapters) {
      const values = await startFromAdapter(folder, method, opened.config, specs)
      for (const [name, sum] of mean) for (const [i, value] of values.get(name)!.entries()) sum[i]! += value / adapters.length
    }
    const rounded = new Map([...mean].map(([name, values]) => [name, Float32Array.from(values)]))
    return writeAdapter(join(output, 'adapter'), method, specs, rounded)
  } finally {
    await opened.weights?.close()
  }
}
