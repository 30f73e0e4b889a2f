/** Reads the texts of one row. */

import { checkText } from './check-text.ts'
import type { Finding } from './contribution.ts'

/** Normalises the texts of a row, and says each thing that it finds in them once. */
export function textReader(row: number, findings: Finding[]): (text: string) => string {
  const said = new Set<string>()
  return (input) => {
    const { text, findings: about } = checkText(input)
    for (const { severity, sentence } of about)
      if (!said.has(sentence)) {
        said.add(sentence)
        findings.push({ check: 'encoding', severity, row, sentence })
      }
    return text
  }
}
