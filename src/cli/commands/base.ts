/** base: the open-weight models that communities start from. */

import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Answers } from '../../http/api/schemas.ts'
import { action, examples } from '../command.ts'
import { bytes, table } from '../output.ts'

type Base = Answers['baseModel']

export function baseCommands(program: Command): void {
  const base = program.command('base').description('base models: published weights to start from')

  base
    .command('add <folder-or-hub-name>')
    .description('check a model and store it: a folder as the Hugging Face Hub lays it out, or hf:owner/name')
    .requiredOption('--name <name>', 'what it will be called here')
    .requiredOption('--licence <expression>', 'its licence, as an SPDX expression')
    .option('--source <text>', 'where it is from, when that is not the folder or hub name')
    .addHelpText(
      'after',
      examples([
        'base add ./SmolLM2-135M --name smollm2-135m --licence Apache-2.0',
        'base add hf:HuggingFaceTB/SmolLM2-135M --name smollm2-135m --licence Apache-2.0',
      ]),
    )
    .action(
      action(async ({ client, output }, from: string, options: { name: string; licence: string; source?: string }) => {
        output.note(`Reading and checking ${from} …`)
        const place = from.startsWith('hf:') ? { hub: from } : { folder: resolve(from) }
        const added = await client.post<Base>('/api/bases', { ...place, ...options })
        output.result(added, describe)
      }),
    )

  base
    .command('list')
    .description('all base models')
    .addHelpText('after', examples(['base list']))
    .action(
      action(async ({ client, output }) => {
        const bases = await client.get<Base[]>('/api/bases')
        output.result(bases, (all) =>
          all.length
            ? table(
                ['name', 'parameters', 'licence', 'source'],
                all.map((it) => [it.name, millions(it.parameters), it.licence, it.source]),
              )
            : 'No base model yet: base add <folder> --name … --licence …',
        )
      }),
    )

  base
    .command('show <name>')
    .description('one base model: shape, files, digests')
    .addHelpText('after', examples(['base show bundled']))
    .action(
      action(async ({ client, output }, name: string) => {
        output.result(await client.get<Base>(`/api/bases/${encodeURIComponent(name)}`), describe)
      }),
    )
}

const millions = (count: number) => (count >= 1e6 ? `${(count / 1e6).toFixed(1)} M` : `${Math.round(count / 1e3)} k`)

function describe(base: Base): string {
  return [
    `${base.name}: ${base.config.architecture}, ${millions(base.parameters)} parameters, licence ${base.licence}`,
    `from ${base.source}`,
    `digest ${base.digest}`,
    ...base.files.map((file) => `  ${file.path}  ${bytes(file.size)}  ${file.digest}`),
    ...base.served.map((form) => `  served as ${form.quantization}  ${bytes(form.size)}  ${form.digest}`),
    base.hasChatTemplate ? 'answers conversations (it has a chat template)' : 'continues text (it has no chat template)',
  ].join('\n')
}
