/** Ids as they stand in an address. */

import { AppError } from '../../errors.ts'

/** The number, or `not-found`: an address with anything else leads nowhere. */
export function idIn(text: string | undefined): number {
  const id = Number(text)
  if (!/^[1-9]\d{0,9}$/.test(text ?? '') || id > 2 ** 31 - 1)
    throw new AppError('not-found', `There is nothing with the number ${JSON.stringify((text ?? '').slice(0, 40))}.`)
  return id
}

/** A key to go on beyond, from a query; undefined where there is none. */
export function keyIn(text: string | undefined): number | undefined {
  return /^\d{1,9}$/.test(text ?? '') ? Number(text) : undefined
}
