import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { escapeMarkdown, modelCardFrontMatter } from './model-card.ts'

const facts = {
  name: 'marathi/saathi',
  licence: 'Apache-2.0',
  languages: ['mr', 'no'],
  baseModel: 'HuggingFaceTB/SmolLM2-135M',
  relation: 'adapter',
  library: 'peft',
  datasets: ['marathi/saathi'],
  tags: ['lora'],
  results: [{ dataset: 'dates', datasetId: 'marathi/saathi-dates', metric: 'exact-match', metricName: 'Exact match', value: 0.5 }],
} as const

const read = (card: string): Record<string, unknown> => parse(card.replace(/^---\n/, '').replace(/---\n$/, '')) as Record<string, unknown>

test('the front matter says what the Hub asks for', () => {
  const card = modelCardFrontMatter(facts)
  assert.match(card, /^---\n[^]*\n---\n$/)
  assert.deepEqual(read(card), {
    language: ['mr', 'no'],
    license: 'apache-2.0',
    base_model: 'HuggingFaceTB/SmolLM2-135M',
    base_model_relation: 'adapter',
    library_name: 'peft',
    pipeline_tag: 'text-generation',
    datasets: ['marathi/saathi'],
    tags: ['lora'],
    'model-index': [
      {
        name: 'marathi/saathi',
        results: [
          {
            task: { type: 'text-generation', name: 'Text Generation' },
            dataset: { name: 'dates', type: 'marathi/saathi-dates' },
            metrics: [{ type: 'exact_match', name: 'Exact match', value: 0.5 }],
          },
        ],
      },
    ],
  })
})

test('Norwegian stays a language where YAML 1.1 reads a bare no as false', () => {
  assert.match(modelCardFrontMatter(facts), /- "no"\n/)
})

test('a licence the Hub has no word for goes as other, with its expression', () => {
  const card = read(modelCardFrontMatter({ ...facts, licence: 'Apache-2.0 AND CC-BY-NC-4.0' }))
  assert.equal(card['license'], 'other')
  assert.equal(card['license_name'], 'Apache-2.0 AND CC-BY-NC-4.0')
})

test('what people write cannot become structure of a card', () => {
  assert.equal(escapeMarkdown('x | y\n# heading [a](b) <img>'), 'x \\| y \\# heading \\[a\\]\\(b\\) \\<img\\>')
})
