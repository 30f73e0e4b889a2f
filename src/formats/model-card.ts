/** The front matter of a model card, as the Hugging Face Hub reads it. Source: huggingface/hub-docs, modelcard.md and its validator. */

import { stringify } from 'yaml'

export interface ModelCardFacts {
  readonly name: string
  /** SPDX expression. */
  readonly licence: string
  /** BCP 47. */
  readonly languages: readonly string[]
  readonly baseModel: string
  readonly relation: 'adapter' | 'finetune' | 'merge' | 'quantized'
  readonly library: 'peft' | 'transformers'
  readonly datasets: readonly string[]
  readonly tags: readonly string[]
  readonly results: readonly ModelCardResult[]
}

export interface ModelCardResult {
  readonly dataset: string
  /** Where the samples are, as the Hub's `type` of a dataset. */
  readonly datasetId: string
  /** Hyphenated; the Hub writes underscores. */
  readonly metric: string
  readonly metricName: string
  readonly value: number
}

/** SPDX identifiers that are the Hub's own, in its spelling; any other licence goes as `other` with its expression. */
const hubLicences = new Set([
  ...['apache-2.0', 'mit', 'bsd-2-clause', 'bsd-3-clause', 'isc', 'unlicense', 'cc0-1.0', 'mpl-2.0', 'zlib', 'ecl-2.0', 'bsl-1.0', 'wtfpl'],
  ...['cc-by-2.0', 'cc-by-2.5', 'cc-by-3.0', 'cc-by-4.0', 'cc-by-sa-3.0', 'cc-by-sa-4.0', 'cc-by-nd-4.0'],
  ...[
    'cc-by-nc-2.0',
    'cc-by-nc-3.0',
    'cc-by-nc-4.0',
    'cc-by-nc-nd-3.0',
    'cc-by-nc-nd-4.0',
    'cc-by-nc-sa-2.0',
    'cc-by-nc-sa-3.0',
    'cc-by-nc-sa-4.0',
  ],
  ...['odc-by', 'odbl', 'pddl', 'ofl-1.1', 'artistic-2.0', 'afl-3.0', 'osl-3.0', 'epl-1.0', 'epl-2.0', 'eupl-1.1'],
])

/** The block between and including the two `---` lines, with a line end. */
export function modelCardFrontMatter(facts: ModelCardFacts): string {
  const licence = hubLicence(facts.licence)
  const body = {
    ...(facts.languages.length > 0 ? { language: facts.languages } : {}),
    ...licence,
    base_model: facts.baseModel,
    base_model_relation: facts.relation,
    library_name: facts.library,
    pipeline_tag: 'text-generation',
    datasets: facts.datasets,
    tags: facts.tags,
    'model-index': [
      {
        name: facts.name,
        results: facts.results.map((result) => ({
          task: { type: 'text-generation', name: 'Text Generation' },
          dataset: { name: result.dataset, type: result.datasetId },
          metrics: [{ type: result.metric.replaceAll('-', '_'), name: result.metricName, value: result.value }],
        })),
      },
    ],
  }
  // The Hub reads YAML 1.1, where a bare `no` is false and not Norwegian.
  return `---\n${stringify(body, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false })}---\n`
}

function hubLicence(expression: string): Record<string, string> {
  const own = expression.toLowerCase()
  return hubLicences.has(own) ? { license: own } : { license: 'other', license_name: expression }
}

/** Text in a cell or line of Markdown: what people write must not become structure. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[\\`*_{}[\]()#|<>!~]/g, '\\$&')
}
