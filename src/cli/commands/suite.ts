/** suite: how a community measures its releases. */

import type { Command } from 'commander'
import type { Answers } from '../../http/api/schemas.ts'
import type { SuiteRetirementAnswer } from '../../http/api/suites.ts'
import { action, decimal, examples } from '../command.ts'
import { openUpload } from '../files.ts'
import { table } from '../output.ts'

type Suite = Answers['suite']

export function suiteCommands(program: Command): void {
  const suites = program.command('suite').description('eval suites: what a release must get right')

  suites
    .command('gate <owner/name> <suite>')
    .description('change what a suite asks of a release; its questions stay')
    .option('--target', 'a release must improve it')
    .option('--no-target', 'a release need not improve it')
    .option('--tolerance <score>', 'the largest loss a release may have, in the suite’s unit', decimal('--tolerance'))
    .addHelpText('after', examples(['suite gate marathi/saathi everyday --no-target --tolerance 0.01']))
    .action(
      action(async ({ client, output }, name: string, suite: string, options: { target?: boolean; tolerance?: number }) => {
        const changed = await client.post<Suite>(`/api/models/${name}/suites/${suite}/gate`, options)
        output.result(changed, (it) => suiteTable([it]))
      }),
    )

  suites
    .command('list <owner/name>')
    .description('the current suites, with what they are for')
    .option('--retired', 'those that were retired instead')
    .addHelpText('after', examples(['suite list marathi/saathi', 'suite list marathi/saathi --retired']))
    .action(
      action(async ({ client, output }, name: string, { retired }: { retired?: boolean }) => {
        const all = await client.get<Suite[]>(`/api/models/${name}/suites${retired ? '?retired=true' : ''}`)
        output.result(all, (list) => (list.length > 0 ? suiteTable(list) : retired ? 'No suite is retired.' : 'No suite yet: suite add'))
      }),
    )

  suites
    .command('retire <owner/name> <suite>')
    .description('ask no later release a suite; its page, cases and scores stay, and its questions may still not be taught')
    .requiredOption('--message <text>', 'why; everybody in the community can read it')
    .addHelpText('after', examples(['suite retire marathi/saathi dates --message "Every release answers all of it"']))
    .action(
      action(async ({ client, output }, name: string, suite: string, options: { message: string }) => {
        const retired = await client.post<Suite>(`/api/models/${name}/suites/${suite}/retire`, options)
        output.result(
          retired,
          (it) => `${it.name} is retired: no later release is asked it. "suite take-up ${name} ${it.name}" undoes this.`,
        )
      }),
    )

  suites
    .command('take-up <owner/name> <suite>')
    .description('ask releases a retired suite again, as before')
    .requiredOption('--message <text>', 'why; everybody in the community can read it')
    .addHelpText('after', examples(['suite take-up marathi/saathi dates --message "0.4.0 forgot some of it"']))
    .action(
      action(async ({ client, output }, name: string, suite: string, options: { message: string }) => {
        const taken = await client.post<Suite>(`/api/models/${name}/suites/${suite}/take-up`, options)
        output.result(taken, (it) => `${it.name} is asked again${it.target ? ', and a release must improve it' : ''}.`)
      }),
    )

  suites
    .command('log <owner/name> <suite>')
    .description('who retired a suite or took it up again, and why')
    .addHelpText('after', examples(['suite log marathi/saathi dates']))
    .action(
      action(async ({ client, output }, name: string, suite: string) => {
        const log = await client.get<SuiteRetirementAnswer[]>(`/api/models/${name}/suites/${suite}/retirements`)
        output.result(log, (all) =>
          all.length
            ? table(
                ['when', 'who', 'what', 'why'],
                all.map((it) => [it.createdAt.slice(0, 16).replace('T', ' '), it.by, it.retired ? 'retired' : 'taken up', it.message]),
              )
            : `${suite} was never retired.`,
        )
      }),
    )

  suites
    .command('add <owner/name> <file>')
    .description('add a suite, or replace the one of that name')
    .requiredOption('--name <name>', 'what it will be called')
    .requiredOption(
      '--kind <kind>',
      'text (bits per byte), exact (the answer equals the expected one), choice (the likeliest of several) or rule (the answer keeps rules)',
    )
    .option('--role <role>', 'measure (nobody may train on it), or regression (may be trained on; reported apart)', 'measure')
    .option('--guard', 'a release must only not get worse on it; without this, a release must improve it')
    .option('--tolerance <number>', "largest loss a release may have, in the suite's unit", decimal('--tolerance'))
    .option('--licence <spdx>', 'the licence its cases are given under; left out, that of the suite it replaces')
    .option('--source <text>', 'where its cases are from; left out, as the suite it replaces says')
    .addHelpText(
      'after',
      examples([
        'suite add marathi/saathi dates.jsonl --name dates --kind exact',
        'suite add marathi/saathi dates.csv --name dates --kind exact --licence CC-BY-4.0',
      ]) +
        '\nA .jsonl file, or a .csv table with the columns question and expected (choices are separated by |). One sample a line: {"messages": [{"role": "user", "content": "…"}], "expected": "…"} · {"text": "…"} · {"prompt": "…", "choices": ["…", "…"], "answer": 0}\nEach may also say its "topic" and its "language" (BCP 47): scores and forecasts are then told apart by them.\n',
    )
    .action(
      action(
        async (
          { client, output },
          name: string,
          file: string,
          options: { name: string; kind: string; role: string; guard?: boolean; tolerance?: number; licence?: string; source?: string },
        ) => {
          const { stream, type } = await openUpload(file)
          const added = await client.upload<Suite>(
            `/api/models/${name}/suites`,
            { ...options, guard: undefined, target: !options.guard && options.role === 'measure' },
            stream,
            type,
          )
          output.result(
            added,
            (it) =>
              `Suite ${it.name}: ${it.count} samples, ${it.kind}${it.target ? ', a release must improve it' : `, tolerance ${it.tolerance}`}.`,
          )
        },
      ),
    )
}

export function suiteTable(suites: readonly Suite[]): string {
  return table(
    ['suite', 'role', 'kind', 'samples', 'target'],
    suites.map((it) => [
      it.name,
      { measure: 'measures', regression: 'old mistakes', charter: `clause ${it.clause}` }[it.role],
      it.kind,
      String(it.count),
      it.target ? 'yes' : 'no',
    ]),
  )
}
