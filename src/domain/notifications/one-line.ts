/** Text that others wrote, as part of one line of ours. */

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** NFC, white space as single spaces, cut between characters with "…" where it is longer than `limit`. */
export function inOneLine(text: string, limit: number): string {
  const line = text.normalize('NFC').replace(/\s+/gu, ' ').trim()
  if (line.length <= limit) return line
  let kept = ''
  for (const { segment } of segmenter.segment(line)) {
    if (kept.length + segment.length > limit - 1) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
}
