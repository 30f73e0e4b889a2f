/** What every command is given, and how its failure ends. */

import type { Command } from 'commander'
import { loadConfig, type Config } from '../config.ts'
import { AppError } from '../errors.ts'
import { FormatError } from '../formats/format-error.ts'
import type { Client } from '../http/client.ts'
import { connect } from './connect.ts'
import { Output } from './output.ts'

export interface CommandContext {
  readonly config: Config
  readonly output: Output
  readonly client: Client
  /** Where the server answers; null where the app runs in this process. */
  readonly url: string | null
  /** Aborted by Ctrl-C. A second Ctrl-C ends the process at once. */
  readonly signal: AbortSignal
}

interface GlobalOptions {
  readonly home?: string
  readonly json?: boolean
  readonly token?: string
}

/**
 * Wraps a command's action: connects, runs, closes, and turns what is thrown into one line and an exit code. `works`: it waits for background work,
 * which an app in this process then has to do itself.
 */
export function action<A extends unknown[]>(
  run: (context: CommandContext, ...args: A) => Promise<void>,
  { works = false } = {},
): (...args: unknown[]) => Promise<void> {
  return withoutApp(async ({ config, output, signal, token }, ...args) => {
    await using connection = await connect(config, token, works)
    await run({ config, output, client: connection.client, url: connection.url, signal }, ...(args as A))
  })
}

/** For commands that do not talk to the app, or are it. */
export function withoutApp<A extends unknown[]>(
  run: (context: Omit<CommandContext, 'client' | 'url'> & { readonly token: string | null }, ...args: A) => Promise<void>,
): (...args: unknown[]) => Promise<void> {
  return async (...all) => {
    const command = all.pop() as Command
    const options = command.optsWithGlobals<GlobalOptions>()
    const output = new Output(options.json ?? false)
    const interrupted = new AbortController()
    const interrupt = () => {
      if (interrupted.signal.aborted) process.exit(130)
      interrupted.abort(new AppError('conflict', 'Stopped by Ctrl-C.'))
    }
    process.on('SIGINT', interrupt)
    process.on('SIGTERM', interrupt)
    try {
      const config = loadConfig(options.home === undefined ? {} : { home: options.home })
      const context = { config, output, signal: interrupted.signal, token: options.token ?? config.token }
      await run(context, ...(all as A))
    } catch (error) {
      if (error instanceof AppError) output.failure(error.message, error.details)
      else if (error instanceof FormatError) output.failure(error.message, [])
      else {
        // A bug: whoever runs the CLI is the operator, who may see it.
        output.failure(`This is a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, [])
      }
      process.exitCode = interrupted.signal.aborted ? 130 : 1
    } finally {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
    }
  }
}

/** Repeats an option into a list. */
export const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value]

export function wholeNumber(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value < 0)
      throw new AppError('invalid', `${name} must be a whole number, not ${JSON.stringify(text)}.`)
    return value
  }
}

export function decimal(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value))
      throw new AppError('invalid', `${name} must be a number, not ${JSON.stringify(text)}.`)
    return value
  }
}

/** `--help` ends with ways to use the command that work as they stand. */
export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ commonweights ${line}`).join('\n')}\n`
}
