/**
 * Passwords as they are stored: scrypt with its parameters, so that they can be raised later and old ones still open.
 *
 *   scrypt$15$8$3$<salt>$<hash>      log₂ N, r, p; salt and hash in base64url
 *
 * N = 2¹⁵, r = 8, p = 3 is OWASP's equal of N = 2¹⁷ with p = 1, at a quarter of the memory: 32 MiB a sign-in, so that several at once fit beside a training.
 * https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt
 */

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { AppError } from '../../errors.ts'

export const passwordLimits = {
  /** NIST asks for 8 at least; without a second factor a little more is wise. */
  shortest: 10,
  /** Any sentence fits; more would only cost time to hash. */
  longest: 256,
} as const

interface Parameters {
  readonly logN: number
  readonly r: number
  readonly p: number
}

const today: Parameters = { logN: 15, r: 8, p: 3 }
const hashBytes = 32

/** Throws `invalid` where it is too short, too long or made of too little. Whatever else somebody chooses is their own. */
export function checkPassword(password: string, name: string): void {
  const refuse = (sentence: string): never => {
    throw new AppError('invalid', sentence)
  }
  const text = password.normalize('NFKC')
  const length = [...text].length
  if (length < passwordLimits.shortest)
    refuse(`The password has ${length} characters; ${passwordLimits.shortest} are needed. A sentence is easy to remember.`)
  if (length > passwordLimits.longest) refuse(`The password has ${length} characters; at most ${passwordLimits.longest} are taken.`)
  if (new Set(text.toLowerCase()).size < 5) refuse('The password repeats the same few characters; choose one that others do not guess.')
  if (
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]/gu, '')
      .replaceAll(name, '').length < 5
  )
    refuse('The password is little more than the name; choose one that others do not guess.')
}

/** The form above, with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return formatted(today, salt, await derive(password, salt, today))
}

/**
 * Whether it is the password. Where there is none to compare with, e.g. for a name that nobody has, it takes as long and says no: how long an answer takes
 * tells nobody who has an account.
 */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const { parameters, salt, hash } = parse(stored ?? nobodys)
  const same = timingSafeEqual(await derive(password, salt, parameters), hash)
  return same && stored !== null
}

/** Whether it was made with other parameters than today's: the next sign-in, which knows the password, stores it anew. */
export function isOutdated(stored: string): boolean {
  const { parameters } = parse(stored)
  return parameters.logN !== today.logN || parameters.r !== today.r || parameters.p !== today.p
}

const formatted = ({ logN, r, p }: Parameters, salt: Buffer, hash: Buffer) =>
  ['scrypt', logN, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$')

/** Opens for no password: its hash is all zeros. */
const nobodys = formatted(today, randomBytes(16), Buffer.alloc(hashBytes))

function parse(stored: string): { parameters: Parameters; salt: Buffer; hash: Buffer } {
  const [, logN, r, p, salt, hash] = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]{43})$/.exec(stored) ?? []
  if (salt === undefined || hash === undefined) throw new Error('A stored password is of no known form.')
  return {
    parameters: { logN: Number(logN), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  }
}

/** NFKC, as NIST asks: the same password typed on another keyboard stays the same. */
function derive(password: string, salt: Buffer, { logN, r, p }: Parameters): Promise<Buffer> {
  const N = 2 ** logN
  return new Promise((resolve, reject) => {
    // 128·N·r is what scrypt needs; Node's own limit is just that and would refuse.
    scrypt(password.normalize('NFKC'), salt, hashBytes, { N, r, p, maxmem: 256 * N * r }, (error, hash) =>
      error ? reject(error) : resolve(hash),
    )
  })
}
