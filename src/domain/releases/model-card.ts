/** The model card of a release: what it is, what it was made from and by whom, how it did, what the licence allows, what it cannot. */

import { escapeMarkdown, modelCardFrontMatter } from '../../formats/model-card.ts'
import { formatChange, formatScore, metricNames } from '../evaluation/comparison.ts'
import { formatRecipe } from '../training/recipe.ts'
import { publicNameOf } from '../training/store-checkpoint.ts'
import type { Candidate } from './candidate.ts'
import { classNames, classTitles, nextClass } from '../lineage/openness.ts'
import { componentRule } from '../lineage/openness-components.ts'
import type { ExampleFacts } from './release-licence.ts'
import type { ReleaseOpenness } from './release-openness.ts'
import type { Changelog, GateReport } from './release.ts'

export interface CardFacts {
  readonly candidate: Candidate
  readonly version: string
  readonly gate: GateReport
  readonly changelog: Changelog
  readonly facts: ExampleFacts
  readonly openness: ReleaseOpenness
  /** What llama.cpp by itself splits otherwise than the model was trained on. */
  readonly splits: readonly string[]
}

/** Markdown. The same release always gives the same text: it holds no date. */
export function writeModelCard({ candidate, version, gate, changelog, facts, openness, splits }: CardFacts): string {
  const { name, model, base, run, checkpoint } = candidate
  const { verdict } = facts
  const frontMatter = modelCardFrontMatter({
    name,
    licence: verdict.expression,
    languages: [...new Set(facts.languages.map((language) => language.split('-')[0]!.toLowerCase()))],
    baseModel: publicNameOf(base),
    relation: 'adapter',
    library: 'peft',
    datasets: [name],
    tags: ['lora', 'commonweights'],
    results: measured(gate).map(({ withBase }) => ({
      dataset: withBase.suite.name,
      datasetId: `${name}-${withBase.suite.name}`,
      metric: withBase.metric,
      metricName: metricNames[withBase.metric],
      value: withBase.subject.score,
    })),
  })
  const sections = [
    `# ${name} ${version}`,
    model.description && escapeMarkdown(model.description),
    `A LoRA adapter over ${escapeMarkdown(publicNameOf(base))} (${base.parameters.toLocaleString('en')} parameters), made by a community from reviewed contributions.`,
    '## Use',
    `\`adapter_model.safetensors\` with \`adapter_config.json\` is a PEFT adapter. \`base.gguf\` with \`adapter.gguf\` is what was evaluated and is served: \`llama-server -m base.gguf --lora adapter.gguf\`.`,
    splits.length > 0 &&
      `llama.cpp by itself splits some texts otherwise than this model was trained and measured on: ${splits.join('; ')}. Programs that read \`tokenizer.huggingface.json\` from the GGUF, or \`tokenizer.json\` of the base, split all as it was trained.`,
    '## Evaluation',
    `Measured on the served files, sample by sample against ${escapeMarkdown(gate.against)}. Intervals are 95 %, paired bootstrap over samples.`,
    scoreTable(gate.against, measured(gate)),
    ...regressionSection(gate),
    '## Licence',
    `**${verdict.summary}** Concluded licence: \`${verdict.expression}\`.`,
    verdict.fix && `What would change it: ${verdict.fix}`,
    verdict.conditions.length > 0 && `Whoever passes it on has to:\n\n${list(verdict.conditions)}`,
    verdict.why.length > 0 && `Why:\n\n${list(cut(verdict.why.map(({ sentence }) => sentence)))}`,
    verdict.notLegalAdvice,
    '## Openness',
    opennessSection(openness),
    '## Where it comes from',
    list([
      `Base: ${base.name}, ${base.licence}, from ${base.source}, \`${base.digest}\``,
      `Dataset: revision ${changelog.dataset.number}, ${run.revision.count.toLocaleString('en')} examples, \`${run.revision.digest}\``,
      `Examples by origin: ${counted(facts.origins)}`,
      ...(facts.generators.length > 0 ? [`Generated with: ${facts.generators.join(', ')}`] : []),
      `Examples by licence: ${counted(facts.licences)}`,
      `Training: run ${run.id}, step ${checkpoint.step}, by ${run.trainer}; examples as trained on \`${run.examples ?? 'unknown'}\``,
      ...(run.averagedFrom === null
        ? []
        : [`Its weights are the mean of ${run.averagedFrom.map((it) => `run ${it.run} (\`${it.digest}\`)`).join(' and ')}`]),
      `Adapter: \`${checkpoint.digest}\``,
    ]),
    changelog.contributions.length > 0 && `## New in ${version}`,
    changelog.contributions.length > 0 && contributionList(changelog),
    changelog.recipe.length > 0 &&
      `Recipe changes: ${changelog.recipe.map(({ key, before, now }) => `${key} ${before ?? 'unset'} → ${now}`).join(', ')}.`,
    charterSection(candidate, gate),
    '## Recipe',
    `\`\`\`yaml\n${formatRecipe(run.recipe)}\`\`\``,
    '## Limits',
    limits(candidate, gate),
  ]
  return `${frontMatter}\n${sections.filter((section) => typeof section === 'string' && section !== '').join('\n\n')}\n`
}

/** Suites that measure how well it generalises: what may have been trained on, and what tests the charter, are reported apart. */
function measured(gate: GateReport): GateReport['suites'] {
  return gate.suites.filter(({ comparison }) => comparison.suite.role === 'measure')
}

/** By the Model Openness Framework; the record of the release says why, component by component. */
function opennessSection(openness: ReleaseOpenness): string {
  const [reached, next] = [openness.class, nextClass(openness)]
  const nameOf = (one: NonNullable<typeof reached>) => `${classNames[one]} (${classTitles[one]})`
  const names = (states: readonly string[]) =>
    openness.components.filter(({ state }) => states.includes(state)).map(({ component }) => componentRule(component).name)
  const [open, other, missing] = [names(['open']), names(['not-open', 'unlicensed']), names(['missing'])]
  return [
    `By the Model Openness Framework: **${reached === null ? 'no class yet' : nameOf(reached)}**. Each component counts as the less open of what the base has and what this release adds.`,
    next &&
      `For ${nameOf(next.class)}, ${next.met} of ${next.of} components are open; it lacks ${next.lacks.map((id) => componentRule(id).name).join(', ')}.`,
    list([
      `Open: ${open.join(', ') || 'none'}`,
      ...(other.length > 0 ? [`There, but not under an open licence: ${other.join(', ')}`] : []),
      ...(missing.length > 0 ? [`Missing: ${missing.join(', ')}`] : []),
    ]),
  ]
    .filter(Boolean)
    .join('\n\n')
}

function regressionSection(gate: GateReport): readonly string[] {
  const suites = gate.suites.filter(({ comparison }) => comparison.suite.role === 'regression')
  if (suites.length === 0) return []
  return [
    '### Regression cases',
    'Answers that people found wrong and corrected. These cases may have been trained on: they show whether old mistakes come back, and nothing of how well it does on what it has not seen.',
    scoreTable(gate.against, suites),
  ]
}

function charterSection({ charter }: Candidate, gate: GateReport): string {
  if (charter.clauses.length === 0) return ''
  const clauses = (gate.charter ?? []).map(({ number, text, state, cases, failed, failing }) => {
    const said = {
      kept: `**kept**: ${cases - failed} of ${cases} cases`,
      broken: `**broken**: ${failed} of ${cases} cases fail`,
      'not-tested': 'not tested: it has no cases',
    }[state]
    const shown = failing.map(
      ({ question, answer, why }) =>
        `  - asked ${inline(question)}, it answers ${answer === '' ? 'nothing' : inline(answer)}. ${escapeMarkdown(why)}`,
    )
    return [`- Clause ${number}: ${inline(text)} — ${said}`, ...shown].join('\n')
  })
  return [
    '## Charter',
    `Revision ${charter.revision}. Kept or broken says what a clause's own cases gave on this release, and nothing beyond them.`,
    clauses.join('\n'),
  ].join('\n\n')
}

/** In one line, and no longer than a reader of a card wants. */
function inline(text: string): string {
  const line = text.replace(/\s+/gu, ' ').trim()
  return escapeMarkdown(line.length > 300 ? `${line.slice(0, 300)}…` : line)
}

function scoreTable(against: string, suites: GateReport['suites']): string {
  const rows = suites.map(({ comparison, withBase, target }) => {
    const { metric, suite, subject } = withBase
    const change = `${formatChange(metric, comparison.difference)} (${formatChange(metric, comparison.interval[0])} to ${formatChange(metric, comparison.interval[1])})`
    return `| ${escapeMarkdown(suite.name)}${target ? ' (target)' : ''} | ${metricNames[metric]} | ${formatScore(metric, withBase.baseline.score)} | ${formatScore(metric, subject.score)} | ${change} | ${formatChange(metric, comparison.smallestDetectable).slice(1)} | ${comparison.samples} |`
  })
  return [
    `| Suite | Metric | Base | This release | Change against ${escapeMarkdown(against)} | Smallest change it would show | Samples |`,
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

function contributionList(changelog: Changelog): string {
  return list(
    changelog.contributions.map(({ id, author, message, added, replaced, removed, cases, clauses, reviewers }) => {
      const examples = [added && `${added} added`, replaced && `${replaced} replaced`, removed && `${removed} removed`]
      const tests = [cases && `${cases} regression cases`, clauses && `${clauses} clauses of the charter`]
      const changes = [...examples, ...tests].filter(Boolean).join(', ')
      return `Contribution ${id} by ${escapeMarkdown(author)}: ${escapeMarkdown(message)} (${changes || 'no examples'}; reviewed by ${reviewers.map(escapeMarkdown).join(', ') || 'nobody'})`
    }),
  )
}

function limits({ base, run }: Candidate, gate: GateReport): string {
  const length = Math.min(run.recipe.maxLength, base.config.contextLength)
  const cut = run.progress.plan?.cut ?? 0
  return list([
    `It knows what its base knows and what the examples teach. The suites above are all that was measured; nothing is claimed beyond them.`,
    `It was trained on texts of at most ${length} tokens${cut > 0 ? `, and ${cut} examples were cut to that` : ''}.`,
    `It was not tested for safety, bias or personal data beyond the reviews of its contributions.`,
    ...measured(gate)
      .filter(({ comparison }) => comparison.verdict !== 'better')
      .map(
        ({ name, comparison }) =>
          `On ${name}, ${comparison.samples} samples cannot show a change below ${formatChange(comparison.metric, comparison.smallestDetectable).slice(1)}.`,
      ),
  ])
}

function counted(counts: readonly (readonly [string, number])[]): string {
  return counts.map(([what, count]) => `${what} ${count.toLocaleString('en')}`).join(', ')
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n')
}

/** A card is read by people; the whole reasoning is in the release's record. */
function cut(lines: readonly string[]): readonly string[] {
  return lines.length <= 30 ? lines : [...lines.slice(0, 30), `and ${lines.length - 30} more, in the record of this release`]
}
