/** evaluate: how a run or a release does, as served, beside its base and the release before it. */

import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { Answers } from '../../http/api/schemas.ts'
import type { Client } from '../../http/client.ts'
import { action, examples, wholeNumber } from '../command.ts'
import { table, type Output } from '../output.ts'

type Evaluation = Answers['evaluation']

export interface Requested {
  readonly checkpointId: number
  readonly subject: Evaluation[]
  readonly base: Evaluation[]
  readonly previous: Evaluation[]
}

export interface Evaluated {
  readonly evaluations: Requested
  readonly gate: Answers['gateReport']
}

export function evaluationCommands(program: Command): void {
  program
    .command('evaluate <owner/name>')
    .description('run every suite on the newest run, its base and the previous release; what was measured before is not measured again')
    .option('--run <id>', 'a training run', wholeNumber('--run'))
    .option('--release <version>', 'a release')
    .addHelpText(
      'after',
      examples(['evaluate marathi/saathi', 'evaluate marathi/saathi --run 3', 'evaluate marathi/saathi --release 0.1.0']),
    )
    .action(
      action(
        async ({ client, output, signal }, name: string, options: { run?: number; release?: string }) => {
          output.result(await evaluateAndWait(client, output, name, options, signal), describe)
        },
        { works: true },
      ),
    )
}

export async function evaluateAndWait(
  client: Client,
  output: Output,
  name: string,
  choice: { readonly run?: number; readonly release?: string },
  signal: AbortSignal,
): Promise<Evaluated> {
  const asked = await client.post<Requested>(`/api/models/${name}/evaluations`, choice)
  const ids = [...asked.base, ...asked.previous, ...asked.subject].map((it) => it.id)
  if (ids.length === 0) throw new AppError('conflict', `${name} has no suite; add one: suite add ${name} <file.jsonl> --name … --kind …`)
  for await (const { data } of client.events(`/api/evaluations/events?ids=${ids.join(',')}`, { signal })) {
    const all = data as Evaluation[]
    const [done, count] = [sum(all.map((it) => it.done)), sum(all.map((it) => it.count))]
    const current = all.find((it) => it.state === 'running')
    output.progress(
      count === 0 ? 0 : done / count,
      `${done} of ${count} samples${current ? `, ${current.suite.name} on ${current.checkpointId === null ? 'the base' : `checkpoint ${current.checkpointId}`}` : ''}`,
    )
    const failed = all.find((it) => it.state === 'failed' || it.state === 'cancelled')
    if (failed) throw new AppError('conflict', failed.error ?? `Evaluation ${failed.id} ended as ${failed.state}.`)
  }
  output.endProgress()
  const evaluations = await client.post<Requested>(`/api/models/${name}/evaluations`, choice)
  const gate = await client.get<Answers['gateReport']>(`/api/models/${name}/gate`, { ...choice })
  return { evaluations, gate }
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

export function score(metric: Evaluation['metric'], value: number): string {
  return metric === 'bits-per-byte' ? `${value.toFixed(3)} bits/byte` : `${(value * 100).toFixed(1)} %`
}

export function comparisonLine(it: Answers['comparison'], against: string): string {
  const unit = it.metric === 'bits-per-byte' ? 1 : 100
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value * unit).toFixed(it.metric === 'bits-per-byte' ? 3 : 1)}`
  const [low, high] = it.interval
  return `${score(it.metric, it.baseline.score)} → ${score(it.metric, it.subject.score)} against ${against}: ${signed(it.difference)} [${signed(low)}, ${signed(high)}], ${it.verdict}`
}

export function describeGate(gate: Answers['gateReport']): string {
  const lines = (role: Answers['suite']['role']) =>
    gate.suites
      .filter((it) => it.comparison.suite.role === role)
      .map((it) => `${it.passed ? 'passes' : 'FAILS'}  ${it.name}: ${comparisonLine(it.comparison, gate.against)}\n        ${it.reason}`)
  const apart = (heading: string, of: readonly string[]) => (of.length > 0 ? [heading, ...of] : [])
  return [
    ...lines('measure'),
    ...apart('Regression cases, which may have been trained on:', lines('regression')),
    ...apart('Charter:', [...lines('charter'), ...(gate.charter ?? []).map(clauseLine)]),
    gate.passed ? 'The gate holds: this may be released.' : 'The gate does not hold.',
  ].join('\n')
}

type ClauseVerdict = NonNullable<Answers['gateReport']['charter']>[number]

export function clauseLine({ number, text, state, cases, failed, failing }: ClauseVerdict): string {
  const said = { kept: 'kept', broken: `BROKEN, ${failed} of ${cases} cases fail`, 'not-tested': 'not tested' }[state]
  return [
    `clause ${number}: ${said}: ${text}`,
    ...failing.map((it) => `        asked ${it.question} — answers ${it.answer}: ${it.why}`),
  ].join('\n')
}

function describe({ evaluations, gate }: Evaluated): string {
  const rows = evaluations.subject.map((it, at) => {
    const base = evaluations.base[at]
    return [
      it.suite.name,
      it.suite.role,
      String(it.count),
      base?.score == null ? '' : score(it.metric, base.score),
      it.score === null ? '' : score(it.metric, it.score),
    ]
  })
  return `${table(['suite', 'role', 'samples', 'base', 'subject'], rows)}\n\n${describeGate(gate)}`
}
