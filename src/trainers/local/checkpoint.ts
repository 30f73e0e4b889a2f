/**
 * A checkpoint: one safetensors file with the trainables, AdamW's moments, the weights kept beside them and, in its metadata, the step and what the run
 * was asked. The place in the data needs no storing, as it follows from the step.
 */

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError, sentenceOf } from '../../errors.ts'
import { FormatError } from '../../formats/format-error.ts'
import { firstNonFinite } from '../../formats/half.ts'
import { openSafetensors } from '../../formats/safetensors.ts'
import { safetensorsPieces } from '../../formats/safetensors-write.ts'
import type { TensorSpec } from '../../ml/lora/training-graph.ts'
import type { Recipe } from '../trainer.ts'
import { fileSource, writeWhole } from './files.ts'
import type { KeptWeights } from './kept-weights.ts'
import type { Values } from './runtime.ts'
import type { TrainingState } from './training-session.ts'

/** All that decides a run. Two runs with equal fingerprints end with equal bytes. */
export interface Fingerprint {
  readonly trainer: string
  /** sha256 of the base folder, the examples and the adapter of a warm start, hexadecimal. */
  readonly base: string
  readonly examples: string
  readonly adapter: string | null
  readonly recipe: Recipe
}

/** Two: the newest may have been written without anybody having been told of it yet. */
const newest = 2
const metadataSchema = z.object({
  step: z
    .string()
    .regex(/^[0-9]{1,9}$/)
    .transform(Number),
  fingerprint: z.string(),
  kept: z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(
      z.object({
        best: z.object({ step: z.number(), loss: z.number() }).nullable(),
        waited: z.number(),
        average: z.object({ count: z.number() }).nullable(),
      }),
    ),
})

/** What a checkpoint holds. */
export interface Saved {
  readonly step: number
  readonly state: TrainingState
  readonly kept: KeptWeights
}

/**
 * Writes a checkpoint into the folder and forgets all but the newest. Returns its path. Throws `unavailable` on a full disk.
 * @param spared a path that is not forgotten
 */
export async function saveCheckpoint(
  folder: string,
  { step, state, kept }: Saved,
  specs: readonly TensorSpec[],
  fingerprint: Fingerprint,
  spared: string | null = null,
): Promise<string> {
  const parts: Record<string, Values | undefined> = { ...state, best: kept.best?.values, average: kept.average?.values }
  const tensors = specs.flatMap((spec) =>
    Object.entries(parts).flatMap(([part, values]) =>
      values ? [{ name: `${part}/${spec.name}`, type: 'F32' as const, shape: spec.dims, values: values.get(spec.name)! }] : [],
    ),
  )
  const broken = tensors.find(({ values }) => firstNonFinite(values) !== -1)
  if (broken)
    throw new AppError(
      'invalid',
      `Training diverged before step ${step}: ${broken.name} is not finite. Lower the learning rate, or set clip.`,
    )
  // F32 chunks share the live arrays' memory; nothing may run between collecting and writing them.
  const chunks: Uint8Array[] = []
  const bytesOf = ({ values }: (typeof tensors)[number]) => [new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]
  const { best, waited, average } = kept
  const metadata = {
    step: String(step),
    fingerprint: JSON.stringify(fingerprint),
    kept: JSON.stringify({
      best: best && { step: best.step, loss: best.loss },
      waited,
      average: average && { count: average.count },
    }),
  }
  for await (const chunk of safetensorsPieces(tensors, bytesOf, metadata)) chunks.push(chunk)
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `step-${String(step).padStart(9, '0')}.safetensors`)
  writeWhole(path, chunks)
  const older = readdirSync(folder)
    .filter((name) => /^step-[0-9]{9}\.safetensors$/.test(name))
    .sort()
    .slice(0, -newest)
  for (const name of older) if (join(folder, name) !== spared) rmSync(join(folder, name), { force: true })
  return path
}

/** Reads a checkpoint back. Throws `invalid` where it is broken or belongs to another request, and says what differs. */
export async function loadCheckpoint(path: string, specs: readonly TensorSpec[], fingerprint: Fingerprint): Promise<Saved> {
  if (!existsSync(path)) throw new AppError('invalid', `There is no checkpoint ${path}; resume from another, or start the run anew.`)
  const source = await fileSource(path)
  try {
    const file = await openSafetensors(source, path)
    const metadata = metadataSchema.parse(file.metadata)
    const difference = differenceOf(JSON.parse(metadata.fingerprint) as Fingerprint, fingerprint)
    if (difference)
      throw new AppError(
        'invalid',
        `The checkpoint ${path} belongs to another request: ${difference}. Resume with the same request, or start the run anew.`,
      )
    const read = async (part: 'trainables' | 'm' | 'v' | 'best' | 'average') => {
      const values = new Map<string, Float32Array>()
      for (const { name, dims } of specs) {
        const found = file.tensors.get(`${part}/${name}`)
        if (found?.type !== 'F32' || found.shape.join() !== dims.join())
          throw new FormatError(`${part}/${name} is absent or of another shape`)
        values.set(name, await file.floats(`${part}/${name}`))
      }
      return values
    }
    const { best, waited, average } = metadata.kept
    return {
      step: metadata.step,
      state: { trainables: await read('trainables'), m: await read('m'), v: await read('v') },
      kept: {
        best: best && { ...best, values: await read('best') },
        waited,
        average: average && { ...average, values: await read('average') },
      },
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError(
      'invalid',
      `The checkpoint ${path} cannot be read (${sentenceOf(cause)}); resume from another, or start the run anew.`,
      { cause },
    )
  } finally {
    await source.close()
  }
}

function differenceOf(there: Fingerprint, here: Fingerprint): string | null {
  if (there.base !== here.base) return 'the base’s files differ'
  if (there.examples !== here.examples) return 'the examples differ'
  if (there.adapter !== here.adapter) return 'the adapter it started from differs'
  for (const key of Object.keys(here.recipe) as (keyof Recipe)[]) {
    const [was, is] = [JSON.stringify(there.recipe[key]), JSON.stringify(here.recipe[key])]
    if (was !== is) return `its recipe has ${key} ${was}, not ${is}`
  }
  return there.trainer === here.trainer ? null : `it was made by ${there.trainer}, not ${here.trainer}`
}
