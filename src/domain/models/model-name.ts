/** Names of models: they stand in addresses, file names and the Hub's own routes, so they are plain. */

import { AppError } from '../../errors.ts'

export const nameLimits = {
  /** As on the Hugging Face Hub, whose clients read these names: 96 for owner and name together with the slash. */
  part: 47,
} as const

/** Words that would collide with routes of the API, of the feeds, of the Hub and of OCI registries. */
const reserved = new Set([
  'api',
  'v1',
  'v2',
  'datasets',
  'models',
  'spaces',
  'resolve',
  'raw',
  'tree',
  'main',
  'people',
  'base',
  'con',
  'nul',
  'prn',
  'aux',
])

/** One part of a name: lower-case letters, digits and `-`, `_`, `.` between them; no `..`, no `--`. */
export function parseSlug(input: string, what: string): string {
  const refuse = (fact: string): never => {
    throw new AppError('invalid', `The ${what} ${JSON.stringify(input.slice(0, 100))} ${fact}`)
  }
  if (input.length === 0) return refuse('is empty.')
  if (input.length > nameLimits.part) return refuse(`is longer than ${nameLimits.part} characters; choose a shorter one.`)
  if (!/^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/.test(input) || /\.\.|--|\.git$/.test(input))
    return refuse('may only have lower-case letters and digits, with single hyphens, dots or underscores between them, e.g. "saathi-0.5b".')
  if (reserved.has(input)) return refuse('is reserved; choose another.')
  return input
}

export interface ModelName {
  readonly owner: string
  readonly name: string
}

/** `owner/name`. */
export function parseModelName(input: string): ModelName {
  const [owner, name, ...more] = input.split('/')
  if (owner === undefined || name === undefined || more.length > 0)
    throw new AppError('invalid', `The model name ${JSON.stringify(input.slice(0, 100))} must be owner/name, e.g. "marathi/saathi".`)
  return { owner: parseSlug(owner, 'model owner'), name: parseSlug(name, 'model name') }
}

export function formatModelName({ owner, name }: ModelName): string {
  return `${owner}/${name}`
}
