/** openness: how open a release or a base is, by the Model Openness Framework, and what a maintainer declares. */

import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { OpennessAnswers } from '../../http/api/openness-schemas.ts'
import type { Client } from '../../http/client.ts'
import { action, collect, examples } from '../command.ts'
import { table } from '../output.ts'
import { classLine } from './openness-line.ts'
import { parseSubject } from './release.ts'

type Verdict = OpennessAnswers['verdict']
type Declared = OpennessAnswers['declared']

interface DeclareOptions {
  readonly has?: readonly string[]
  readonly licence?: readonly string[]
  readonly drop?: readonly string[]
  readonly record?: string
  readonly source?: string
  readonly message: string
}

export function opennessCommands(program: Command): void {
  const openness = program
    .command('openness')
    .description('how open a release or a base is: the Model Openness Framework, component by component')

  openness
    .command('show <owner/name@version|base>', { isDefault: true })
    .description('the class reached, what the next one lacks, and every component with its reasons')
    .option('--record', 'a release as a record that the Model Openness Tool reads (YAML)')
    .addHelpText(
      'after',
      examples(['openness show marathi/saathi@0.1.0', 'openness show marathi/saathi@latest --record', 'openness show my-base']),
    )
    .action(
      action(async ({ client, output }, subject: string, options: { record?: boolean }) => {
        if (!subject.includes('/')) {
          if (options.record) throw new AppError('invalid', 'Only a release is written as a record; name one: owner/name@version.')
          const found = await client.get<OpennessAnswers['ofBase']>(`/api/bases/${encodeURIComponent(subject)}/openness`)
          return output.result(found, (it) => [describeVerdict(subject, it.verdict), describeDeclared(it)].join('\n'))
        }
        const { name, version } = parseSubject(subject)
        const path = `/api/models/${name}/releases/${version}/openness`
        if (options.record) {
          const text = await new Response(await client.download(`${path}.yml`)).text()
          return output.result({ record: text }, () => text)
        }
        output.result(await client.get<OpennessAnswers['ofRelease']>(path), describeRelease)
      }),
    )

  openness
    .command('declare <base|owner/name>')
    .description('say what is open of a base, or where a community has its report; what is not named stays as it is')
    .option('--has <component=address>', 'where a component is; repeat for several', collect)
    .option('--licence <component=licence>', 'under which licence, as an SPDX name; repeat for several', collect)
    .option('--drop <component>', 'declare it no more; repeat for several', collect)
    .option('--record <file>', 'instead: all that a record of the Model Openness Tool says of a base')
    .option('--source <address>', 'where you read it')
    .requiredOption('--message <text>', 'how you know')
    .addHelpText(
      'after',
      examples([
        'openness declare my-base --has training-code=https://example.org/train --licence training-code=Apache-2.0 --message "As its page says"',
        'openness declare my-base --record mot.yml --source https://example.org/mot.yml --message "Its makers’ own record"',
        'openness declare marathi/saathi --has technical-report=https://example.org/report --licence technical-report=CC-BY-4.0 --message "We wrote it"',
      ]),
    )
    .action(
      action(async ({ client, output }, subject: string, options: DeclareOptions) => {
        const path = subject.includes('/') ? `/api/models/${subject}/openness` : `/api/bases/${encodeURIComponent(subject)}/openness`
        const { source, message } = options
        const said =
          options.record === undefined
            ? { components: await changed(client, path, options) }
            : { record: await readFile(options.record, 'utf8') }
        const made = await client.post<Declared & { verdict?: Verdict }>(path, {
          ...said,
          message,
          ...(source !== undefined && { source }),
        })
        output.result(made, (it) => [...(it.verdict ? [describeVerdict(subject, it.verdict)] : []), describeDeclared(it)].join('\n'))
      }),
    )
}

/** What is declared now, with what the options change. */
async function changed(client: Client, path: string, { has = [], licence = [], drop = [] }: DeclareOptions) {
  const { current } = await client.get<Declared>(path)
  const all = new Map((current?.components ?? []).map((one) => [one.component, one]))
  for (const component of drop)
    if (!all.delete(component)) throw new AppError('invalid', `${component} is not declared; "openness show" lists what is.`)
  for (const [component, address] of has.map(pairOf))
    all.set(component, { component, licence: all.get(component)?.licence ?? null, address })
  for (const [component, expression] of licence.map(pairOf)) {
    const there = all.get(component)
    if (!there) throw new AppError('invalid', `Say with --has ${component}=<address> where it is; what has no address is not open.`)
    all.set(component, { ...there, licence: expression })
  }
  return [...all.values()]
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 1)
    throw new AppError('invalid', `${JSON.stringify(text.slice(0, 100))} must read component=value, e.g. training-code=https://….`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function describeRelease({ model, version, graded, today }: OpennessAnswers['ofRelease']): string {
  if (graded === null) return `${model}@${version} was published before releases were graded; its next release will have a grade.`
  return [
    describeVerdict(`${model}@${version}`, graded),
    ...(today ? [`Something else has been declared since. Graded today: ${classLine(today)}`] : []),
    'Read from licences as declared; this is not legal advice.',
  ].join('\n')
}

function describeVerdict(subject: string, verdict: Verdict): string {
  const rows = verdict.components.map((it) => [it.component, it.state, it.licence ?? ''])
  const why = verdict.components
    .filter(({ state }) => state !== 'open')
    .flatMap(({ component, evidence }) =>
      evidence
        .filter(({ state }) => state !== 'open')
        .map(({ of, sentence }) => `  ${component}${evidence.length > 1 ? `, ${of}` : ''}: ${sentence}`),
    )
  return [`${subject}: ${classLine(verdict)}`, table(['component', 'state', 'licence'], rows), ...why].join('\n')
}

function describeDeclared({ history }: Declared): string {
  const [newest] = history
  if (!newest) return 'Nobody has declared anything.'
  return `Declared by ${newest.by} on ${newest.createdAt.slice(0, 10)}: ${newest.message}${newest.source === null ? '' : ` (${newest.source})`}`
}
