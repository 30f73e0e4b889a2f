/** serve, migrate and export-openapi: running the app, preparing its database, describing its API. */

import { rename, rm, writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { loadConfig } from '../../config.ts'
import { AppError } from '../../errors.ts'
import type { Answers } from '../../http/api/schemas.ts'
import { Client } from '../../http/client.ts'
import { action, examples, withoutApp, wholeNumber } from '../command.ts'
import { requireServer, runningServer, serverNoteFile, type ServerNote } from '../connect.ts'
import { forBrowsers } from '../for-browsers.ts'

/** How long running answers and jobs get to end by themselves when the server is asked to stop; then they are handed back to the queue. */
const GRACE_SECONDS = 20

export function serverCommands(program: Command): void {
  program
    .command('serve')
    .description('serve the API, the OpenAI-compatible API and the queue until Ctrl-C')
    .option('--port <n>', 'the port; 0 takes any free one', wholeNumber('--port'))
    .option('--host <address>', 'the address to listen on; anything but 127.0.0.1 opens it to others')
    .addHelpText('after', examples(['serve', 'serve --port 8080', 'serve --home ./data']))
    .action(
      withoutApp(async ({ config: given, output, signal }, options: { port?: number; host?: string }) => {
        const config = loadConfig({ home: given.home, ...options })
        const running = await runningServer(config.home)
        if (running)
          throw new AppError(
            'conflict',
            `A server already runs on ${config.home}, at ${running.url} (process ${running.pid}); use it, or stop it first.`,
          )
        const server = await startServer(config)
        output.note(`Serving ${config.home} at ${server.url} (Ctrl-C stops). OpenAI-compatible: ${server.url}/v1`)
        const claim = await setUpLink(server)
        if (claim !== null)
          output.note(`Nobody has an account yet. Whoever opens this link makes the first, and maintains this server:\n  ${claim}`)
        await new Promise<void>((stop) => (signal.aborted ? stop() : signal.addEventListener('abort', () => stop(), { once: true })))
        output.note('Stopping: answers and jobs that run may end, or go back to the queue.')
        await server.close()
        if (!output.json) return
        output.result({ url: server.url, stopped: true }, () => '')
      }),
    )

  program
    .command('set-up')
    .description('print the link that makes the first account, which maintains this server (serve prints one too)')
    .addHelpText('after', examples(['set-up']))
    .action(
      action(async ({ client, output, url }) => {
        requireServer(url)
        const made = await client.post<Answers['signInLink']>('/api/set-up/link')
        output.result(
          made,
          ({ link }) => `Whoever opens this link makes the first account, and maintains this server:\n\n  ${forBrowsers(link)}`,
        )
      }),
    )

  program
    .command('migrate')
    .description('bring the database to the current shape (serve does so by itself)')
    .addHelpText('after', examples(['migrate']))
    .action(
      withoutApp(async ({ config, output }) => {
        const { migrate } = await import('../../app.ts')
        const applied = await migrate(config)
        output.result({ applied }, (it) => (it.applied.length ? `Applied ${it.applied.join(', ')}.` : 'The database is current.'))
      }),
    )

  program
    .command('export-openapi')
    .description('print the description of the API (OpenAPI 3.1)')
    .addHelpText('after', examples(['export-openapi > openapi.json']))
    .action(
      action(async ({ client, output }) => {
        output.result(await client.get<unknown>('/api/openapi.json'), (document) => JSON.stringify(document, null, 2))
      }),
    )
}

/** Null where somebody has an account: the server is somebody's already. */
async function setUpLink({ url, operatorKey }: RunningServer): Promise<string | null> {
  try {
    return forBrowsers((await new Client(fetch, url, operatorKey).post<Answers['signInLink']>('/api/set-up/link')).link)
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') return null
    throw error
  }
}

export interface RunningServer {
  readonly url: string
  readonly operatorKey: string
  close(): Promise<void>
}

/** The app on a port, announced in the data folder so that commands find it. */
export async function startServer(config: ReturnType<typeof loadConfig>): Promise<RunningServer> {
  // Commands that only talk to a server do not wait for it to be read (connect.ts).
  const { openApp } = await import('../../app.ts')
  const app = await openApp(config)
  try {
    const listening = await app.listen()
    await app.start()
    const note: ServerNote = { url: listening.url, pid: process.pid, operatorKey: app.operatorKey }
    // Renamed into place: a command that looks at this very moment sees all of it or none.
    const file = serverNoteFile(config.home)
    await writeFile(`${file}.part`, JSON.stringify(note), { mode: 0o600 })
    await rename(`${file}.part`, file)
    return {
      url: listening.url,
      operatorKey: app.operatorKey,
      async close() {
        await rm(serverNoteFile(config.home), { force: true })
        await listening.close(GRACE_SECONDS)
        await app.close()
      },
    }
  } catch (error) {
    await app.close()
    throw error
  }
}
