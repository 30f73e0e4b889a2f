/** demo: the command. What it plays is read when it is played (demo-play.ts). */

import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { scheduledTags } from '../../../examples/scheduled-tags.ts'
import { loadConfig } from '../../config.ts'
import { AppError } from '../../errors.ts'
import { examples, withoutApp, wholeNumber } from '../command.ts'
import { startServer } from './server.ts'

/** In the demo's folder: only a folder that bears this is ever emptied. */
const MARK = 'commonweights-demo'

interface DemoOptions {
  readonly language: string
  readonly once?: boolean
  readonly sabotage?: boolean
  readonly port?: number
}

export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description('watch a small open model learn a language from reviewed contributions, then talk to the release')
    .option('--language <tag>', `one of India's 22 scheduled languages: ${scheduledTags.join(' ')}`, 'mr')
    .option('--sabotage', 'go on after the first release: a wrong contribution slips through review, and the release train finds it')
    .option('--once', 'end after the release instead of serving it')
    .option('--port <n>', 'the port to serve on', wholeNumber('--port'))
    .addHelpText('after', examples(['demo', 'demo --language ta', 'demo --sabotage', 'demo --language sat --once --json']))
    .action(
      withoutApp(async ({ config: given, output, signal }, options: DemoOptions) => {
        // Read only here: its phrases are counted out of Unicode, which every other command would wait for.
        const { actsFor, farewell, runDemo, serving } = await import('./demo-play.ts')
        const acts = actsFor(options.language, options.sabotage ?? false)
        const home = given.homeIsDefault ? resolve('.commonweights', `demo-${options.language}`) : given.home
        await emptyHome(home)
        // With --once nothing stays, so any free port will do.
        const config = loadConfig({ home, ...(options.once ? { port: 0 } : options.port === undefined ? {} : { port: options.port }) })
        const server = await startServer(config)
        try {
          const played = await runDemo(server, output, acts, home, signal, options.once ?? false)
          if (options.once) {
            output.result({ ...played, url: null }, () => farewell(played))
            return
          }
          output.result(played, () => farewell(played) + serving(played, server.url))
          await new Promise<void>((stop) => (signal.aborted ? stop() : signal.addEventListener('abort', () => stop(), { once: true })))
        } finally {
          await server.close()
        }
      }),
    )
}

/** A fresh start each time; a folder that is not the demo's own is never touched. */
async function emptyHome(home: string): Promise<void> {
  const there = await stat(home).catch(() => null)
  if (there) {
    const ours = await stat(join(home, MARK)).catch(() => null)
    if (!ours) throw new AppError('conflict', `${home} was not made by the demo; name a folder that does not exist yet.`)
    await rm(home, { recursive: true })
  }
  await mkdir(home, { recursive: true })
  await writeFile(join(home, MARK), 'This folder is emptied whenever the demo starts.\n')
}
