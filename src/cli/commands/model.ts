/** model and suite: what a community improves, and how it is measured. */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Answers } from '../../http/api/schemas.ts'
import { action, collect, decimal, examples, wholeNumber } from '../command.ts'
import { openUpload } from '../files.ts'
import { table } from '../output.ts'

type Model = Answers['communityModel']

interface ModelPage {
  readonly model: Model
  readonly quorum: Answers['quorum']
  readonly suites: Answers['suite'][]
  readonly dataset: Answers['datasetRevision'] | null
  readonly latest: Answers['release'] | null
}

export function modelCommands(program: Command): void {
  const model = program.command('model').description('community models: what a community improves together')

  model
    .command('create <owner/name>')
    .description('start a community model on a base')
    .requiredOption('--base <name>', 'the base model it starts from')
    .option('--description <text>', 'what it is and who it is for', '')
    .option('--clause <text>', 'a clause of the charter: a value or a tone (repeat for more)', collect)
    .option(
      '--quorum <n>',
      'accepting reviews a contribution needs; where nothing is said, more the more people review',
      wholeNumber('--quorum'),
    )
    .option('--recipe <file>', 'a YAML file with what differs from the default recipe')
    .option('--allow <licence>', 'admit only examples under these licences (repeat for more)', collect)
    .addHelpText(
      'after',
      examples(['model create marathi/saathi --base bundled --description "Everyday Marathi" --clause "Answers in Marathi"']),
    )
    .action(
      action(
        async (
          { client, output },
          name: string,
          options: { base: string; description: string; clause?: string[]; quorum?: number; recipe?: string; allow?: string[] },
        ) => {
          const recipe = options.recipe === undefined ? '' : await readFile(resolve(options.recipe), 'utf8')
          const made = await client.post<Model>('/api/models', {
            name,
            base: options.base,
            description: options.description,
            charter: options.clause ?? [],
            ...(options.quorum !== undefined && { quorum: options.quorum }),
            recipe,
            allow: options.allow ?? null,
          })
          output.result(made, (it) => `${it.owner}/${it.name} is there, on base ${it.base}. Next: suite add, contribute.`)
        },
      ),
    )

  model
    .command('list')
    .description('all community models')
    .addHelpText('after', examples(['model list']))
    .action(
      action(async ({ client, output }) => {
        const models = await client.get<Model[]>('/api/models')
        output.result(models, (all) =>
          all.length
            ? table(
                ['model', 'base', 'description'],
                all.map((it) => [`${it.owner}/${it.name}`, it.base, it.description]),
              )
            : 'No community model yet: model create <owner/name> --base <name>',
        )
      }),
    )

  model
    .command('show <owner/name>')
    .description('one community model: base, charter, suites, dataset, latest release')
    .addHelpText('after', examples(['model show marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string) => {
        output.result(await client.get<ModelPage>(`/api/models/${name}`), describe)
      }),
    )

  model
    .command('set <owner/name>')
    .description('change what it says of itself and trains by')
    .option('--description <text>', 'what it is and who it is for')
    .option('--recipe <file>', 'a YAML file with what differs from the default recipe')
    .option('--allow <licence>', 'admit only examples under these licences (repeat for more)', collect)
    .option('--allow-any', 'admit every licence that is known')
    .requiredOption('--message <text>', 'why; everybody in the community can read it')
    .addHelpText(
      'after',
      examples(['model set marathi/saathi --recipe careful.yaml --message "Smaller steps: 0.3.0 forgot its greetings"']),
    )
    .action(
      action(
        async (
          { client, output },
          name: string,
          options: { description?: string; recipe?: string; allow?: string[]; allowAny?: boolean; message: string },
        ) => {
          const recipe = options.recipe === undefined ? undefined : await readFile(resolve(options.recipe), 'utf8')
          const allow = options.allowAny ? null : options.allow
          const changed = await client.post<Model>(`/api/models/${name}/settings`, {
            message: options.message,
            ...(options.description !== undefined && { description: options.description }),
            ...(recipe !== undefined && { recipe }),
            ...(allow !== undefined && { allow }),
          })
          output.result(changed, (it) => `${it.owner}/${it.name} is changed; "model log ${name}" shows its history.`)
        },
      ),
    )

  model
    .command('log <owner/name>')
    .description('who changed its settings, how and why')
    .addHelpText('after', examples(['model log marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string) => {
        const log = await client.get<{ createdAt: string; by: string; message: string }[]>(`/api/models/${name}/settings/log`)
        output.result(log, (all) =>
          all.length
            ? table(
                ['when', 'who', 'why'],
                all.map((it) => [it.createdAt.slice(0, 16).replace('T', ' '), it.by, it.message]),
              )
            : 'Nothing was ever changed.',
        )
      }),
    )

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
        const changed = await client.post<Answers['suite']>(`/api/models/${name}/suites/${suite}/gate`, options)
        output.result(changed, (it) => suiteTable([it]))
      }),
    )

  suites
    .command('list <owner/name>')
    .description('the current suites, with what they are for')
    .addHelpText('after', examples(['suite list marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string) => {
        const all = await client.get<Answers['suite'][]>(`/api/models/${name}/suites`)
        output.result(all, (list) => (list.length > 0 ? suiteTable(list) : 'No suite yet: suite add'))
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
    .option('--licence <spdx>', 'the licence its cases are given under')
    .option('--source <text>', 'where its cases are from')
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
          const added = await client.upload<Answers['suite']>(
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

function suiteTable(suites: readonly Answers['suite'][]): string {
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

function describe({ model, quorum, suites, dataset, latest }: ModelPage): string {
  return [
    `${model.owner}/${model.name} on base ${model.base}`,
    ...(model.description ? [model.description] : []),
    ...model.charter.map((clause, index) => `  ${index + 1}. ${clause}`),
    `A contribution needs ${quorum.needed} accepting review${quorum.needed === 1 ? '' : 's'}: ${quorum.reason}`,
    dataset ? `Dataset: revision ${dataset.number}, ${dataset.count} examples, ${dataset.digest}` : 'Dataset: empty',
    suites.length ? suiteTable(suites) : 'No suite yet: suite add',
    latest ? `Latest release: ${latest.version} of ${latest.createdAt.slice(0, 10)}` : 'No release yet.',
  ].join('\n')
}
