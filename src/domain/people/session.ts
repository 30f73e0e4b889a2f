/** A session: one browser that is signed in, until its cookie or somebody ends it. */

import type { SignInMethod } from '../../storage/schema.ts'

export type { SignInMethod } from '../../storage/schema.ts'

export interface Session {
  readonly id: number
  /** The device, as its browser names itself. */
  readonly label: string
  readonly method: SignInMethod
  readonly createdAt: Date
  /** To within some minutes. */
  readonly lastSeenAt: Date
  readonly expiresAt: Date
}

export const sessionLimits = {
  /** Days without a visit after which a browser is asked again. */
  idleDays: 30,
  /** Days after which it is asked in any case. */
  longestDays: 365,
  /** A visit is written down at most so often: pages are read far more often than that. */
  touchMinutes: 5,
} as const

/** "Firefox on Linux", from the header that browsers send; what it says is shown to its owner and decides nothing. */
export function deviceLabel(userAgent: string | undefined): string {
  const text = userAgent ?? ''
  const known = (patterns: readonly (readonly [RegExp, string])[]) => patterns.find(([pattern]) => pattern.test(text))?.[1]
  const browser = known(browsers)
  const system = known(systems)
  if (browser && system) return `${browser} on ${system}`
  return browser ?? system ?? 'Unknown device'
}

/** Browsers claim to be those before them, so the more particular name comes first. */
const browsers = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bHeadlessChrome\//, 'Chrome'],
  [/\bChrome\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/\bcurl\//, 'curl'],
] as const

const systems = [
  [/\biPhone|\biPad/, 'iOS'],
  [/\bAndroid/, 'Android'],
  [/\bWindows/, 'Windows'],
  [/\bMac OS X|\bMacintosh/, 'macOS'],
  [/\bCrOS/, 'ChromeOS'],
  [/\bLinux/, 'Linux'],
] as const
