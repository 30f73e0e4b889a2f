/** forecast: whether more data still helps, how much, and where. */

import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { Answers } from '../../http/api/schemas.ts'
import type { Client } from '../../http/client.ts'
import { action, examples, wholeNumber } from '../command.ts'
import { duration, table, type Output } from '../output.ts'
import { score } from './evaluation.ts'

type Forecast = Answers['forecast']
type Curve = Answers['forecastCurve']
type Estimate = Curve['end']

export function forecastCommands(program: Command): void {
  const forecast = program
    .command('forecast')
    .argument('[owner/name]', 'a community model')
    .description('whether more data still helps, how much and where; Ctrl-C cancels it cleanly')
    .option('--budget <minutes>', 'what its trainings may take together', wholeNumber('--budget'), 60)
    .addHelpText(
      'after',
      examples(['forecast marathi/saathi', 'forecast marathi/saathi --budget 10', 'forecast show 1', 'forecast cancel 1']),
    )
    .action(
      action(
        async ({ client, output, signal }, name: string | undefined, options: { budget: number }) => {
          if (name === undefined) throw new AppError('invalid', 'Name a community model: forecast marathi/saathi.')
          const asked = await client.post<Forecast>(`/api/models/${name}/forecasts`, { budgetSeconds: options.budget * 60 })
          output.result(await follow(client, output, asked, signal), describe)
        },
        { works: true },
      ),
    )

  forecast
    .command('show <id>')
    .description('a forecast by its number, or the newest of a community model')
    .addHelpText('after', examples(['forecast show 1', 'forecast show marathi/saathi']))
    .action(
      action(async ({ client, output }, which: string) => {
        output.result(await find(client, which), describe)
      }),
    )

  forecast
    .command('cancel <id>')
    .description('stop a forecast; what was trained is used again by the next one')
    .addHelpText('after', examples(['forecast cancel 1']))
    .action(
      action(async ({ client, output }, id: string) => {
        const stopped = await client.post<Forecast>(`/api/forecasts/${wholeNumber('The forecast')(id)}/cancel`)
        output.result(stopped, (it) => `Forecast ${it.id} of ${it.model} is ${it.state}.`)
      }),
    )
}

async function find(client: Client, which: string): Promise<Forecast> {
  if (!which.includes('/')) return client.get<Forecast>(`/api/forecasts/${wholeNumber('The forecast')(which)}`)
  const [newest] = await client.get<Forecast[]>(`/api/models/${which}/forecasts`, { limit: 1 })
  if (!newest) throw new AppError('not-found', `${which} has no forecast yet: forecast ${which}`)
  return newest
}

/** Shows a forecast until it ends. Ctrl-C cancels it. */
async function follow(client: Client, output: Output, asked: Forecast, signal: AbortSignal): Promise<Forecast> {
  const cancel = () => void client.post(`/api/forecasts/${asked.id}/cancel`).catch(() => {})
  signal.addEventListener('abort', cancel, { once: true })
  let last = asked
  try {
    for await (const { data } of client.events(`/api/forecasts/${asked.id}/events`)) {
      last = data as Forecast
      if (last.state !== 'running') continue
      const { done, of, fraction, step, steps, secondsLeft } = last.progress
      const within = step === null || steps === null ? 0 : step / steps
      const left = secondsLeft === null ? '' : `, about ${duration(secondsLeft)} left`
      output.progress(
        (done + within) / of,
        fraction === null
          ? 'reading the answers'
          : `training ${done + 1} of ${of}, on ${fraction}: step ${step ?? 0} of ${steps ?? '?'}${left}`,
      )
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    output.endProgress()
  }
  if (last.state === 'failed') throw new AppError('conflict', last.error ?? `Forecast ${last.id} failed.`)
  if (last.state === 'cancelled')
    throw new AppError('conflict', `Forecast ${last.id} was cancelled; "forecast ${last.model}" goes on with what was trained.`)
  return last
}

function describe(forecast: Forecast): string {
  const { id, model, revision, state, progress, result, sentences, stale, error } = forecast
  const heading = `Forecast ${id} of ${model}, revision ${revision.number} (${revision.count} examples): ${state}`
  if (result === null) return [heading, `${progress.done} of ${progress.of} trainings done.`, ...(error === null ? [] : [error])].join('\n')
  return [
    heading,
    ...(stale === null ? [] : [stale]),
    '',
    ...sentences,
    ...result.curves.filter(({ by }) => by === 'suite').flatMap((curve) => ['', measured(curve), '', picture(curve)]),
    '',
    groups(result.curves),
  ].join('\n')
}

/** Every number of one curve as a table: what was measured, then what is expected. */
function measured({ label, metric, points, next, expected }: Curve): string {
  const was = [...points]
    .sort((a, b) => a.examples - b.examples || a.choice - b.choice)
    .map(({ examples, choice, score: value }) => {
      const law = expected.find((it) => it.examples === examples)
      return [
        `${examples}${choice === 1 ? '' : ' others'}`,
        score(metric, value),
        law ? score(metric, law.score.value) : '',
        law ? band(law.score.band80, metric) : '',
        '',
      ]
    })
  const will = [...next]
    .sort((a, b) => a.examples - b.examples)
    .map(({ more, examples, score: estimate, gain }) => [
      `${examples} (${more.toLocaleString('en')} more)`,
      '',
      score(metric, estimate.value),
      band(estimate.band80, metric),
      `${change(gain.value, metric)} (${change(gain.band80[0], metric)} to ${change(gain.band80[1], metric)})`,
    ])
  return `${label}\n${table(['examples', 'measured', 'expected', 'four times out of five', 'gain'], [...was, ...will])}`
}

const WIDTH = 50

/** The same for the eye: # measured, = expected, with [ ] where it lies four times out of five. Longer is a higher score. */
function picture({ metric, points, next, expected }: Curve): string {
  const most = metric === 'bits-per-byte' ? Math.max(...points.map((it) => it.score), ...expected.map((it) => it.score.band80[1])) : 1
  const at = (value: number) => Math.max(0, Math.min(WIDTH, Math.round((value / most) * WIDTH)))
  const line = (examples: number, cells: string, value: number) =>
    `${String(examples).padStart(9)} |${cells.padEnd(WIDTH + 2)}| ${score(metric, value)}`
  const was = [...points]
    .sort((a, b) => a.examples - b.examples || a.choice - b.choice)
    .map((it) => line(it.examples, '#'.repeat(at(it.score)), it.score))
  const will = [...next]
    .sort((a, b) => a.examples - b.examples)
    .map(({ examples, score: { value, band80 } }) => line(examples, banded(at(band80[0]), at(value), at(band80[1])), value))
  return ['The same as a picture (# measured, = expected, [ ] four times out of five):', ...was, ...will].join('\n')
}

function banded(low: number, value: number, high: number): string {
  const cells = [...'='.repeat(value).padEnd(Math.max(high, value), '-')]
  cells.splice(Math.max(value, high), 0, ']')
  cells.splice(low, 0, '[')
  return cells.join('')
}

/** By topic and language: what is right now, and what more would bring. */
function groups(curves: readonly Curve[]): string {
  const rows = curves
    .filter(({ by }) => by !== 'suite')
    .map(({ by, label, suite, metric, questions, points, next, verdict }) => {
      const whole = points.reduce((a, b) => (b.examples > a.examples ? b : a))
      const gain = (more: number) => next.find((it) => it.more === more)?.gain
      return [
        by,
        label,
        suite.name,
        String(questions),
        score(metric, whole.score),
        words(gain(100), metric),
        words(gain(1000), metric),
        verdicts[verdict],
      ]
    })
  if (rows.length === 0) return 'The samples of the suites name no topic and no language, so nothing is told apart by them.'
  return table(['by', '', 'suite', 'questions', 'now', 'next 100', 'next 1,000', 'more data'], rows)
}

const verdicts = {
  helps: 'still helps',
  end: 'has found the end',
  'seen-all': 'nothing left to see',
  unmoved: 'has not moved',
  unsaid: 'not enough to say',
} as const satisfies Record<Curve['verdict'], string>

function words(gain: Pick<Estimate, 'value' | 'band80'> | undefined, metric: Curve['metric']): string {
  return gain === undefined ? '' : `${change(gain.value, metric)} (${change(gain.band80[0], metric)} to ${change(gain.band80[1], metric)})`
}

/** Positive is better, whatever the metric. */
function change(gain: number, metric: Curve['metric']): string {
  const size = metric === 'bits-per-byte' ? Math.abs(gain).toFixed(3) : (100 * Math.abs(gain)).toFixed(1)
  return `${Number(size) === 0 ? '±' : gain < 0 ? '−' : '+'}${size}`
}

function band([low, high]: readonly [number, number], metric: Curve['metric']): string {
  return `${score(metric, low)} to ${score(metric, high)}`
}
