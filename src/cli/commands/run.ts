/** train and run: training, as it happens and afterwards. */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Answers } from '../../http/api/schemas.ts'
import type { Client } from '../../http/client.ts'
import { action, examples, wholeNumber } from '../command.ts'
import { AppError } from '../../errors.ts'
import { bytes, duration, table, type Output } from '../output.ts'

type Run = Answers['trainingRun']

interface RunUpdate {
  readonly run: Run
  readonly steps: Answers['runStep'][]
}

export function runCommands(program: Command): void {
  program
    .command('train <owner/name>')
    .description('train an adapter on the newest dataset revision; Ctrl-C cancels it cleanly')
    .option('--recipe <file.yaml>', "what differs from the model's recipe")
    .option('--again', 'train even if the same run is there already')
    .addHelpText('after', examples(['train marathi/saathi', 'train marathi/saathi --recipe longer.yaml']))
    .action(
      action(
        async ({ client, output, signal }, name: string, options: { recipe?: string; again?: boolean }) => {
          const recipe =
            options.recipe === undefined
              ? undefined
              : await readFile(resolve(options.recipe), 'utf8').catch((cause: unknown) => {
                  throw new AppError('not-found', `There is no recipe file ${options.recipe}.`, { cause })
                })
          const run = await client.post<Run>(`/api/models/${name}/runs`, { recipe, again: options.again ?? false })
          output.result(await followRun(client, output, run, signal), describe)
        },
        { works: true },
      ),
    )

  const run = program.command('run').description('training runs')

  run
    .command('list <owner/name>')
    .description('runs of a community model, newest first')
    .addHelpText('after', examples(['run list marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string) => {
        const runs = await client.get<Run[]>(`/api/models/${name}/runs`)
        output.result(runs, (all) =>
          all.length
            ? table(
                ['run', 'state', 'revision', 'step', 'loss', 'started'],
                all.map((it) => [
                  String(it.id),
                  it.state,
                  it.revision.number === null ? 'draft' : String(it.revision.number),
                  `${it.progress.step}/${it.progress.steps ?? '?'}`,
                  it.progress.loss?.toFixed(3) ?? '',
                  it.createdAt.slice(0, 16),
                ]),
              )
            : 'Nothing was trained yet: train <owner/name>',
        )
      }),
    )

  run
    .command('show <id>')
    .description('one run: recipe, progress, result')
    .addHelpText('after', examples(['run show 1']))
    .action(
      action(async ({ client, output }, id: string) => {
        output.result(await client.get<Run>(`/api/runs/${wholeNumber('The run')(id)}`), describe)
      }),
    )

  run
    .command('average <owner/name> <ids...>')
    .description('a candidate whose weights are the mean of finished runs of one dataset revision and seed')
    .addHelpText('after', examples(['run average marathi/saathi 3 5 6']))
    .action(
      action(
        async ({ client, output, signal }, name: string, ids: string[]) => {
          const averaged = await client.post<Run>(`/api/models/${name}/averages`, { runs: ids.map(wholeNumber('The run')) })
          output.result(await followRun(client, output, averaged, signal), describe)
        },
        { works: true },
      ),
    )

  run
    .command('cancel <id>')
    .description('stop a run; it can be resumed from its newest checkpoint')
    .addHelpText('after', examples(['run cancel 1']))
    .action(
      action(async ({ client, output }, id: string) => {
        output.result(await client.post<Run>(`/api/runs/${wholeNumber('The run')(id)}/cancel`), describe)
      }),
    )

  run
    .command('resume <id>')
    .description('go on with a cancelled or failed run from its newest checkpoint')
    .addHelpText('after', examples(['run resume 1']))
    .action(
      action(
        async ({ client, output, signal }, id: string) => {
          const resumed = await client.post<Run>(`/api/runs/${wholeNumber('The run')(id)}/resume`)
          output.result(await followRun(client, output, resumed, signal), describe)
        },
        { works: true },
      ),
    )
}

/** Shows a run until it ends. Ctrl-C cancels it and waits until it has stopped. */
export async function followRun(client: Client, output: Output, started: Run, signal: AbortSignal): Promise<Run> {
  const cancel = () => void client.post(`/api/runs/${started.id}/cancel`).catch(() => {})
  signal.addEventListener('abort', cancel, { once: true })
  try {
    for await (const { data } of client.events(`/api/runs/${started.id}/events`)) {
      const { state, progress } = (data as RunUpdate).run
      const { step, steps, loss, tokensPerSecond, secondsLeft } = progress
      if (state !== 'running' || steps === null || loss === null) continue
      const left = secondsLeft === null ? '' : `, ${duration(secondsLeft)} left`
      output.progress(
        step / steps,
        `step ${step} of ${steps}, loss ${loss.toFixed(3)}, ${Math.round(tokensPerSecond ?? 0)} tokens/s${left}`,
      )
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    output.endProgress()
  }
  const run = await client.get<Run>(`/api/runs/${started.id}`)
  if (run.state === 'failed') throw new AppError('conflict', run.error ?? `Run ${run.id} failed.`)
  if (run.state === 'cancelled')
    throw new AppError(
      'conflict',
      `Run ${run.id} was cancelled at step ${run.progress.step}; "run resume ${run.id}" goes on from its newest checkpoint.`,
    )
  return run
}

function describe(run: Run): string {
  const { progress, checkpoint } = run
  return [
    `Run ${run.id}: ${run.state}, on dataset ${run.revision.number === null ? 'draft' : `revision ${run.revision.number}`} (${run.revision.count} examples), trainer ${run.trainer}`,
    ...(progress.steps === null
      ? []
      : [`step ${progress.step} of ${progress.steps}${progress.loss === null ? '' : `, loss ${progress.loss.toFixed(3)}`}`]),
    ...(run.averagedFrom === null ? [] : [`Its weights are the mean of runs ${run.averagedFrom.map((it) => it.run).join(', ')}.`]),
    ...(progress.plan
      ? [
          `${progress.plan.trainableParameters.toLocaleString('en')} trained parameters, at most ${bytes(progress.plan.estimatedBytes)} estimated${progress.plan.cut ? `, ${progress.plan.cut} examples cut` : ''}`,
        ]
      : []),
    ...(progress.result ? [`${duration(progress.result.seconds)}, ${bytes(progress.result.peakBytes)} at most`] : []),
    ...(checkpoint ? [`checkpoint ${checkpoint.digest}`] : []),
    ...(run.error === null ? [] : [run.error]),
  ].join('\n')
}
