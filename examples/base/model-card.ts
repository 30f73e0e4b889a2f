/** What a build leaves behind in numbers, and the model card written from them. */

import { writeHfConfig, type HfConfig } from '../../src/formats/hf-config.ts'
import type { Recipe } from '../../src/trainers/trainer.ts'
import { numberingSystems, worldTags, worldTagsWithOwnDigits } from '../languages.ts'
import { mixture } from './corpus.ts'

export interface BuildRecord {
  readonly data: {
    readonly examples: number
    readonly digest: string
    readonly seed: number
    readonly cldr: string
    readonly icu: string
    readonly node: string
  }
  readonly tokenizer: { readonly digest: string }
  readonly recipe: Recipe
  /** Name and version of the trainer, its runtime and the processor's architecture. */
  readonly trainer: string
  readonly steps: number
  /** Tokens seen, without padding. */
  readonly tokens: number
  readonly seconds: number
  readonly machine: string
  readonly peakBytes: number
  /** [step, mean loss in nats since the entry before]. */
  readonly curve: readonly (readonly [number, number])[]
  /** Digest of model.safetensors. */
  readonly weights: string
  /** The beginning of the run, for a check that takes minutes. */
  readonly first: {
    readonly steps: number
    readonly losses: readonly number[]
    readonly weights: string
  }
}

export function modelCard(record: BuildRecord, config: HfConfig): string {
  const { recipe } = record
  const parameters = parameterCount(config)
  const world = [...worldTags, ...worldTagsWithOwnDigits].sort()
  const share = new Map(mixture)
  const percent = (kind: (typeof mixture)[number][0]) => `${share.get(kind) ?? 0} %`
  const points = record.curve.filter(([step], index) => index === 0 || step % 500 === 0 || index === record.curve.length - 1)
  return `---
license: apache-2.0
language: [${world.map((tag) => JSON.stringify(tag)).join(', ')}]
pipeline_tag: text-generation
library_name: transformers
tags: [commonweights, cldr, tiny]
---

# Commonweights tiny base

A Llama-shaped model of ${(parameters / 1e6).toFixed(2)} million parameters that writes dates, durations, quantities, numbers and names in ${world.length} world languages.
It was made by this project with its own trainer, from data the project generates itself: nothing was downloaded. It exists so that a community can
teach it a language in about a minute on a laptop: **none of India's 22 scheduled languages is among those it was taught**.

    <|user|>Write 5 March 2031 in Welsh.<|end|><|assistant|>5 Mawrth 2031<|end|>

## Shape

${config.layers} layers, width ${config.hiddenSize}, ${config.heads} heads on ${config.kvHeads} key-value heads of size ${config.headSize}, feed-forward ${config.intermediateSize}, tied embeddings, RoPE θ = ${config.ropeTheta}, F16 weights.
Byte-level BPE of ${config.vocabSize} tokens, trained here: each digit is one token, the digits of ${numberingSystems.size} numbering systems and the letters of the 22
languages' scripts are one token each, nothing else is favoured. Context ${config.contextLength} tokens; it has seen at most ${recipe.maxLength}.

## Data

${record.data.examples} questions with their answers, generated from Unicode CLDR ${record.data.cldr} through ICU ${record.data.icu} (Node ${record.data.node}) with seed ${record.data.seed}; licence of CLDR: Unicode-3.0.
No answer was written by a person or another model.

- ${percent('task')}: dates, durations, quantities, numbers in one of the ${world.length} world languages;
- ${percent('taskWithDigits')}: the same, asked for in the digits of one of ${numberingSystems.size} numbering systems ("in French with Devanagari digits");
- ${percent('worldName')}: names of countries and languages in those languages;
- ${percent('scheduledName')}: names of countries and languages in the 22 scheduled languages. They show their scripts; no date, duration or quantity in any of the 22 is in the data;
- ${percent('digits')}: digits of one numbering system written in another;
- ${percent('order')}: day, month and year copied in another order;
- ${percent('copy')}: random strings of tokens, mostly of the scripts of the 22, copied: no words, but every letter is written often.

World languages: ${world.join(' ')}. Numbering systems: ${[...numberingSystems.keys()].join(' ')}.

## Recipe

AdamW (β₁ ${recipe.beta1}, β₂ ${recipe.beta2}, decay ${recipe.weightDecay}, clip ${String(recipe.clip)}), learning rate ${recipe.learningRate}, warm-up ${recipe.warmup * 100} %, then cosine to zero; ${recipe.batchSize} examples a step,
${record.steps} steps, one pass, loss on the answers. ${record.tokens} tokens seen in ${Math.round(record.seconds / 60)} minutes on ${record.machine}, fp32, ${Math.round(record.peakBytes / 1e6)} MB of memory at most.
Trainer: ${record.trainer}; seed ${recipe.seed}.

## Loss

Mean over the answers' tokens since the row before, nats.

| step | loss |
| ---: | ---: |
${points.map(([step, loss]) => `| ${step} | ${loss.toFixed(4)} |`).join('\n')}

## Digests

| what | sha256 |
| --- | --- |
| data (examples.jsonl) | \`${record.data.digest}\` |
| tokenizer.json | \`${record.tokenizer.digest}\` |
| weights after ${record.first.steps} steps, fp32 | \`${record.first.weights}\` |
| model.safetensors | \`${record.weights}\` |

\`npm run base:build\` makes all of it again; \`npm run base:build -- --check\` makes data, tokenizer and the first ${record.first.steps} steps and compares. The same processor
family gives the same bits; another one can round differently and then ends in other weights. \`build.json\` holds the whole loss curve.

## Limits

- It knows the phrases above and nothing else: no conversation, no facts, no reasoning. It does not know which weekday a date is.
- It answers in the form it was asked in; other wordings than "Write … in …." work less well.
- What CLDR lacks or gets wrong, it lacks or gets wrong. Small languages in CLDR are less complete than large ones.
- It is no basis for anything that matters to anyone: it is the smallest honest thing on which a community can be seen to teach.
`
}

function parameterCount(config: HfConfig): number {
  const shape = writeHfConfig(config, 'F16')
  if (shape['tie_word_embeddings'] !== true) throw new Error('The card counts tied embeddings once.')
  const attention = config.hiddenSize * config.headSize * (2 * config.heads + 2 * config.kvHeads)
  const layer = attention + 3 * config.hiddenSize * config.intermediateSize + 2 * config.hiddenSize
  return config.vocabSize * config.hiddenSize + config.layers * layer + config.hiddenSize
}
