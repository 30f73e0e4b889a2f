/** Finds examples, and cases that may be trained on, that would give away an eval suite: a score on what was trained on measures nothing. */

import type { Blobs } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { bandsOf, comparedText, isNear, shinglesOf, textKey, type ComparedText } from '../models/near-text.ts'
import { guardedSuites, readSuite, suitesWithKeys } from '../models/suite-queries.ts'
import { nearKey, questionOf, suiteKeysOf } from '../models/suite-samples.ts'
import type { Finding } from './contribution.ts'
import { textsOf, type ExampleContent } from './example.ts'
import { comingOf, contentOfCase, wholeText, type PreparedChange } from './prepared-change.ts'

/** Shorter answers, such as "yes" or "5", stand in every suite by chance. */
const telling = 24

/** Texts of an example that must not be a sample's question, or a sample's question with its answer. Pure. */
export function revealingTexts(content: ExampleContent): readonly string[] {
  const whole = wholeText(content)
  if ('messages' in content) {
    const turns = content.messages.filter(({ role }) => role !== 'system')
    const upTo = turns.flatMap(({ role }, i) => (role === 'user' ? [turns.slice(0, i + 1)] : []))
    const questions = upTo.map((some) => some.map(({ content }) => content).join('\n'))
    const single = turns.filter(({ role }) => role === 'user').map(({ content }) => content)
    return [...new Set([...questions, ...single, turns.map(({ content }) => content).join('\n'), ...long(textsOf(content))])]
  }
  if ('text' in content) return [content.text]
  return [...new Set([content.prompt, whole, ...long(textsOf(content))])]
}

function long(texts: readonly string[]): readonly string[] {
  return texts.filter((text) => text.length >= telling)
}

/** Rows that hold a sample of a current suite, a retired one too: exactly (an error) or nearly (a warning). */
export async function overlapWithSuites(
  app: { readonly db: Db; readonly blobs: Blobs },
  modelId: number,
  changes: readonly PreparedChange[],
): Promise<Finding[]> {
  if ((await guardedSuites(app.db, modelId)).length === 0) return []
  const revealed = changes.flatMap(revealingContent).map(({ row, content, bands }) => ({
    row,
    keys: revealingTexts(content).map(textKey),
    near: [...new Set([...bands, ...bandsOf(shinglesOf(questionText(content)))])].map(nearKey),
    texts: [...new Set([questionText(content), wholeText(content)])],
  }))
  const keys = [...new Set(revealed.flatMap(({ keys, near }) => [...keys, ...near]))]
  const findings: Finding[] = []
  const exact = new Set<number>()
  for (const found of await suitesWithKeys(app.db, modelId, keys)) {
    for (const { row, keys } of revealed)
      if (!exact.has(row) && keys.some((key) => found.keys.has(key))) {
        exact.add(row)
        findings.push({
          check: 'overlap',
          severity: 'error',
          row,
          sentence: `It is a question of the eval suite ${found.suite.name}; training on it would make the suite measure nothing. Leave it out.`,
        })
      }
    const suspects = revealed.filter(({ row, near }) => !exact.has(row) && near.some((key) => found.keys.has(key)))
    if (suspects.length > 0) findings.push(...(await nearSamples(app, found.suite, found.keys, suspects)))
  }
  return findings
}

function revealingContent(change: PreparedChange): readonly { row: number; content: ExampleContent; bands: readonly number[] }[] {
  if (change.kind === 'case') return change.action === 'add' ? [{ row: change.row, content: contentOfCase(change.sample), bands: [] }] : []
  const coming = comingOf(change)
  return coming ? [{ row: coming.row, content: coming.example.content, bands: coming.bands }] : []
}

function questionText(content: ExampleContent): string {
  if ('messages' in content) return content.messages.findLast(({ role }) => role === 'user')?.content ?? ''
  return 'text' in content ? content.text : content.prompt
}

type Suspect = { readonly row: number; readonly near: readonly string[]; readonly texts: readonly string[] }

async function nearSamples(
  app: { readonly blobs: Blobs },
  suite: Parameters<typeof readSuite>[1],
  keys: ReadonlySet<string>,
  suspects: readonly Suspect[],
): Promise<Finding[]> {
  const samples: { text: ComparedText; keys: ReadonlySet<string> }[] = []
  for await (const sample of readSuite(app, suite)) {
    const own = new Set(suiteKeysOf(sample).filter((key) => keys.has(key)))
    if (own.size > 0) samples.push({ text: comparedText(questionOf(sample)), keys: own })
  }
  return suspects.flatMap(({ row, near, texts }): Finding[] => {
    const candidates = samples.filter((sample) => near.some((key) => sample.keys.has(key)))
    const mine = texts.map(comparedText)
    const close = candidates.some((sample) => mine.some((text) => isNear(text, sample.text)))
    const sentence = `It is nearly a question of the eval suite ${suite.name}; make sure that it does not give the answer away.`
    return close ? [{ check: 'overlap', severity: 'warning', row, sentence }] : []
  })
}
