/**
 * What of a dataset revision a trainer is given: content alone, in the revision's order, and nothing whose origin or licence is unknown. Where the recipe
 * mixes sources, also the names under which an example can be meant: `origin:human`, `language:mr`, `licence:CC-BY-4.0`, `source:…`, `generator:…`.
 */

import { AppError } from '../../errors.ts'
import type { Recipe, TrainingContent } from '../../trainers/trainer.ts'
import type { Provenance, StoredExample } from '../contributions/example.ts'
import { isKnownLicence } from '../lineage/parse-licence.ts'

/** JSONL, a few hundred kilobytes at a time. Throws `invalid` at the first example that must not or cannot be trained on. */
export async function* trainingLines(
  examples: AsyncIterable<StoredExample>,
  recipe: Pick<Recipe, 'mix'> = { mix: {} },
): AsyncIterable<Uint8Array> {
  const mixes = Object.keys(recipe.mix).length > 0
  let lines = ''
  for await (const example of examples) {
    const content = trainable(example)
    lines += `${JSON.stringify(mixes ? { ...content, source: namesOf(example.provenance) } : content)}\n`
    if (lines.length < 1 << 18) continue
    yield Buffer.from(lines)
    lines = ''
  }
  if (lines) yield Buffer.from(lines)
}

/** Contributions are checked when they come in. This is the last door before training, so that a lapse elsewhere cannot pass it. */
export function trainable({ content, provenance, digest }: StoredExample): TrainingContent {
  const refuse = (fact: string): never => {
    throw new AppError('invalid', `Example ${digest.slice(0, 19)}… ${fact}`)
  }
  if (!provenance.origin || !provenance.source || (provenance.origin === 'generated' && !provenance.generator))
    return refuse('does not say where it is from, and nothing is trained on such an example; replace or remove it with a contribution.')
  if (!provenance.licence || !isKnownLicence(provenance.licence))
    return refuse(`has the licence "${provenance.licence}", whose terms are unknown here; replace or remove it with a contribution.`)
  return content
}

function namesOf({ origin, language, licence, source, generator }: Provenance): string[] {
  return [
    `origin:${origin}`,
    `language:${language}`,
    `licence:${licence}`,
    `source:${source}`,
    ...(generator === null ? [] : [`generator:${generator}`]),
  ]
}
