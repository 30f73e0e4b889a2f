/** release-train: a community's rhythm, its departures, and what they came to. */

import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { TrainAnswers } from '../../http/api/release-trains.ts'
import type { Client } from '../../http/client.ts'
import { action, examples, wholeNumber } from '../command.ts'
import { duration, table } from '../output.ts'
import { comparisonLine, describeGate } from './evaluation.ts'

export type Train = TrainAnswers['train']
type Schedule = TrainAnswers['schedule']

interface SetOptions {
  readonly every?: string
  readonly after?: number
  readonly byHand?: boolean
  readonly publish?: string
  readonly builds?: number
}

export function releaseTrainCommands(program: Command): void {
  const command = program
    .command('release-train')
    .description('releases in a rhythm: train, evaluate, gate, propose; and what broke a gate')

  command
    .command('set <owner/name>')
    .description('when a train leaves, and whether it may publish by itself; every change stays on record')
    .option('--every <day>', 'as this day begins, UTC, e.g. monday')
    .option('--after <n>', 'after so many accepted examples', wholeNumber('--after'))
    .option('--by-hand', 'when somebody starts it')
    .option('--publish <yes|no>', 'publish what passes its gate with everybody aboard, or propose it')
    .option('--builds <n>', 'builds that the search for what broke a gate may take', wholeNumber('--builds'))
    .addHelpText(
      'after',
      examples([
        'release-train set marathi/saathi --every monday',
        'release-train set marathi/saathi --after 50 --publish yes',
        'release-train set marathi/saathi --by-hand',
      ]),
    )
    .action(
      action(async ({ client, output }, name: string, options: SetOptions) => {
        output.result(await client.post<Schedule>(`/api/models/${name}/train-schedule`, settingsOf(options)), describeRhythm)
      }),
    )

  command
    .command('show <owner/name|id>')
    .description('the rhythm of a community and its newest train, or one train with who is aboard and what was found')
    .addHelpText('after', examples(['release-train show marathi/saathi', 'release-train show 3']))
    .action(
      action(async ({ client, output }, subject: string) => {
        if (/^\d+$/.test(subject)) return output.result(await client.get<Train>(`/api/trains/${subject}`), describeTrain)
        const schedule = await client.get<Schedule>(`/api/models/${subject}/train-schedule`)
        const [newest] = await client.get<Train[]>(`/api/models/${subject}/trains`, { limit: 1 })
        output.result({ schedule, train: newest ?? null }, ({ schedule, train }) =>
          [describeRhythm(schedule), train ? describeTrain(train) : 'No train has left yet.'].join('\n\n'),
        )
      }),
    )

  command
    .command('start <owner/name>')
    .description('let a train leave now and follow it; Ctrl-C stops watching, the train goes on where a server runs')
    .addHelpText('after', examples(['release-train start marathi/saathi']))
    .action(
      action(
        async ({ client, output, signal }, name: string) => {
          const started = await client.post<Train>(`/api/models/${name}/trains`)
          output.result(await followTrain(client, started.id, (line) => output.note(line), signal), describeTrain)
        },
        { works: true },
      ),
    )

  command
    .command('list <owner/name>')
    .description('trains, newest first')
    .addHelpText('after', examples(['release-train list marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string) => {
        const trains = await client.get<Train[]>(`/api/models/${name}/trains`)
        output.result(trains, (all) =>
          all.length
            ? table(
                ['id', 'train', 'state', 'left', 'aboard', 'left out', 'release'],
                all.map((it) => [
                  String(it.id),
                  String(it.number),
                  it.state === 'running' ? it.stage : it.state,
                  it.createdAt.slice(0, 16).replace('T', ' '),
                  String(it.passengers.length - it.leftOut.length),
                  it.leftOut.join(', '),
                  it.release ?? '',
                ]),
              )
            : 'No train has left yet.',
        )
      }),
    )

  command
    .command('cancel <id>')
    .description('stop a train, or turn down what it proposes')
    .addHelpText('after', examples(['release-train cancel 3']))
    .action(
      action(async ({ client, output }, id: string) => {
        output.result(await client.post<Train>(`/api/trains/${wholeNumber('The train')(id)}/cancel`), describeTrain)
      }),
    )

  command
    .command('publish <id>')
    .description('publish what a train proposes; where contributions are left out, this accepts taking them back')
    .addHelpText('after', examples(['release-train publish 3']))
    .action(
      action(async ({ client, output }, id: string) => {
        output.result(await client.post<Train>(`/api/trains/${wholeNumber('The train')(id)}/publish`), describeTrain)
      }),
    )
}

function settingsOf({ every, after, byHand, publish, builds }: SetOptions) {
  if ([every, after, byHand].filter((it) => it !== undefined).length > 1)
    throw new AppError('invalid', 'Choose one rhythm: --every, --after or --by-hand.')
  if (publish !== undefined && publish !== 'yes' && publish !== 'no')
    throw new AppError('invalid', `--publish is yes or no, not ${JSON.stringify(publish)}.`)
  const rhythm =
    every !== undefined
      ? { kind: 'weekly', day: every.toLowerCase() }
      : after !== undefined
        ? { kind: 'after', examples: after }
        : byHand
          ? { kind: 'by-hand' }
          : undefined
  const settings = { rhythm, publish: publish === undefined ? undefined : publish === 'yes', builds }
  if (Object.values(settings).every((it) => it === undefined))
    throw new AppError('invalid', 'Say what to change: --every <day>, --after <n>, --by-hand, --publish yes or --builds <n>.')
  return settings
}

/** Tells each line of a train until it waits for somebody or has ended. */
export async function followTrain(client: Client, id: number, tell: (line: string) => void, signal: AbortSignal): Promise<Train> {
  for await (const { data } of client.events(`/api/trains/${id}/events`, { signal })) tell((data as Train).statusLine)
  return client.get<Train>(`/api/trains/${id}`)
}

function describeRhythm({ sentence, history }: Schedule): string {
  const [newest] = history
  return newest ? `${sentence} Set by ${newest.by} on ${newest.createdAt.slice(0, 10)}.` : `${sentence} Nobody has set anything else.`
}

function describeTrain(train: Train): string {
  const gate = train.firstGate ?? train.gate
  const aboard = train.passengers.map((it) => [
    String(it.id),
    it.author,
    String(it.examples),
    train.leftOut.includes(it.id) ? 'left out' : '',
    it.message.split('\n')[0] ?? '',
  ])
  return [
    train.statusLine,
    `It left because ${train.reason}.`,
    ...(train.outcome === null ? [] : [train.outcome]),
    table(['contribution', 'author', 'examples', '', 'message'], aboard),
    ...(gate ? [`${train.firstGate ? 'The gate with everybody aboard' : 'The gate'}:\n${describeGate(gate)}`] : []),
    ...(train.trials.length === 0 ? [] : [describeTrials(train)]),
    ...(train.firstGate && train.gate && train.leftOut.length ? [`Without ${train.leftOut.join(', ')}:\n${describeGate(train.gate)}`] : []),
    ...train.letters.map((it) => `To ${it.author}:\n${it.text}`),
    ...(train.state === 'proposed' ? [`A maintainer decides: release-train publish ${train.id}, or release-train cancel ${train.id}`] : []),
  ].join('\n')
}

function describeTrials({ trials }: Train): string {
  const lines = trials.map((it) => {
    const who = it.contributions.length ? it.contributions.join(', ') : 'nobody (the control)'
    const worst = [...it.comparisons].sort((a, b) => a.difference - b.difference)[0]
    const measured = worst ? `: ${worst.suite.name} ${comparisonLine(worst, 'the control')}` : ''
    return `  with ${who}${it.draw === 1 ? ' once more, in another order' : ''}: ${it.verdict ?? 'built'}${measured}`
  })
  return [`Tried, in ${duration(trials.reduce((sum, it) => sum + it.seconds, 0))}:`, ...lines].join('\n')
}
