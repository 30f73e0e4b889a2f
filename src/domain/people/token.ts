/** Access tokens: shown once, stored as a hash. */

import { AppError } from '../../errors.ts'
import type { Scope } from '../../storage/schema.ts'
import { hashSecret, newSecret } from './secret.ts'

const shape = /^cw_[A-Za-z0-9_-]{43}$/

/** `cw_` and 32 random bytes: too many to guess, so a plain hash is enough to store. */
export function newToken(): string {
  return `cw_${newSecret()}`
}

/** sha256, hexadecimal. */
export function hashToken(token: string): string {
  return hashSecret(token)
}

export function looksLikeToken(text: string): boolean {
  return shape.test(text)
}

/** read: what only its owner may see; chat: answers of a model; the others: what the role of that kind may do. */
export const scopes = ['read', 'contribute', 'review', 'maintain', 'chat'] as const satisfies readonly Scope[]

/** In that order, each once. Throws `invalid` for an unknown one, and for none at all. */
export function parseScopes(input: readonly string[]): Scope[] {
  const unknown = input.find((name) => !scopes.some((scope) => scope === name))
  if (unknown !== undefined)
    throw new AppError('invalid', `There is no scope ${JSON.stringify(unknown.slice(0, 40))}; choose of ${scopes.join(', ')}.`)
  if (input.length === 0) throw new AppError('invalid', `A token without a scope opens nothing; choose of ${scopes.join(', ')}.`)
  return scopes.filter((scope) => input.includes(scope))
}
