/** A row of a table as a sample of a suite: people keep their questions in spreadsheets, which have no lists and no turns. Pure. */

import type { SuiteKind } from './suite.ts'

type Cells = Readonly<Record<string, string>>

/** Between the choices of a question, and the phrases of a rule. */
const between = '|'

/** Columns that a table of each kind may have; `question` or `prompt` is needed where both are named. */
export const tableColumns = {
  exact: ['question', 'prompt', 'expected', 'system', 'topic', 'language'],
  choice: ['question', 'prompt', 'choices', 'answer', 'system', 'topic', 'language'],
  rule: ['question', 'prompt', 'exactly', 'script', 'any', 'none', 'most', 'system', 'topic', 'language'],
  text: ['text', 'topic', 'language'],
} as const satisfies Record<SuiteKind, readonly string[]>

/** What `parseSample` reads, with empty cells left out; or what is wrong with the row. */
export function sampleOfTable(kind: SuiteKind, cells: Cells): { readonly value: unknown } | { readonly problem: string } {
  const known: readonly string[] = tableColumns[kind]
  const strange = Object.keys(cells).find((column) => !known.includes(column.trim().toLowerCase()))
  if (strange !== undefined)
    return { problem: `The table has the column ${JSON.stringify(strange.slice(0, 60))}; a suite of this kind has ${known.join(', ')}.` }
  const said: Record<string, string> = {}
  for (const [column, cell] of Object.entries(cells)) if (cell.trim() !== '') said[column.trim().toLowerCase()] = cell
  const { question, system, choices, answer, exactly, script, any, none, most, ...rest } = said
  const messages = question === undefined ? {} : { messages: [...(system === undefined ? [] : [{ role: 'system', content: system }]), { role: 'user', content: question }] } // prettier-ignore
  const value = { ...rest, ...messages }
  if (kind === 'choice') {
    const texts = listed(choices ?? '')
    return { value: { ...value, choices: texts, answer: placeOf(texts, answer ?? '') } }
  }
  if (kind !== 'rule') return { value }
  const expect = {
    ...(exactly !== undefined && { exactly }),
    ...(script !== undefined && { script: listed(script) }),
    ...(any !== undefined && { any: listed(any) }),
    ...(none !== undefined && { none: listed(none) }),
    ...(most !== undefined && { most: Number(most) }),
  }
  return { value: { ...value, expect } }
}

function listed(text: string): readonly string[] {
  return text
    .split(between)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** The right choice is named by its text. What is none of them is left as it is, for the reader of samples to refuse. */
function placeOf(choices: readonly string[], answer: string): number | string {
  const at = choices.indexOf(answer.trim())
  return at === -1 ? answer : at
}
