/** model: what a community improves. */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Answers } from '../../http/api/schemas.ts'
import { action, collect, examples, wholeNumber } from '../command.ts'
import { table } from '../output.ts'
import { suiteTable } from './suite.ts'

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
