/** When two people answer the same question: the conversation up to the answer, as it reads. Pure. */

import { createHash } from 'node:crypto'
import type { ChatMessage } from '../../trainers/trainer.ts'
import type { SampleInput } from './suite.ts'

/**
 * Equal for the same turns by the same speakers, whatever their case, spacing, invisible characters and closing punctuation. Other punctuation counts:
 * 5-3 and 5*3 ask different things.
 */
export function questionKey(input: SampleInput): string {
  const turns: readonly ChatMessage[] = 'messages' in input ? input.messages : [{ role: 'user', content: input.prompt }]
  const asked = turns.map(({ role, content }) => [role, plainQuestion(content)])
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex')
}

function plainQuestion(text: string): string {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\p{Cf}/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
  return plain.replace(/[\s.!?…。！？।॥؟۔]+$/u, '') || plain
}
