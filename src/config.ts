/** The only place that reads the environment: variables and command-line options → a typed Config. Contradictions are refused in words. */

import { availableParallelism, homedir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { AppError } from './errors.ts'
import type { DatabaseConfig } from './storage/database.ts'

export interface Config {
  /** Absolute. Holds everything this instance knows, but for the database where that is a server. */
  readonly home: string
  /** Nobody named a folder: the demo then keeps to one of its own. */
  readonly homeIsDefault: boolean
  readonly database: DatabaseConfig
  /** Folder of the blobs. */
  readonly blobs: string
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Acts as this person; null for the local operator. */
  readonly token: string | null
  /** For training and inference. */
  readonly threads: number
  /** Whether training ends with the same bytes on every processor, more slowly. */
  readonly portableTraining: boolean
  /** Bytes that training may use; null for what the machine has free when a run starts. */
  readonly memoryBudget: number | null
  /** What previews may take that begin by themselves: examples of a proposal at most, and minutes of all previews in 24 hours (0: none). */
  readonly automaticPreviews: { readonly examples: number; readonly minutes: number }
  /** Who may open a community. */
  readonly openCommunities: 'maintainer' | 'anyone'
  /** Who may open an account. */
  readonly signUp: 'invitation' | 'open'
  /** An OpenID provider that signs people in; null: none. */
  readonly provider: {
    readonly issuer: string
    readonly clientId: string
    readonly clientSecret: string | null
    readonly name: string
  } | null
  /** Scheme, host and port under which people reach this server; null: as each request says. */
  readonly publicOrigin: string | null
  /** How many reverse proxies stand before this server, whose word about a visitor's address is taken. */
  readonly proxies: number
  /** Where `hf:` models are fetched from. */
  readonly hub: { readonly endpoint: string; readonly token?: string }
  readonly logLevel: LogLevel
}

const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

/** What the command line may say; it wins over the environment. */
export interface ConfigOverrides {
  readonly home?: string
  readonly port?: number
  readonly host?: string
}

export interface Setting {
  readonly variable: string
  readonly option?: string
  readonly standard: string
  readonly description: string
}

/** Every setting there is. The table in docs/configuration.md is made from this list, and a variable that is not on it is refused as a typing error. */
export const settings: readonly Setting[] = [
  {
    variable: 'COMMONWEIGHTS_HOME',
    option: '--home',
    standard: '`~/.commonweights`',
    description:
      'The data folder: database, blobs, keys. One server at a time. In the home folder rather than where a command happens to run, so that every command finds the same instance.',
  },
  {
    variable: 'DATABASE_URL',
    standard: 'the embedded database in the data folder',
    description: 'A Postgres server (15 or newer) instead: `postgres://user:password@host:port/database`.',
  },
  { variable: 'PORT', option: '--port', standard: '`3210`', description: 'The port to serve on; `0` takes any free one.' },
  {
    variable: 'COMMONWEIGHTS_HOST',
    option: '--host',
    standard: '`127.0.0.1`',
    description:
      'The address to listen on. `0.0.0.0` opens the server to the network. Not plain `HOST`: some shells set that to the name of the machine.',
  },
  {
    variable: 'COMMONWEIGHTS_TOKEN',
    option: '--token',
    standard: 'the local operator',
    description: 'Whom commands act as: a token that `person add` gave.',
  },
  { variable: 'COMMONWEIGHTS_THREADS', standard: 'all that the process may use', description: 'Threads for training and inference.' },
  {
    variable: 'COMMONWEIGHTS_TRAINER',
    standard: '`native`',
    description:
      'What training runs on. `native`: as fast as this processor allows, with the same bytes on every processor of its kind. `portable`: in WebAssembly, with the same bytes on every processor there is, for releases that anyone should be able to rebuild; on one thread and several times slower.',
  },
  {
    variable: 'COMMONWEIGHTS_MEMORY',
    standard: 'what is free when a run starts',
    description: 'Memory that training may use, e.g. `8GB` or `1500MB`. A run that cannot fit is refused before it starts.',
  },
  {
    variable: 'COMMONWEIGHTS_PREVIEW_MINUTES',
    standard: '`60`',
    description:
      'A proposal to a community that has a release is previewed by itself while the previews of the last 24 hours took fewer minutes of this machine than this. `0`: only where somebody asks.',
  },
  {
    variable: 'COMMONWEIGHTS_PREVIEW_EXAMPLES',
    standard: '`200`',
    description: 'Proposals of more examples than this are previewed only where somebody asks.',
  },
  {
    variable: 'COMMONWEIGHTS_OPEN_COMMUNITIES',
    standard: '`maintainer`',
    description:
      'Who may open a community: `maintainer`, whoever maintains this instance, or `anyone` who has an account. Whoever opens one maintains it, which includes training on this machine.',
  },
  {
    variable: 'COMMONWEIGHTS_SIGN_UP',
    standard: '`invitation`',
    description:
      'Who may open an account: whoever has an `invitation`, or anyone (`open`). It holds for those who come from an OpenID provider too.',
  },
  {
    variable: 'COMMONWEIGHTS_URL',
    standard: 'the address that each request names',
    description:
      'The address under which people reach this server, e.g. `https://wiki.example`. Needed behind a reverse proxy that ends TLS: cookies, passkeys and links follow it.',
  },
  {
    variable: 'COMMONWEIGHTS_PROXIES',
    standard: '`0`',
    description:
      'How many reverse proxies stand before this server, each of which adds the address it sees to `X-Forwarded-For`. Limits on sign-ins count by the address before the first of them; with `0` the header is not believed.',
  },
  {
    variable: 'COMMONWEIGHTS_OPENID_ISSUER',
    standard: 'none',
    description:
      'An OpenID provider that people may sign in with, e.g. `https://id.example`. It sends them back to `/sign-in/provider/back` of this server.',
  },
  {
    variable: 'COMMONWEIGHTS_OPENID_CLIENT_ID',
    standard: 'none',
    description: 'How that provider knows this server. Needed with an issuer.',
  },
  {
    variable: 'COMMONWEIGHTS_OPENID_CLIENT_SECRET',
    standard: 'none: a public client, which PKCE protects',
    description: 'The secret that goes with the client id.',
  },
  { variable: 'COMMONWEIGHTS_OPENID_NAME', standard: "the issuer's host", description: 'What the button calls the provider.' },
  {
    variable: 'HF_ENDPOINT',
    standard: '`https://huggingface.co`',
    description: 'The hub that `base add hf:owner/name` fetches from: the Hugging Face Hub, or anything that speaks its API.',
  },
  { variable: 'HF_TOKEN', standard: 'none', description: 'A token of that hub, for models that need one.' },
  {
    variable: 'COMMONWEIGHTS_LOG',
    standard: '`info`',
    description: `How much is logged: ${logLevels.map((level) => `\`${level}\``).join(', ')}.`,
  },
]

/** Ours as well, but read by tests and build scripts, not by the program. */
const otherVariables = /^COMMONWEIGHTS_(SHARED_DATA$|TEST_|BENCH_)/

/** Throws `invalid` with a sentence that names the setting, what it says and what it may say. */
export function loadConfig(overrides: ConfigOverrides = {}, environment: NodeJS.ProcessEnv = process.env): Config {
  refuseUnknown(environment)
  const read = (variable: string): string | undefined => environment[variable]?.trim() || undefined
  const named = overrides.home || read('COMMONWEIGHTS_HOME')
  const home = resolve(named || join(homedir(), '.commonweights'))
  return {
    home,
    homeIsDefault: named === undefined,
    database: databaseOf(read('DATABASE_URL'), home),
    blobs: join(home, 'blobs'),
    host: hostOf(overrides.host === undefined ? read('COMMONWEIGHTS_HOST') : overrides.host),
    port: overrides.port === undefined ? portOf(read('PORT'), 'PORT') : portOf(String(overrides.port), '--port'),
    token: read('COMMONWEIGHTS_TOKEN') ?? null,
    threads: threadsOf(read('COMMONWEIGHTS_THREADS')),
    portableTraining: oneOf('COMMONWEIGHTS_TRAINER', read('COMMONWEIGHTS_TRAINER'), ['native', 'portable']) === 'portable',
    memoryBudget: memoryOf(read('COMMONWEIGHTS_MEMORY')),
    automaticPreviews: {
      minutes: countOf('COMMONWEIGHTS_PREVIEW_MINUTES', read('COMMONWEIGHTS_PREVIEW_MINUTES') ?? '60'),
      examples: countOf('COMMONWEIGHTS_PREVIEW_EXAMPLES', read('COMMONWEIGHTS_PREVIEW_EXAMPLES') ?? '200'),
    },
    openCommunities: oneOf('COMMONWEIGHTS_OPEN_COMMUNITIES', read('COMMONWEIGHTS_OPEN_COMMUNITIES'), ['maintainer', 'anyone']),
    signUp: oneOf('COMMONWEIGHTS_SIGN_UP', read('COMMONWEIGHTS_SIGN_UP'), ['invitation', 'open']),
    provider: providerOf(read),
    publicOrigin: originOf(read('COMMONWEIGHTS_URL')),
    proxies: countOf('COMMONWEIGHTS_PROXIES', read('COMMONWEIGHTS_PROXIES') ?? '0'),
    hub: hubOf(read('HF_ENDPOINT'), read('HF_TOKEN')),
    logLevel: logLevelOf(read('COMMONWEIGHTS_LOG')),
  }
}

/** The list as a Markdown table, for the documentation. */
export function settingsTable(): string {
  const rows = settings.map(
    ({ variable, option, standard, description }) =>
      `| \`${variable}\` | ${option ? `\`${option}\`` : ''} | ${standard} | ${description} |`,
  )
  return ['| variable | option | where nothing is said | what it decides |', '|---|---|---|---|', ...rows].join('\n')
}

function refuseUnknown(environment: NodeJS.ProcessEnv): void {
  const known = new Set(settings.map(({ variable }) => variable))
  for (const variable of Object.keys(environment))
    if (variable.startsWith('COMMONWEIGHTS_') && !known.has(variable) && !otherVariables.test(variable))
      throw new AppError(
        'invalid',
        `${variable} is no setting. Those that begin so are ${[...known].filter((name) => name.startsWith('COMMONWEIGHTS_')).join(', ')}.`,
      )
}

function databaseOf(url: string | undefined, home: string): DatabaseConfig {
  if (url === undefined) return { kind: 'embedded', folder: join(home, 'database') }
  const protocol = URL.parse(url)?.protocol
  if (protocol !== 'postgres:' && protocol !== 'postgresql:')
    throw new AppError(
      'invalid',
      `DATABASE_URL is ${protocol ? `a ${protocol.slice(0, -1)} address` : 'not an address'}; it must read postgres://user:password@host:port/database. Unset it to use the embedded database in ${home}.`,
    )
  return { kind: 'postgres', url }
}

function hostOf(text = '127.0.0.1'): string {
  if (!/^[A-Za-z0-9.:_-]+$/.test(text))
    throw new AppError(
      'invalid',
      `COMMONWEIGHTS_HOST is ${quoted(text)}; it must be an address or a host name, without port or http://, such as 127.0.0.1 or 0.0.0.0.`,
    )
  return text
}

function portOf(text = '3210', where: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new AppError('invalid', `${where} is ${quoted(text)}; it must be a whole number from 0 to 65535.`)
  return port
}

/** A year of minutes, and more examples than a contribution may have, mean no limit. */
function countOf(variable: string, text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count > 1_000_000)
    throw new AppError('invalid', `${variable} is ${quoted(text)}; it must be a whole number from 0 to 1000000.`)
  return count
}

/** The first is what counts where nothing is said. */
function oneOf<const T extends string>(variable: string, text: string | undefined, choices: readonly [T, ...T[]]): T {
  const choice = choices.find((each) => each === (text ?? choices[0]))
  if (choice === undefined) throw new AppError('invalid', `${variable} is ${quoted(text ?? '')}; it must be one of ${choices.join(', ')}.`)
  return choice
}

function originOf(text: string | undefined): string | null {
  if (text === undefined) return null
  const url = URL.parse(text)
  if ((url?.protocol !== 'https:' && url?.protocol !== 'http:') || url.pathname !== '/' || url.search || url.hash)
    throw new AppError(
      'invalid',
      `COMMONWEIGHTS_URL is ${quoted(text)}; it must be an address without a path, such as https://wiki.example.`,
    )
  return url.origin
}

function providerOf(read: (variable: string) => string | undefined): Config['provider'] {
  const issuer = read('COMMONWEIGHTS_OPENID_ISSUER')
  const clientId = read('COMMONWEIGHTS_OPENID_CLIENT_ID')
  if (issuer === undefined && clientId === undefined) return null
  if (issuer === undefined || clientId === undefined)
    throw new AppError('invalid', 'COMMONWEIGHTS_OPENID_ISSUER and COMMONWEIGHTS_OPENID_CLIENT_ID go together; set both, or neither.')
  const url = URL.parse(issuer)
  const here = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && here))
    throw new AppError(
      'invalid',
      `COMMONWEIGHTS_OPENID_ISSUER is ${quoted(issuer)}; it must be an https address: who signs in is proven over it.`,
    )
  return {
    issuer,
    clientId,
    clientSecret: read('COMMONWEIGHTS_OPENID_CLIENT_SECRET') ?? null,
    name: read('COMMONWEIGHTS_OPENID_NAME') ?? url.host,
  }
}

function threadsOf(text: string | undefined): number {
  const available = availableParallelism()
  if (text === undefined) return available
  const threads = Number(text)
  if (!/^\d+$/.test(text) || threads < 1)
    throw new AppError('invalid', `COMMONWEIGHTS_THREADS is ${quoted(text)}; it must be a whole number from 1.`)
  if (threads > available)
    throw new AppError(
      'invalid',
      `COMMONWEIGHTS_THREADS asks for ${threads} threads, but this process may use ${available}, and more of them than cores are slower; set it to ${available} or less.`,
    )
  return threads
}

const units: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, MIB: 2 ** 20, GIB: 2 ** 30 }
function hubOf(text = 'https://huggingface.co', token: string | undefined): Config['hub'] {
  const url = URL.parse(text)
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new AppError('invalid', `HF_ENDPOINT is ${quoted(text)}; it must be an address such as https://huggingface.co.`)
  return { endpoint: url.href.replace(/\/$/, ''), ...(token !== undefined && { token }) }
}

/** Below this not even the smallest model trains. */
const SMALLEST_MEMORY = 100e6

function memoryOf(text: string | undefined): number | null {
  if (text === undefined) return null
  const match = /^(\d+(?:\.\d+)?)\s*([MG]i?B)$/i.exec(text)
  const bytes = Math.floor(Number(match?.[1]) * (units[match?.[2]?.toUpperCase() ?? ''] ?? Number.NaN))
  if (!Number.isFinite(bytes) || bytes < SMALLEST_MEMORY)
    throw new AppError('invalid', `COMMONWEIGHTS_MEMORY is ${quoted(text)}; it must be a number with MB, GB, MiB or GiB, at least 100MB.`)
  const total = process.constrainedMemory() || totalmem()
  const installed = Math.min(total, totalmem())
  if (bytes > installed)
    throw new AppError(
      'invalid',
      `COMMONWEIGHTS_MEMORY allows ${text}, but this process can have ${Math.floor(installed / 1e6)} MB at most; set it to that or less.`,
    )
  return bytes
}

function logLevelOf(text: string | undefined): LogLevel {
  const level = logLevels.find((each) => each === (text ?? 'info'))
  if (!level) throw new AppError('invalid', `COMMONWEIGHTS_LOG is ${quoted(text ?? '')}; it must be one of ${logLevels.join(', ')}.`)
  return level
}

/** Cut, so that a secret pasted into the wrong variable is not printed whole. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 20 ? `${text.slice(0, 20)}…` : text)
}
