/** A person: an account with a name and a role. */

import { AppError } from '../../errors.ts'
import { operatorName, roles, type RoleName } from './actor.ts'

export interface Person {
  readonly id: number
  readonly name: string
  /** On the whole instance; communities have members beside it. */
  readonly role: RoleName
  /** As they call themselves; not checked, and not unique. */
  readonly displayName: string | null
  readonly bio: string
  readonly createdAt: Date
}

export const personLimits = {
  /** Long enough for any handle; names stand in change logs and file names. */
  nameLength: 40,
} as const

/** Names that would be mistaken for a part of the system, or for words in an address. */
const reserved = new Set([operatorName, 'admin', 'api', 'commonweights', 'everyone', 'nobody', 'root', 'system', 'unknown', 'v1'])

/**
 * Checks a new person's name: letters and digits of any script, and `-`, `_`, `.` between them; NFC, compared without regard to case.
 * Returns the name as stored (NFC, lower case).
 */
export function parsePersonName(input: string): string {
  const name = input.normalize('NFC').toLowerCase()
  const refuse = (fact: string): never => {
    throw new AppError('invalid', `The name ${JSON.stringify(input.slice(0, 80))} ${fact}`)
  }
  if (name.length === 0) return refuse('is empty; choose at least one letter.')
  if ([...name].length > personLimits.nameLength)
    return refuse(`is longer than ${personLimits.nameLength} characters; choose a shorter one.`)
  if (!/^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}])?$/u.test(name) || name.includes('..'))
    return refuse('may only have letters and digits, with single dots, hyphens or underscores between them, e.g. "asha.k".')
  if (reserved.has(name)) return refuse('is reserved; choose another.')
  return name
}

export function parseRole(input: string): RoleName {
  const role = roles.find((known) => known === input)
  if (!role) throw new AppError('invalid', `There is no role ${JSON.stringify(input)}; choose ${roles.join(', ')}.`)
  return role
}
