/** The way from a command to the app: through the server that runs on this data folder, or in this process where none does. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import { Client } from '../http/client.ts'

/** What `serve` leaves in the data folder for commands to find: readable by its owner alone. */
export interface ServerNote {
  readonly url: string
  readonly pid: number
  readonly operatorKey: string
}

export const serverNoteFile = (home: string) => join(home, 'server.json')

export interface Connection extends AsyncDisposable {
  readonly client: Client
  /** Where a server answers; null in process. */
  readonly url: string | null
}

/** One that is gone refuses at once; one that does not answer for so long is taken for gone. It answers in milliseconds, on a machine that is busy training in seconds. */
const HEALTH_MS = 15_000

/** @param works whether the command waits for background work: only then does an app in this process take up jobs, so that a mere look starts none */
export async function connect(config: Config, token: string | null, works: boolean): Promise<Connection> {
  const note = await runningServer(config.home)
  if (note) {
    const client = new Client(fetch, note.url, token ?? note.operatorKey)
    return { client, url: note.url, [Symbol.asyncDispose]: async () => {} }
  }
  // Read only here: a client of a running server needs neither database nor engine nor pages, which take seconds of processor time to read.
  const { openApp } = await import('../app.ts')
  const app = await openApp(config, { pages: false })
  if (works) await app.start()
  const client = new Client((request) => app.http.fetch(request), 'http://in-process', token ?? app.operatorKey)
  return { client, url: null, [Symbol.asyncDispose]: () => app.close() }
}

export async function runningServer(home: string): Promise<ServerNote | null> {
  const text = await readFile(serverNoteFile(home), 'utf8').catch(() => null)
  if (text === null) return null
  const note = JSON.parse(text) as ServerNote
  const healthy = await fetch(new URL('/healthz', note.url), { signal: AbortSignal.timeout(HEALTH_MS) })
    .then((response) => response.ok)
    .catch(() => false)
  return healthy ? note : null
}

/** Throws `conflict` where no server runs: what is printed is an address in it. */
export function requireServer(url: string | null): void {
  if (url === null)
    throw new AppError(
      'conflict',
      'A link leads to a running server, and none runs on this data folder; start it with "commonweights serve".',
    )
}
