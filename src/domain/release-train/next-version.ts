/** The version of the next release: the next minor one where something new is taught, the next patch where things were only put right. */

import { compareVersions, formatVersion, parseVersion } from '../releases/version.ts'

/**
 * @param taken every version there was, retracted ones included, in any order
 * @param onlyFixes whether all that is aboard corrects, replaces or takes out what was there
 */
export function nextVersion(taken: readonly string[], onlyFixes: boolean): string {
  const highest = taken.map(parseVersion).sort(compareVersions).at(-1)
  if (highest === undefined) return '0.1.0'
  const [major, minor, patch] = highest.numbers
  // 0.2.0-rc.1 becomes the release it was a candidate for.
  if (highest.preRelease.length > 0) return formatVersion({ numbers: highest.numbers, preRelease: [] })
  return formatVersion({ numbers: onlyFixes ? [major, minor, patch + 1] : [major, minor + 1, 0], preRelease: [] })
}
