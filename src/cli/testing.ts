/** What the tests of commands share: a server in a process of its own, and commands that talk to it. Not for the program itself. */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { temporaryHome, type Lifetime } from '../storage/testing.ts'

const main = new URL('../main.ts', import.meta.url).pathname

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Commands {
  readonly cw: (...args: string[]) => Promise<Ran>
  /** With --json; throws where the command fails. */
  readonly json: <T>(...args: string[]) => Promise<T>
}

export interface Serving extends Commands {
  readonly home: string
  readonly url: string
  /** Commands of whoever has the token; without one they are the operator's. */
  readonly as: (token: string) => Commands
}

export async function serving(lifetime: Lifetime): Promise<Serving> {
  const home = await temporaryHome(lifetime)
  const start = (...args: string[]) =>
    spawn(process.execPath, [main, '--home', home, ...args], {
      env: { PATH: process.env['PATH'], HOME: home, COMMONWEIGHTS_LOG: 'error' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const commands = (global: readonly string[]): Commands => {
    const cw = (...args: string[]) => ended(start(...global, ...args))
    return {
      cw,
      json: async <T>(...args: string[]): Promise<T> => {
        const { code, out, err } = await cw('--json', ...args)
        if (code !== 0) throw new Error(`${args.join(' ')}: ${out}${err}`)
        return JSON.parse(out) as T
      },
    }
  }
  const server = start('serve', '--port', '0')
  lifetime.after(async () => {
    const gone = once(server, 'exit')
    if (server.exitCode === null && server.kill('SIGINT')) await gone
  })
  return { home, url: await addressOf(server), ...commands([]), as: (token) => commands(['--token', token]) }
}

async function ended(child: ChildProcess): Promise<Ran> {
  let [out, err] = ['', '']
  child.stdout?.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr?.on('data', (data: Buffer) => (err += data.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** Once the server has said where it is. Goes on reading: a pipe that nobody reads would break under the server. */
function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    server.stderr?.on('data', (data: Buffer) => {
      text += data.toString()
      const url = /at (http:\/\/\S+) /.exec(text)?.[1]
      if (url) resolve(url)
    })
    server.once('exit', () => reject(new Error(`the server ended: ${text}`)))
  })
}
