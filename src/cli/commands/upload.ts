/** upload: a file is examined row by row, mended and offered, without losing anything on the way. */

import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { Answers } from '../../http/api/schemas.ts'
import type { UploadAnswer, UploadRowAnswer } from '../../http/api/uploads.ts'
import type { Client } from '../../http/client.ts'
import { action, collect, examples, wholeNumber } from '../command.ts'
import { openUpload } from '../files.ts'
import { table } from '../output.ts'

interface DeclaredOptions {
  readonly message?: string
  readonly licence?: string
  readonly language?: string
  readonly origin?: string
  readonly generator?: string
  readonly source?: string
  readonly signOff?: string
}

const withDeclared = (command: Command) =>
  command
    .option('--message <text>', 'what it changes and why')
    .option('--licence <expression>', 'SPDX expression of rows that name none')
    .option('--language <tag>', 'BCP 47 of rows that name none')
    .option('--origin <origin>', 'human, translated, adapted or generated')
    .option('--generator <name>', 'what generated it, with its version')
    .option('--source <text>', 'where it is from')
    .option('--sign-off <name>', 'who vouches for the right to give this (you, where nothing is said)')

export function uploadCommands(program: Command): void {
  const upload = program.command('upload').description('files on their way to a proposal: examined, mended and offered when they are ready')

  withDeclared(upload.command('add <owner/name> <file>'))
    .description('keep a JSONL, CSV or Parquet file and examine it, without offering it')
    .addHelpText(
      'after',
      examples(['upload add marathi/saathi dates.csv', 'upload add marathi/saathi dates.csv --licence CC-BY-4.0 --language mr']),
    )
    .action(
      action(
        async ({ client, output }, name: string, file: string, declared: DeclaredOptions) => {
          const { stream, type } = await openUpload(file)
          const kept = await client.upload<UploadAnswer>(
            `/api/models/${name}/uploads`,
            { ...declared, file: file.split('/').at(-1) },
            stream,
            type,
          )
          output.result(await whenExamined(client, kept), describe)
        },
        { works: true },
      ),
    )

  upload
    .command('list')
    .description('your uploads that still hold rows')
    .addHelpText('after', examples(['upload list']))
    .action(
      action(async ({ client, output }) => {
        output.result(await client.get<UploadAnswer[]>('/api/uploads'), (all) =>
          all.length === 0
            ? 'None.'
            : table(
                ['id', 'for', 'name', 'rows', 'in order', 'failing', 'left out', 'kept until'],
                all.map(({ id, model, name, counts, expiresAt }) => [
                  ...[String(id), model, name, String(counts.rows), String(counts.passes + counts.remarks)],
                  ...[String(counts.fails), String(counts.leftOut), expiresAt.slice(0, 10)],
                ]),
              ),
        )
      }),
    )

  upload
    .command('show <id>')
    .description('one upload, and what the checks found row by row')
    .option('--all', 'rows that are in order too')
    .option('--after <row>', 'go on after this row', wholeNumber('--after'))
    .addHelpText('after', examples(['upload show 3', 'upload show 3 --after 200']))
    .action(
      action(async ({ client, output }, id: string, { all, after }: { all?: boolean; after?: number }) => {
        const path = `/api/uploads/${wholeNumber('The upload')(id)}`
        const found = await client.get<UploadAnswer>(path)
        const verdicts = all ? [undefined] : (['fails', 'remarks'] as const)
        const rows = await Promise.all(
          verdicts.map((verdict) => client.get<UploadRowAnswer[]>(`${path}/rows`, { verdict, after, limit: 200 })),
        )
        output.result({ upload: found, rows: rows.flat().sort((a, b) => a.row - b.row) }, ({ upload, rows }) =>
          [describe(upload), ...rows.map(describeRow)].join('\n'),
        )
      }),
    )

  withDeclared(upload.command('change <id>'))
    .description('say what its columns mean, or what is true of all rows; it is examined again')
    .option('--column <name=meaning>', 'e.g. --column frage=prompt; --column id= leaves it out (several times for several)', collect)
    .addHelpText(
      'after',
      examples(['upload change 3 --column frage=prompt --column antwort=completion', 'upload change 3 --licence CC-BY-4.0']),
    )
    .action(
      action(
        async ({ client, output }, id: string, { column, ...declared }: DeclaredOptions & { column?: readonly string[] }) => {
          const path = `/api/uploads/${wholeNumber('The upload')(id)}`
          const before = await client.get<UploadAnswer>(path)
          const mapping = column && { ...before.mapping, ...Object.fromEntries(column.map(readColumn)) }
          const changed = await client.patch<UploadAnswer>(path, {
            ...(mapping && { mapping }),
            ...(Object.keys(declared).length > 0 && { declared }),
          })
          output.result(await whenExamined(client, changed), describe)
        },
        { works: true },
      ),
    )

  upload
    .command('edit <id> <row>')
    .description('write over cells of a row')
    .option('--cell <column=text>', 'e.g. --cell completion="28 March" (several times for several)', collect)
    .option('--undo', 'as the file has it')
    .addHelpText('after', examples(['upload edit 3 17 --cell completion="२८ मार्च"', 'upload edit 3 17 --undo']))
    .action(
      action(
        async ({ client, output }, id: string, row: string, { cell, undo }: { cell?: readonly string[]; undo?: boolean }) => {
          if ((cell === undefined) === (undo === undefined))
            throw new AppError('invalid', 'Say either what a cell should read, with --cell, or --undo.')
          const cells = undo ? null : Object.fromEntries((cell ?? []).map(split))
          const path = `/api/uploads/${wholeNumber('The upload')(id)}/rows/${wholeNumber('The row')(row)}`
          output.result(await whenExamined(client, await client.put<UploadAnswer>(path, { cells })), describe)
        },
        { works: true },
      ),
    )

  for (const [verb, leftOut] of [
    ['leave-out', true],
    ['take-in', false],
  ] as const)
    upload
      .command(`${verb} <id> [rows...]`)
      .description(leftOut ? 'leave rows out of what is offered; without numbers, all that fail' : 'take rows in again')
      .addHelpText('after', examples([leftOut ? 'upload leave-out 3' : 'upload take-in 3 17 18']))
      .action(
        action(
          async ({ client, output }, id: string, rows: readonly string[]) => {
            if (rows.length === 0 && !leftOut) throw new AppError('invalid', 'Name the rows to take in again.')
            const body = { rows: rows.length === 0 ? 'failing' : rows.map(wholeNumber('A row')), leftOut }
            const changed = await client.post<UploadAnswer>(`/api/uploads/${wholeNumber('The upload')(id)}/leave-out`, body)
            output.result(await whenExamined(client, changed), describe)
          },
          { works: true },
        ),
      )

  upload
    .command('offer <id>')
    .description('offer its rows that are not left out, as one contribution')
    .option('--wait', 'reviewed first, even where you are trusted')
    .addHelpText('after', examples(['upload offer 3']))
    .action(
      action(async ({ client, output }, id: string, { wait }: { wait?: boolean }) => {
        const path = `/api/uploads/${wholeNumber('The upload')(id)}`
        const { version } = await client.get<UploadAnswer>(path)
        const made = await client.post<{ contribution: Answers['contribution'] }>(`${path}/offer`, { version, ...(wait && { wait }) })
        output.result(
          made,
          ({ contribution: { id, state, counts } }) =>
            `Contribution ${id} (${state}): ${counts.add + counts.replace + counts.remove} changes.`,
        )
      }),
    )

  upload
    .command('discard <id>')
    .description('delete an upload with its rows')
    .addHelpText('after', examples(['upload discard 3']))
    .action(
      action(async ({ client, output }, id: string) => {
        output.result(
          await client.delete<{ discarded: number }>(`/api/uploads/${wholeNumber('The upload')(id)}`),
          ({ discarded }) => `Upload ${discarded} is gone.`,
        )
      }),
    )
}

const LOOK_MS = 300

/** A large one is examined in the background. */
async function whenExamined(client: Client, upload: UploadAnswer): Promise<UploadAnswer> {
  let now = upload
  while (!now.examined) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    now = await client.get<UploadAnswer>(`/api/uploads/${upload.id}`)
  }
  return now
}

function split(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new AppError('invalid', `${JSON.stringify(text)} should read name=value.`)
  return [text.slice(0, at), text.slice(at + 1)]
}

const readColumn = (text: string): [string, string | null] => {
  const [column, meaning] = split(text)
  return [column, meaning || null]
}

function describe({ id, model, name, mapping, findings, counts }: UploadAnswer): string {
  const columns = Object.entries(mapping).map(([column, meaning]) => `${column} → ${meaning ?? 'left out'}`)
  return [
    `Upload ${id} for ${model}: ${name}`,
    `Columns: ${columns.join(', ')}`,
    `${counts.rows} rows: ${counts.passes} in order, ${counts.remarks} with remarks, ${counts.fails} failing, ${counts.leftOut} left out`,
    ...findings.map(({ severity, sentence }) => `  every row, ${severity}: ${sentence}`),
    counts.fails + findings.filter(({ severity }) => severity === 'error').length === 0
      ? `Ready: upload offer ${id}`
      : `Mend rows (upload edit ${id} <row>), or leave those that fail out (upload leave-out ${id}); "upload show ${id}" lists them.`,
  ].join('\n')
}

const describeRow = ({ row, leftOut, findings, verdict }: UploadRowAnswer) =>
  `  row ${row}${leftOut ? ' (left out)' : ''}: ${findings.length === 0 ? verdict : findings.map(({ severity, sentence }) => `${severity}: ${sentence}`).join(' ')}`
