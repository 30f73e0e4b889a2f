/** A Postgres server for tests: a cluster of its own in a temporary folder, from the binaries that the machine has. Not for the program itself. */

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import pg from 'pg'
import type { Lifetime } from './testing.ts'

const START_SECONDS = 60

export interface PostgresForTests {
  /** The address of a new, empty database. */
  freshDatabase(): Promise<string>
  /** Ends all connections to the database as a restarting server would. */
  disconnectAll(url: string): Promise<void>
}

/** Starts a server that ends with `lifetime`. A string instead says why this machine cannot: skip with it. */
export async function startPostgres(lifetime: Lifetime): Promise<PostgresForTests | string> {
  const programs = findPrograms()
  if (!programs) return 'no Postgres on this machine: neither /usr/lib/postgresql/*/bin nor PATH has initdb (apt-get install postgresql)'
  const user: { uid?: number; gid?: number } | undefined = process.getuid?.() === 0 ? postgresUser() : {}
  if (!user) return 'Postgres refuses to run as root, and this machine has no user named postgres'

  const folder = mkdtempSync(join(tmpdir(), 'commonweights-postgres-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  const { uid, gid } = user
  if (uid !== undefined && gid !== undefined) for (const path of [folder, data]) chownSync(path, uid, gid)
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'], {
    ...user,
    cwd: folder,
    stdio: 'pipe',
  })
  const port = await freePort()
  // fsync=off: these tests are about behaviour; what a real server keeps through power loss is Postgres's own business.
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: folder, fsync: 'off', shared_buffers: '16MB' }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...options], { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  server.stderr.on('data', (chunk) => (log += String(chunk)))
  const ended = once(server, 'exit')
  lifetime.after(async () => {
    server.kill('SIGINT')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })

  const base = `postgres://postgres@127.0.0.1:${port}`
  const deadline = Date.now() + START_SECONDS * 1000
  for (;;) {
    try {
      await asAdministrator(base, 'select 1')
      break
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) throw new Error(`Postgres did not start:\n${log}`, { cause: error })
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  let count = 0
  return {
    async freshDatabase() {
      const name = `test_${++count}`
      await asAdministrator(base, `create database ${name}`)
      return `${base}/${name}`
    },
    async disconnectAll(url) {
      const name = new URL(url).pathname.slice(1)
      await asAdministrator(base, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
    },
  }
}

async function asAdministrator(base: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${base}/postgres` })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** The folder of the newest installed Postgres's programs. */
function findPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env['PATH'] ?? '').split(delimiter)]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

function postgresUser(): { uid: number; gid: number } | undefined {
  try {
    const id = (which: string): number => Number(execFileSync('id', [which, 'postgres'], { stdio: 'pipe' }))
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || !address) throw new Error('no port')
  return address.port
}
