/** What a suite of shares can show before it was ever used to compare two models. Pure. */

import { smallestDetectable, type PairedSample } from './statistics.ts'

/** How many answers differ between a release and the one before, where nothing was measured yet: an assumption, and shown as one. */
export const assumedChanging = 0.2

/** The smallest change of score that so many samples would show four times out of five, were `changing` of the answers to differ, as many for better as for worse. */
export function detectableWith(samples: number, changing = assumedChanging): number {
  const differing = Math.round(samples * changing)
  const pairs = Array.from({ length: samples }, (_, i): PairedSample => {
    const [subject, baseline] = i >= differing ? [1, 1] : i % 2 === 0 ? [1, 0] : [0, 1]
    return { subject, baseline, weight: 1 }
  })
  return smallestDetectable(pairs, 1)
}
