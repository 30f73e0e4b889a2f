/** Semantic versions (semver.org 2.0.0), without build metadata: a release has exactly one name. */

import { AppError } from '../../errors.ts'

export interface Version {
  readonly numbers: readonly [major: number, minor: number, patch: number]
  /** Identifiers after the hyphen; empty for a full release. */
  readonly preRelease: readonly string[]
}

const shape = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/

export function parseVersion(text: string): Version {
  const [, major, minor, patch, preRelease] = (text.length <= 100 ? shape.exec(text) : null) ?? []
  const identifiers = preRelease?.split('.') ?? []
  if (major === undefined || identifiers.some((one) => /^0\d+$/.test(one)))
    throw new AppError(
      'invalid',
      `"${text.slice(0, 60)}" is not a semantic version; use three numbers, e.g. 0.1.0, or 0.2.0-rc.1 for a candidate.`,
    )
  return { numbers: [Number(major), Number(minor), Number(patch)], preRelease: identifiers }
}

export function formatVersion({ numbers, preRelease }: Version): string {
  return `${numbers.join('.')}${preRelease.length === 0 ? '' : `-${preRelease.join('.')}`}`
}

/** Negative where `a` comes before `b`, as section 11 of the specification orders them. */
export function compareVersions(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) if (number !== b.numbers[index]) return number - b.numbers[index]!
  if (a.preRelease.length === 0 || b.preRelease.length === 0) return b.preRelease.length - a.preRelease.length
  for (const [index, mine] of a.preRelease.entries()) {
    const theirs = b.preRelease[index]
    if (theirs === undefined) return 1
    if (mine === theirs) continue
    const [isNumber, areNumbers] = [/^\d+$/.test(mine), /^\d+$/.test(theirs)]
    if (isNumber && areNumbers) return Number(mine) - Number(theirs)
    if (isNumber !== areNumbers) return isNumber ? -1 : 1
    return mine < theirs ? -1 : 1
  }
  return a.preRelease.length - b.preRelease.length
}
