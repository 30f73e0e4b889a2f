/** preview: what a proposal does to the model, before anyone decides on it. */

import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { Answers } from '../../http/api/schemas.ts'
import type { Client } from '../../http/client.ts'
import { action, examples, wholeNumber } from '../command.ts'
import { duration, table, type Output } from '../output.ts'
import { score } from './evaluation.ts'

type Preview = Answers['preview']
type Report = Answers['previewReport']
type Suite = Report['suites'][number]
type Changed = Suite['answers']['list'][number]

const pathOf = (contribution: string) => `/api/contributions/${wholeNumber('The contribution')(contribution)}/preview`

export function previewCommands(program: Command): void {
  const preview = program
    .command('preview')
    .argument('[contribution]', 'its id')
    .description('build a proposal before it is merged, and see which answers change; Ctrl-C cancels it cleanly')
    .addHelpText('after', examples(['preview 3', 'preview show 3', 'preview cancel 3']))
    .action(
      action(
        async ({ client, output, signal }, contribution: string | undefined) => {
          if (contribution === undefined) throw new AppError('invalid', 'Name a contribution: preview 3.')
          const path = pathOf(contribution)
          const asked = await client.post<Preview>(path)
          await follow(client, output, path, asked, signal)
          output.result(await client.get<Report>(path), describe)
        },
        { works: true },
      ),
    )

  preview
    .command('show <contribution>')
    .description('what its newest preview found out: scores, changed answers, what got worse, cost')
    .option('--answers <n>', 'changed answers of each suite to show', wholeNumber('--answers'), 20)
    .addHelpText('after', examples(['preview show 3', 'preview show 3 --answers 100']))
    .action(
      action(async ({ client, output }, contribution: string, options: { answers: number }) => {
        output.result(await client.get<Report>(pathOf(contribution)), (report) => describe(report, options.answers))
      }),
    )

  preview
    .command('cancel <contribution>')
    .description('stop its preview')
    .addHelpText('after', examples(['preview cancel 3']))
    .action(
      action(async ({ client, output }, contribution: string) => {
        const stopped = await client.post<Preview>(`${pathOf(contribution)}/cancel`)
        output.result(stopped, (it) => `The preview of contribution ${it.contributionId} is ${it.state}.`)
      }),
    )
}

/** Shows a preview until it ends, and what is known as soon as its first build is. Ctrl-C cancels it. */
async function follow(client: Client, output: Output, path: string, asked: Preview, signal: AbortSignal): Promise<void> {
  const cancel = () => void client.post(`${path}/cancel`).catch(() => {})
  signal.addEventListener('abort', cancel, { once: true })
  let last = asked
  let said = asked.build.state === 'finished'
  try {
    for await (const { data } of client.events(`${path}/events`)) {
      last = data as Preview
      progress(output, last)
      if (said || last.control === null || last.build.state !== 'finished' || last.state !== 'running') continue
      said = true
      for (const { suite, metric, baseline, subject } of last.build.comparisons ?? [])
        output.note(
          `   ${suite.name}: ${score(metric, baseline.score)} → ${score(metric, subject.score)} with the proposal; now without it`,
        )
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    output.endProgress()
  }
  if (last.state === 'failed') throw new AppError('conflict', last.error ?? 'The preview failed.')
  if (last.state === 'cancelled')
    throw new AppError('conflict', `The preview was cancelled; "preview ${last.contributionId}" begins another.`)
}

function progress(output: Output, { build, control, state }: Preview): void {
  if (state !== 'running') return
  const builds = control === null ? [build] : [build, control]
  const current = builds.find((it) => it.state === 'running')
  if (!current) return
  const { step, steps, secondsLeft } = current.run.progress
  const what = current === build ? 'with the proposal' : 'without it'
  const share = steps === null ? 0 : current.run.state === 'finished' ? 1 : step / steps
  const left = secondsLeft === null || share === 1 ? '' : `, ${duration(secondsLeft)} left of training`
  const done = builds.filter((it) => it.state === 'finished').length
  output.progress((done + 0.8 * share) / builds.length, `${what}: ${share === 1 ? 'evaluating' : `step ${step} of ${steps ?? '?'}`}${left}`)
}

function describe(report: Report, most = 10): string {
  const { preview, stale, summary, suites, ownCases } = report
  return [
    `Preview of contribution ${preview.contributionId}, round ${preview.round}: ${preview.state}${preview.error === null ? '' : `: ${preview.error}`}`,
    ...stale.map(({ sentence }) => `STALE: ${sentence}`),
    ...summary,
    ...[...suites, ...(ownCases ? [ownCases] : [])].flatMap((suite) => answersOf(suite, most)),
    costLine(report),
  ].join('\n')
}

function answersOf({ against, answers }: Suite, most: number): string[] {
  const groups: readonly (readonly [string, Changed['cause']])[] = [
    ['changes with the proposal alone', 'proposal'],
    ['changes, not compared with a control', null],
    ['changes that the same training makes without it too', 'steps'],
  ]
  return groups.flatMap(([title, cause]) => {
    const rows = answers.list.filter((it) => it.cause === cause)
    if (rows.length === 0) return []
    const more = rows.length > most ? [`  … and ${rows.length - most} more; --json lists them`] : []
    const cells = rows
      .slice(0, most)
      .map((it) => [`  ${it.change}`, short(it.asked), given(it.before), given(it.after), short(it.expected ?? '')])
    return ['', `${against.suite.name}: ${title}`, table(['', 'asked', 'before', 'after', 'right'], cells), ...more]
  })
}

function given(it: Changed['before']): string {
  return it.kind === 'text' ? `${it.bitsPerByte.toFixed(3)} bits/byte` : `${it.right ? '✓' : '✗'} ${short(it.text)}`
}

/** One line of a terminal beside three others; a model's answer may hold anything. */
function short(text: string): string {
  const line = text.replaceAll('\n', ' ⏎ ').replaceAll(/\p{Cc}/gu, '·')
  return line.length > 48 ? `${line.slice(0, 47)}…` : line
}

function costLine({ cost }: Report): string {
  const part = (name: string, it: Report['cost']['build'] | null) =>
    it === null || it.training === null
      ? []
      : [
          `${name} ${duration(it.training)} of training${it.evaluation === null ? '' : ` and ${duration(it.evaluation)} of evaluation`}${it.reused ? ' (done before)' : ''}`,
        ]
  const parts = [...part('with the proposal', cost.build), ...part('without it', cost.control)]
  return [`\nCost: ${parts.join('; ') || 'nothing yet'}`, ...(cost.total === null ? [] : [`ready after ${duration(cost.total)}`])].join(
    '; ',
  )
}
