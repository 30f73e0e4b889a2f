/** Access tokens: shown once, stored as a hash. */

import { createHash, randomBytes } from 'node:crypto'

const shape = /^cw_[A-Za-z0-9_-]{43}$/

/** `cw_` and 32 random bytes: too many to guess, so a plain hash is enough to store. */
export function newToken(): string {
  return `cw_${randomBytes(32).toString('base64url')}`
}

/** sha256, hexadecimal. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

export function looksLikeToken(text: string): boolean {
  return shape.test(text)
}
