/** What the demo plays: the whole loop on one machine, in words a newcomer understands. Everything goes through the same API as everybody's commands. */

import { baseOpenness } from '../../../examples/base/openness.ts'
import { communityFor, type Community } from '../../../examples/community/community.ts'
import { communityRecipe } from '../../../examples/community/recipe.ts'
import { sabotagedCommunityFor, type SabotagedCommunity } from '../../../examples/community/sabotage.ts'
import { scheduledLanguages } from '../../../examples/languages.ts'
import { AppError } from '../../errors.ts'
import type { Answers } from '../../http/api/schemas.ts'
import { Client } from '../../http/client.ts'
import { bytes, duration, type Output } from '../output.ts'
import { forBrowsers } from '../for-browsers.ts'
import { firstActRecipe, sabotagedRecipe, secondAct, type SecondAct } from './demo-sabotage.ts'
import { leaveAlive, waysIn, type WaysIn } from './demo-living.ts'
import { clientOf, contribute, JSONL, lines, numbered, recipeFile } from './demo-steps.ts'
import { evaluateAndWait, score } from './evaluation.ts'
import { followRun } from './run.ts'
import type { RunningServer } from './server.ts'

const BASE = 'bundled'
const VERSION = '0.1.0'
const baseFolder = new URL('../../../examples/base/model/', import.meta.url)

export interface DemoResult {
  readonly language: string
  readonly model: string
  readonly release: string
  readonly examples: number
  readonly base: number
  readonly score: number
  readonly interval: readonly [number, number]
  readonly samples: number
  readonly trainingSeconds: number
  readonly peakBytes: number
  readonly seconds: number
  readonly url: string | null
  readonly answers: readonly { readonly question: string; readonly before: string; readonly after: string; readonly expected: string }[]
  readonly licence: Answers['release']['licence']
  readonly home: string
  /** With --sabotage: the train after the first release. */
  readonly sabotage: SecondAct | null
  /** Links that sign in as people of the community, each once and for ten minutes; null with --once. */
  readonly waysIn: WaysIn | null
}

/** Two communities for one language: the one of the first act, and where there is a second, the one that is deceived. Throws `invalid` for a language the demo does not teach. */
export function actsFor(tag: string, sabotage: boolean): SabotagedCommunity | { readonly first: Community } {
  if (!scheduledLanguages.some((it) => it.tag === tag))
    throw new AppError(
      'invalid',
      `${JSON.stringify(tag)} is not one of the 22 languages the demo teaches: ${scheduledLanguages.map((it) => `${it.tag} (${it.name})`).join(', ')}.`,
    )
  if (!sabotage) return { first: communityFor(tag) }
  try {
    return sabotagedCommunityFor(tag)
  } catch (cause) {
    throw new AppError('invalid', (cause as Error).message, { cause })
  }
}

export async function runDemo(
  server: RunningServer,
  output: Output,
  acts: SabotagedCommunity | { readonly first: Community },
  home: string,
  signal: AbortSignal,
  once: boolean,
): Promise<DemoResult> {
  const community = acts.first
  const began = performance.now()
  const operator = new Client(fetch, server.url, server.operatorKey)
  const { model, language } = community
  const heading = numbered(output)

  heading(`A base model. It was pretrained by this project's own trainer and has seen no ${language.name} sentence.`)
  const base = await operator.post<Answers['baseModel']>('/api/bases', {
    folder: decodeURIComponent(baseFolder.pathname),
    name: BASE,
    licence: 'Apache-2.0',
    source: 'made by this project from CLDR data; see examples/base',
  })
  await operator.post(`/api/bases/${BASE}/openness`, baseOpenness)
  output.note(
    `   ${(base.parameters / 1e6).toFixed(1)} million parameters, licence ${base.licence}, checked and stored as ${base.digest.slice(0, 19)}…`,
  )

  heading(`A community: ${community.people.map((it) => it.fullName).join(', ')}.`)
  const people = new Map<string, Client>()
  for (const { name, role } of community.people) {
    const { token } = await operator.post<Answers['personWithToken']>('/api/people', { name, role })
    people.set(name, new Client(fetch, server.url, token))
  }
  const maintainer = clientOf(people, community, 'maintainer')
  const reviewer = clientOf(people, community, 'reviewer')
  await maintainer.post('/api/models', {
    name: model,
    base: BASE,
    description: `Everyday dates, durations and quantities in ${language.name}`,
    charter: community.charter,
    recipe: recipeFile('later' in acts ? sabotagedRecipe : communityRecipe),
  })
  output.note(`   Together they improve ${model}. Their charter: ${community.charter.join(' ')}`)

  heading('A test that the model must pass, of questions nobody may teach.')
  const { suite } = community
  await maintainer.upload(
    `/api/models/${model}/suites`,
    { name: suite.name, kind: suite.kind, licence: 'Unicode-3.0', source: 'CLDR, through Intl' },
    lines(suite.samples),
    JSONL,
  )
  output.note(`   ${suite.samples.length} questions, e.g. "${suite.samples[0]?.messages[0].content}" → ${suite.samples[0]?.expected}`)
  for (const gap of community.gaps) output.note(`   (${gap}; what is missing is neither taught nor asked.)`)

  heading('Contributions, checked by the machine and reviewed by a person.')
  for (const contribution of community.contributions) await contribute(output, community, people, reviewer, contribution)
  const [revision] = await operator.get<Answers['datasetRevision'][]>(`/api/models/${model}/dataset`)
  if (!revision) throw new AppError('conflict', 'No contribution was accepted.')
  output.note(`   Dataset revision ${revision.number}: ${revision.count} examples, ${revision.digest.slice(0, 19)}…`)

  heading('Training an adapter on them, on this machine’s processor.')
  const started = await maintainer.post<Answers['trainingRun']>(
    `/api/models/${model}/runs`,
    'later' in acts ? { recipe: firstActRecipe } : {},
  )
  const run = await followRun(maintainer, output, started, signal)
  const trained = run.progress.result
  if (trained)
    output.note(
      `   ${run.progress.step} steps in ${duration(trained.seconds)}, loss ${trained.loss.toFixed(3)}, ${bytes(trained.peakBytes)} of memory at most.`,
    )

  heading('The same questions for the base and for the trained model, each as it would be served.')
  const { evaluations, gate } = await evaluateAndWait(maintainer, output, model, {}, signal)
  const measured = gate.suites[0]
  if (!measured) throw new AppError('conflict', 'Nothing was measured.')
  const { comparison } = measured
  output.note(
    `   base ${score(comparison.metric, comparison.baseline.score)} → trained ${score(comparison.metric, comparison.subject.score)} of ${comparison.samples} right; the difference lies between ${percent(comparison.interval[0])} and ${percent(comparison.interval[1])} points (95 %).`,
  )

  heading(`Release ${VERSION}. ${gate.passed ? 'The gate holds' : 'The gate does not hold'}: ${measured.reason}`)
  const release = await maintainer.post<Answers['release']>(`/api/models/${model}/releases`, { version: VERSION })
  const answers = await beforeAndAfter(operator, community, evaluations)
  const living = { operator, people, community, version: VERSION }
  const sabotage = 'later' in acts ? await secondAct({ output, heading, people, maintainer, reviewer, signal }, acts) : null
  if (!once) await leaveAlive(living)
  return {
    language: language.tag,
    model,
    release: sabotage?.release ?? release.version,
    examples: revision.count,
    base: comparison.baseline.score,
    score: comparison.subject.score,
    interval: comparison.interval,
    samples: comparison.samples,
    trainingSeconds: trained?.seconds ?? 0,
    peakBytes: trained?.peakBytes ?? 0,
    seconds: (performance.now() - began) / 1000,
    url: server.url,
    answers,
    licence: release.licence,
    home,
    sabotage,
    waysIn: once ? null : await waysIn(living),
  }
}

interface ExactResult {
  readonly index: number
  readonly answer: string
  readonly right: boolean
}

/** A few questions with both answers, as the evaluation recorded them: first those that changed from wrong to right. */
async function beforeAndAfter(
  client: Client,
  { suite }: Community,
  evaluations: Awaited<ReturnType<typeof evaluateAndWait>>['evaluations'],
) {
  const resultsOf = (evaluation: Answers['evaluation'] | undefined) =>
    client.get<ExactResult[]>(`/api/evaluations/${evaluation?.id}/samples`)
  const [before, after] = [await resultsOf(evaluations.base[0]), await resultsOf(evaluations.subject[0])]
  const wrong = after.filter((it) => !it.right).slice(0, 1)
  return [...after.filter((it) => it.right && !before[it.index]?.right).slice(0, 4), ...wrong].map(({ index, answer }) => {
    const sample = suite.samples[index] as Community['suite']['samples'][number]
    return { question: sample.messages[0].content, before: before[index]?.answer ?? '', after: answer, expected: sample.expected }
  })
}

export function farewell(result: DemoResult): string {
  return [
    '',
    'Before and after, on questions that were never taught:',
    ...result.answers.map(
      (it) =>
        `  ${it.question}\n     base:    ${oneLine(it.before)}\n     release: ${oneLine(it.after)}${it.after === it.expected ? '' : `   (wrong; right is ${it.expected})`}`,
    ),
    '',
    `${result.model} ${result.release}: ${(result.base * 100).toFixed(1)} % → ${(result.score * 100).toFixed(1)} % right, in ${duration(result.seconds)}.`,
    `Licence: ${result.licence.expression}. ${result.licence.summary} ${result.licence.notLegalAdvice}`,
    `Everything is in ${result.home}. As files for other tools: npm run -s cw -- --home ${result.home} export ${result.model}@${result.release} ./${result.model.split('/')[1]} --format peft`,
    '',
  ].join('\n')
}

export function serving({ model, home, answers, waysIn: links }: DemoResult, url: string): string {
  const question = answers[0]?.question ?? 'Hello'
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: question }], temperature: 0 })
  const ways = links
    ? [
        `The community lives on at ${forBrowsers(url)}/models/${model} until you press Ctrl-C: two proposals wait for a review, a clause is proposed, an answer is wrong.`,
        '',
        `  sign in as Farah, who reviews:     ${links.reviewer}`,
        `  sign in as Joseph, who maintains:  ${links.maintainer}`,
        `  (each link once, for ten minutes; more: npm run -s cw -- --home ${home} person link farah)`,
        '',
      ]
    : []
  return [
    ...ways,
    `It answers at ${url}/v1. In another terminal:`,
    '',
    `  curl ${url}/v1/chat/completions -H 'content-type: application/json' -d '${body.replaceAll("'", "'\\''")}'`,
    `  curl ${url}/v1/models`,
    `  curl ${url}/api/models/${model}`,
    '',
  ].join('\n')
}

const percent = (share: number) => (share * 100).toFixed(1)
const oneLine = (text: string) => (text === '' ? '(nothing)' : text.replaceAll('\n', ' ⏎ '))
