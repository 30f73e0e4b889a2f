/** recipe, trace and study: what the trainer finds out without making weights. */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { Answers } from '../../http/api/schemas.ts'
import type { StudyAnswers } from '../../http/api/study-schemas.ts'
import type { Client } from '../../http/client.ts'
import { action, decimal, examples, wholeNumber } from '../command.ts'
import { table, type Output } from '../output.ts'

type Study = StudyAnswers['study']
type RateStudy = StudyAnswers['rateStudy']
type TraceStudy = StudyAnswers['traceStudy']

export function studyCommands(program: Command): void {
  recipeCommands(program)
  traceCommand(program)
  const study = program.command('study').description('what the trainer found out without making weights: learning rates, traces')

  study
    .command('list <owner/name>')
    .description('studies of a community model, newest first')
    .addHelpText('after', examples(['study list marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string) => {
        const studies = await client.get<Study[]>(`/api/models/${name}/studies`)
        output.result(studies, (all) =>
          all.length
            ? table(
                ['study', 'of', 'state', 'revision', 'run', 'found', 'asked'],
                all.map((it) => [
                  String(it.id),
                  it.kind === 'rate' ? 'learning rate' : 'trace',
                  it.state,
                  String(it.revision.number),
                  it.runId === null ? '' : String(it.runId),
                  foundIn(it),
                  it.createdAt.slice(0, 16).replace('T', ' '),
                ]),
              )
            : 'Nothing was studied yet: recipe find-rate <owner/name>, or trace <owner/name> --answer "…"',
        )
      }),
    )

  study
    .command('show <id>')
    .description('one study: what was asked and what was found')
    .addHelpText('after', examples(['study show 1']))
    .action(
      action(async ({ client, output }, id: string) => {
        output.result(await client.get<Study>(`/api/studies/${wholeNumber('The study')(id)}`), describe)
      }),
    )

  study
    .command('cancel <id>')
    .description('stop a study')
    .addHelpText('after', examples(['study cancel 1']))
    .action(
      action(async ({ client, output }, id: string) => {
        output.result(await client.post<Study>(`/api/studies/${wholeNumber('The study')(id)}/cancel`), describe)
      }),
    )
}

function recipeCommands(program: Command): void {
  const recipe = program.command('recipe').description('what a community model is trained by')

  recipe
    .command('find-rate <owner/name>')
    .description('look for a learning rate, by a short run whose rate grows; it writes no weights, Ctrl-C cancels it')
    .option('--recipe <file.yaml>', "what differs from the model's recipe")
    .option('--from <rate>', 'the first rate (default 1e-6)', decimal('--from'))
    .option('--to <rate>', 'the last rate (default 1)', decimal('--to'))
    .option('--steps <n>', '20 to 1000 (default 100)', wholeNumber('--steps'))
    .addHelpText('after', examples(['recipe find-rate marathi/saathi', 'recipe find-rate marathi/saathi --to 0.1 --steps 200']))
    .action(
      action(
        async ({ client, output, signal }, name: string, options: { recipe?: string; from?: number; to?: number; steps?: number }) => {
          const { recipe: file, ...search } = options
          const said =
            file === undefined
              ? {}
              : {
                  recipe: await readFile(resolve(file), 'utf8').catch((cause: unknown) => {
                    throw new AppError('not-found', `There is no recipe file ${file}.`, { cause })
                  }),
                }
          const asked = await client.post<Study>(`/api/models/${name}/rate-searches`, { ...search, ...said })
          output.result(await follow(client, output, asked, signal), describe)
        },
        { works: true },
      ),
    )

  recipe
    .command('take-rate <study>')
    .description('put the learning rate that a study suggests into the recipe of its community model')
    .option('--message <text>', 'why; everybody in the community can read it')
    .addHelpText('after', examples(['recipe take-rate 1', 'recipe take-rate 1 --message "Smaller steps after the base changed"']))
    .action(
      action(async ({ client, output }, id: string, options: { message?: string }) => {
        const changed = await client.post<Answers['communityModel']>(`/api/studies/${wholeNumber('The study')(id)}/take-rate`, options)
        output.result(
          changed,
          ({ owner, name, recipe: now }) => `The recipe of ${owner}/${name} is now:\n${now.trimEnd()}\nNext: train ${owner}/${name}`,
        )
      }),
    )
}

function traceCommand(program: Command): void {
  program
    .command('trace <owner/name[@version]>')
    .description('which training examples pulled towards an answer, and which pushed away; it asks each of them, Ctrl-C cancels it')
    .requiredOption('--answer <text>', 'the answer; without a question, a text by itself. Kept where everybody can read it')
    .option('--question <text>', 'what it answers')
    .option('--run <id>', 'a finished run instead of a release or the newest', wholeNumber('--run'))
    .option('--keep <n>', 'examples to keep on each side, 1 to 200 (default 20)', wholeNumber('--keep'))
    .addHelpText(
      'after',
      examples([
        'trace marathi/saathi@0.1.0 --question "28 hours in Marathi" --answer "२८ तास"',
        'trace marathi/saathi --run 3 --answer "नदी गावाजवळ वाहते."',
      ]),
    )
    .action(
      action(
        async (
          { client, output, signal },
          subject: string,
          options: { answer: string; question?: string; run?: number; keep?: number },
        ) => {
          const [name, release] = subject.split('@')
          const asked = await client.post<Study>(`/api/models/${name}/traces`, { ...options, ...(release !== undefined && { release }) })
          output.result(await follow(client, output, asked, signal), describe)
        },
        { works: true },
      ),
    )
}

/** Shows a study until it ends. Ctrl-C cancels it. */
async function follow(client: Client, output: Output, asked: Study, signal: AbortSignal): Promise<Study> {
  const cancel = () => void client.post(`/api/studies/${asked.id}/cancel`).catch(() => {})
  signal.addEventListener('abort', cancel, { once: true })
  let last = asked
  try {
    for await (const { data } of client.events(`/api/studies/${asked.id}/events`)) {
      last = data as Study
      const { done, of } = last.progress
      if (last.state === 'running' && of !== null)
        output.progress(done / of, last.kind === 'rate' ? `step ${done} of ${of}` : `${done} of ${of} examples asked`)
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    output.endProgress()
  }
  if (last.state === 'failed') throw new AppError('conflict', last.error ?? `Study ${last.id} failed.`)
  if (last.state === 'cancelled') throw new AppError('conflict', `Study ${last.id} was cancelled.`)
  return last
}

function foundIn(study: Study): string {
  if (study.result === null) return ''
  if (study.kind === 'rate') return study.result.suggested === null ? 'nothing' : String(study.result.suggested)
  return `${study.result.towards} of ${study.result.examples} pull`
}

function describe(study: Study): string {
  const { id, model, revision, state, progress, sentences, error } = study
  const what = study.kind === 'rate' ? 'learning rate' : `trace in run ${study.runId}`
  const heading = `Study ${id} of ${model}, ${what}, revision ${revision.number}: ${state}`
  if (study.result === null)
    return [heading, `${progress.done} of ${progress.of ?? '?'} done.`, ...(error === null ? [] : [error])].join('\n')
  return [heading, '', ...sentences, '', study.kind === 'rate' ? curve(study) : strongest(study)].join('\n')
}

const lines = 20
const width = 40

/** The smoothed loss over the rate, as a picture of some twenty lines. */
function curve({ result }: RateStudy): string {
  const steps = result?.steps ?? []
  const shown = steps.filter((_, i) => i === steps.length - 1 || i % Math.max(1, Math.ceil(steps.length / lines)) === 0)
  const losses = shown.map(({ smooth }) => smooth)
  const [low, high] = [Math.min(...losses), Math.max(...losses)]
  const bar = (loss: number) => '#'.repeat(Math.max(1, Math.round(high === low ? width : ((loss - low) / (high - low)) * width)))
  return table(
    ['rate', 'loss', ''],
    shown.map(({ rate, smooth }) => [rate.toExponential(1), smooth.toFixed(3), bar(smooth)]),
  )
}

function strongest({ model, result }: TraceStudy): string {
  const side = (heading: string, all: NonNullable<TraceStudy['result']>['pull']) =>
    all.length === 0
      ? []
      : [
          heading,
          table(
            ['strength', 'contribution', 'example', ''],
            all.map(({ strength, contribution, digest, content }) => [
              strength.toFixed(3),
              contribution === null ? '' : String(contribution),
              digest.slice(0, 'sha256:'.length + 12),
              wordsOf(content),
            ]),
          ),
        ]
  return [
    ...side('Pull towards it:', result!.pull),
    ...side('Push away:', result!.push),
    `Who taught one: dataset blame ${model} <digest>; --json has whole digests and the links to their pages.`,
  ].join('\n')
}

function wordsOf(content: TraceStudyContent): string {
  const text =
    'messages' in content
      ? content.messages.map((turn) => turn.content).join(' → ')
      : 'completion' in content
        ? `${content.prompt} → ${content.completion}`
        : 'chosen' in content
          ? `${content.prompt} → ${content.chosen}`
          : content.text
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 80 ? `${line.slice(0, 79)}…` : line
}

type TraceStudyContent = NonNullable<TraceStudy['result']>['pull'][number]['content']
