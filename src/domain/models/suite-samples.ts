/** Reads samples of eval suites and says what of them must not stand in training data. Pure. */

import { describe, isRecord } from '../../formats/strict-json.ts'
import type { ChatMessage } from '../../trainers/trainer.ts'
import { parseAnswerRules } from './answer-rules.ts'
import { bandsOf, shinglesOf, textKey } from './near-text.ts'
import { suiteLimits, type SampleInput, type SampleLabels, type SuiteKind, type SuiteSample } from './suite.ts'

/** The sample, or a sentence that says what is wrong with it. */
export function parseSample(kind: SuiteKind, value: unknown): SuiteSample | string {
  if (!isRecord(value)) return `A sample is a JSON object, not ${describe(value)}.`
  const labels = parseLabels(value)
  if (typeof labels === 'string') return labels
  switch (kind) {
    case 'text':
      return typeof value['text'] === 'string' && value['text'].trim() !== ''
        ? withinLength({ kind, text: value['text'].normalize('NFC'), ...labels })
        : `A text sample needs {"text": …}, not ${describe(value['text'])}.`
    case 'exact': {
      const input = parseInput(value)
      if (typeof input === 'string') return input
      const expected = value['expected']
      if (typeof expected !== 'string' || expected.trim() === '')
        return `expected must be the right answer as a text, not ${describe(expected)}.`
      return withinLength({ kind, ...input, expected: expected.normalize('NFC'), ...labels })
    }
    case 'choice': {
      const input = parseInput(value)
      if (typeof input === 'string') return input
      const { choices, answer } = value
      if (
        !Array.isArray(choices) ||
        choices.length < 2 ||
        choices.length > suiteLimits.choices ||
        !choices.every((it) => typeof it === 'string' && it !== '')
      )
        return `choices must be 2 to ${suiteLimits.choices} texts, not ${describe(choices)}.`
      const texts = choices.map((choice: string) => choice.normalize('NFC'))
      if (new Set(texts).size < texts.length) return 'Two of the choices are the same.'
      if (!Number.isInteger(answer) || (answer as number) < 0 || (answer as number) >= texts.length)
        return `answer must be the index of the right choice, 0 to ${texts.length - 1}, not ${describe(answer)}.`
      return withinLength({ kind, ...input, choices: texts, answer: answer as number, ...labels })
    }
    case 'rule': {
      const input = parseInput(value)
      if (typeof input === 'string') return input
      const expect = parseAnswerRules(value['expect'])
      return typeof expect === 'string' ? expect : withinLength({ kind, ...input, expect, ...labels })
    }
  }
}

function parseLabels({ topic, language, contribution }: Readonly<Record<string, unknown>>): SampleLabels | string {
  if (topic !== undefined && (typeof topic !== 'string' || topic.trim() === '' || topic.length > suiteLimits.topic))
    return `topic must be a text of at most ${suiteLimits.topic} characters, not ${describe(topic)}.`
  if (language !== undefined && (typeof language !== 'string' || !isLanguageTag(language)))
    return `language must be a BCP 47 tag such as mr or kok-Deva, not ${describe(language)}.`
  return {
    ...(topic !== undefined && { topic: topic.normalize('NFC').trim() }),
    ...(language !== undefined && { language: new Intl.Locale(language).toString() }),
    ...(Number.isSafeInteger(contribution) && { contribution: contribution as number }),
  }
}

function isLanguageTag(text: string): boolean {
  try {
    return new Intl.Locale(text).toString() !== ''
  } catch {
    return false
  }
}

function withinLength(sample: SuiteSample): SuiteSample | string {
  const length = JSON.stringify(sample).length
  return length > suiteLimits.text ? `The sample has ${length} characters; at most ${suiteLimits.text} are read.` : sample
}

function parseInput(value: Readonly<Record<string, unknown>>): SampleInput | string {
  const { prompt, messages } = value
  if ((prompt === undefined) === (messages === undefined)) return 'A sample needs either "prompt" or "messages".'
  if (messages === undefined)
    return typeof prompt === 'string' && prompt.trim() !== ''
      ? { prompt: prompt.normalize('NFC') }
      : `prompt must be a text, not ${describe(prompt)}.`
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > suiteLimits.turns)
    return `messages must be 1 to ${suiteLimits.turns} turns, not ${describe(messages)}.`
  const turns: ChatMessage[] = []
  for (const [i, turn] of (messages as unknown[]).entries()) {
    const { role, content } = isRecord(turn) ? turn : {}
    if (role !== 'system' && role !== 'user' && role !== 'assistant')
      return `Turn ${i + 1} has the role ${describe(role)}; system, user or assistant is needed.`
    if (typeof content !== 'string') return `Turn ${i + 1} has the content ${describe(content)}; a text is needed.`
    turns.push({ role, content: content.normalize('NFC') })
  }
  return turns.at(-1)?.role === 'user' ? { messages: turns } : "The last turn must be the user's: the model answers it."
}

/** What the sample asks, as one text: the whole text, the prompt, or the turns without the system's. */
export function questionOf(sample: SuiteSample): string {
  if (sample.kind === 'text') return sample.text
  if ('prompt' in sample) return sample.prompt
  return sample.messages
    .filter(({ role }) => role !== 'system')
    .map(({ content }) => content)
    .join('\n')
}

/** Keys under which a training example that gives the sample away is found: exact ones, and near ones with a `~`. */
export function suiteKeysOf(sample: SuiteSample): readonly string[] {
  const question = questionOf(sample)
  const answered = sample.kind === 'exact' ? [textKey(`${question}\n${sample.expected}`)] : []
  return [textKey(question), ...answered, ...bandsOf(shinglesOf(question)).map(nearKey)]
}

/** The sample as one line of a suite's file. */
export function sampleLine({ kind: _, ...sample }: SuiteSample): string {
  return `${JSON.stringify(sample)}\n`
}

export function nearKey(band: number): string {
  return `~${band.toString(16)}`
}
