/** backup, restore, instance and jobs: what whoever runs the server does. */

import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { JobAnswer, OverviewAnswer } from '../../http/api/operator.ts'
import { action, examples, withoutApp, wholeNumber } from '../command.ts'
import { runningServer } from '../connect.ts'
import { bytes, duration, table } from '../output.ts'

export function operatorCommands(program: Command): void {
  program
    .command('backup <file>')
    .description('write everything the instance knows into one file, while it runs; the file holds what signs people in')
    .addHelpText('after', examples(['backup commonweights.tar', 'backup "backups/$(date +%F).tar"']))
    .action(
      action(async ({ client, output }, file: string) => {
        const path = resolve(file)
        const part = `${path}.part`
        const out = await open(part, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
          const why =
            cause.code === 'EEXIST'
              ? 'is there already, from a backup that was interrupted; delete it'
              : `cannot be written (${cause.message})`
          throw new AppError('conflict', `${part} ${why}.`, { cause })
        })
        let size = 0
        try {
          for await (const piece of await client.download('/api/operator/backup')) {
            size += piece.length
            await out.writeFile(piece)
          }
          await out.sync()
          await out.close()
          // A stream that broke off ends like one that is whole: only the end of the archive tells them apart.
          await requireEnd(part)
          await rename(part, path)
        } catch (error) {
          await out.close().catch(() => {})
          await rm(part, { force: true })
          throw error
        }
        output.result(
          { file: path, size },
          () => `Wrote ${path}, ${bytes(size)}. Try it now and then: commonweights restore ${file} --home <an empty folder>`,
        )
      }),
    )

  program
    .command('restore <file>')
    .description('restore a backup into an empty data folder (--home) or an empty database (DATABASE_URL); everything is checked')
    .addHelpText('after', examples(['restore commonweights.tar --home ./restored']))
    .action(
      withoutApp(async ({ config, output }, file: string) => {
        if (await runningServer(config.home))
          throw new AppError('conflict', `A server runs on ${config.home}; restore into another folder with --home.`)
        const found = await stat(resolve(file)).catch(() => null)
        if (!found?.isFile()) throw new AppError('not-found', `There is no file ${file}.`)
        const { restore } = await import('../../app.ts')
        const restored = await restore(config, createReadStream(resolve(file), { highWaterMark: 1 << 20 }))
        const { head, tables, rows, blobs, bytes: size } = restored
        output.result(
          { home: config.home, takenAt: head.createdAt, version: head.version, tables, rows, blobs, bytes: size },
          () =>
            `Restored ${rows.toLocaleString('en')} rows in ${tables} tables and ${blobs.toLocaleString('en')} blobs (${bytes(size)}), as they were at ${head.createdAt}, into ${config.home}.`,
        )
      }),
    )

  program
    .command('instance')
    .description('how the instance is doing: health, queue, disk, database, limits')
    .addHelpText('after', examples(['instance']))
    .action(
      action(async ({ client, output }) => {
        output.result(await client.get<OverviewAnswer>('/api/operator'), (it) =>
          [
            table(
              ['', ''],
              [
                ['version', `${it.version}, Node ${it.node}, up ${duration(it.up)}, ${bytes(it.memory)} of memory`],
                ['database', `${it.database.kind}, ${bytes(it.database.bytes)}`],
                ['blobs', `${it.blobs.count.toLocaleString('en')}, ${bytes(it.blobs.bytes)}`],
                ['disk', `${bytes(it.disk.free)} of ${bytes(it.disk.total)} free`],
                ['queue', `${it.jobs.waiting} waiting, ${it.jobs.running} running, ${it.jobs.failed} failed`],
                ['people', `${it.people.toLocaleString('en')} in ${it.communities.toLocaleString('en')} communities`],
              ],
            ),
            '',
            table(
              ['limit', 'most', 'within'],
              it.limits.map(({ name, most, minutes }) => [name, most.toLocaleString('en'), minutes === null ? '' : `${minutes} min`]),
            ),
          ].join('\n'),
        )
      }),
    )

  const jobs = program.command('jobs').description('background work: what waits, runs and failed')
  jobs
    .command('list')
    .description('jobs, the newest first')
    .option('--state <state>', 'waiting, running, done, failed or cancelled')
    .option('--after <id>', 'go on below this id', wholeNumber('--after'))
    .addHelpText('after', examples(['jobs list --state failed']))
    .action(
      action(async ({ client, output }, options: { state?: string; after?: number }) => {
        output.result(await client.get<JobAnswer[]>('/api/operator/jobs', { ...options }), (all) =>
          all.length === 0
            ? 'None.'
            : table(
                ['id', 'kind', 'state', 'attempt', 'since', 'error'],
                all.map((it) => [
                  ...[String(it.id), it.kind, it.state, String(it.attempt)],
                  ...[it.createdAt.slice(0, 16).replace('T', ' '), it.error?.split('\n')[0] ?? ''],
                ]),
              ),
        )
      }),
    )
  for (const verb of ['retry', 'cancel'] as const)
    jobs
      .command(`${verb} <id>`)
      .description(verb === 'retry' ? 'let a job that failed or was cancelled wait again' : 'cancel a job that waits or runs')
      .addHelpText('after', examples([`jobs ${verb} 17`]))
      .action(
        action(async ({ client, output }, id: string) => {
          const changed = await client.post<JobAnswer>(`/api/operator/jobs/${wholeNumber('The job')(id)}/${verb}`)
          output.result(changed, ({ id, kind, state }) => `Job ${id} (${kind}) is ${state}.`)
        }),
      )
}

const endBytes = 1_024

async function requireEnd(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    const { buffer } = await handle.read(Buffer.alloc(endBytes), 0, endBytes, Math.max(0, size - endBytes))
    if (size < endBytes || buffer.some((byte) => byte !== 0))
      throw new AppError('unavailable', 'The backup broke off before its end; nothing was kept. The log of the server says why.')
  } finally {
    await handle.close()
  }
}
