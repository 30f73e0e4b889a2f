/** Secrets that a browser or a link carries: shown once, stored as a hash. */

import { createHash, randomBytes } from 'node:crypto'

/** 32 random bytes in base64url: too many to guess, so a plain hash is enough to store. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** sha256, hexadecimal. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Whether it could be one of ours: what cannot is not looked for. */
export function looksLikeSecret(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text)
}
