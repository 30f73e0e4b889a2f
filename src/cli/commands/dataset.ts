/** dataset: what was accepted, revision by revision. */

import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { Answers } from '../../http/api/schemas.ts'
import { action, examples, wholeNumber } from '../command.ts'
import { table } from '../output.ts'

type Revision = Answers['datasetRevision'] & { readonly contributions: number[] }

interface RevisionPage {
  readonly revision: Revision
  readonly diff: { readonly added: string[]; readonly removed: string[]; readonly truncated: boolean } | null
}

interface Blame {
  readonly contributionId: number
  readonly message: string
  readonly author: string
  readonly revision: number | null
  readonly reviews: { readonly reviewer: string; readonly decision: string; readonly message: string }[]
}

export function datasetCommands(program: Command): void {
  const dataset = program.command('dataset').description('the dataset of a community model, revision by revision')

  dataset
    .command('log <owner/name>')
    .description('revisions, newest first, with what each brought')
    .addHelpText('after', examples(['dataset log marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string) => {
        const log = await client.get<Revision[]>(`/api/models/${name}/dataset`)
        output.result(log, (all) =>
          all.length
            ? table(
                ['revision', 'examples', 'contributions', 'digest'],
                all.map((it) => [String(it.number), String(it.count), it.contributions.join(' '), it.digest]),
              )
            : 'Nothing was accepted yet.',
        )
      }),
    )

  dataset
    .command('show <owner/name> [number]')
    .description('one revision (the newest where none is named), and how it differs from another')
    .option('--against <number>', 'compare with this revision', wholeNumber('--against'))
    .addHelpText('after', examples(['dataset show marathi/saathi', 'dataset show marathi/saathi 3 --against 1']))
    .action(
      action(async ({ client, output }, name: string, number: string | undefined, options: { against?: number }) => {
        const page = await client.get<RevisionPage>(
          `/api/models/${name}/dataset/${number === undefined ? 'latest' : wholeNumber('The revision')(number)}`,
          { ...options },
        )
        output.result(page, ({ revision, diff }) =>
          [
            `Revision ${revision.number}: ${revision.count} examples, ${revision.digest}`,
            `from contributions ${revision.contributions.join(', ') || 'none'}`,
            ...(diff ? [...diff.added.map((it) => `+ ${it}`), ...diff.removed.map((it) => `- ${it}`)] : []),
            ...(diff?.truncated ? ['… cut; ask the API for the rest'] : []),
          ].join('\n'),
        )
      }),
    )

  dataset
    .command('blame <owner/name> <digest>')
    .description('who brought an example, and who let it in')
    .addHelpText('after', examples(['dataset blame marathi/saathi sha256:…']))
    .action(
      action(async ({ client, output }, name: string, digest: string) => {
        const found = await client.get<Blame>(`/api/models/${name}/examples/${encodeURIComponent(digest)}/blame`)
        output.result(found, (it) =>
          [
            `Contribution ${it.contributionId} by ${it.author}: ${it.message}`,
            it.revision === null ? 'in no revision yet' : `in the dataset since revision ${it.revision}`,
            ...it.reviews.map((review) => `${review.reviewer}: ${review.decision} — ${review.message}`),
          ].join('\n'),
        )
      }),
    )

  dataset
    .command('export <owner/name> <file>')
    .description('write a revision with its provenance as .jsonl or .parquet')
    .option('--revision <number>', 'the newest where nothing is said', wholeNumber('--revision'))
    .addHelpText(
      'after',
      examples(['dataset export marathi/saathi saathi.parquet', 'dataset export marathi/saathi old.jsonl --revision 2']),
    )
    .action(
      action(async ({ client, output, signal }, name: string, file: string, options: { revision?: number }) => {
        const format = /\.(jsonl|parquet)$/.exec(file)?.[1]
        if (format === undefined) throw new AppError('invalid', `${file} must end in .jsonl or .parquet.`)
        const body = await client.download(`/api/models/${name}/dataset/${options.revision ?? 'latest'}/examples`, { format })
        await pipeline(body, createWriteStream(file, { flags: 'wx' }), { signal }).catch((cause: NodeJS.ErrnoException) => {
          if (cause.code === 'EEXIST')
            throw new AppError('conflict', `${file} is there already; choose another name or remove it.`, { cause })
          throw cause
        })
        output.result({ file }, () => `Wrote ${file}.`)
      }),
    )
}
