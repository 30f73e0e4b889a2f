/** Concludes what a model made from several licensed inputs may be used for, with the path that leads to the answer. */

import { AppError } from '../../errors.ts'
import type { LicenceTerms } from './licence-table.ts'
import type { LicenceInput, LicenceReason, LicenceVerdict, Permission } from './licence-verdict.ts'
import { leafText, parseLicence, type LicenceLeaf } from './parse-licence.ts'

const notLegalAdvice = 'This is read from the licences as declared and is not legal advice.'

/** An input with the way of its licence that serves best; null where its terms are not known. */
interface Judged {
  readonly input: LicenceInput
  readonly way: readonly LicenceLeaf[] | null
  readonly text: string
}

/**
 * Pure. OR-expressions are chosen from (the most permissive way), AND and several inputs combine. An input whose licence is unknown makes the
 * answer `unknown` unless another already forbids. Whether a trained model is adapted from its examples is not settled: it is treated as if it were.
 */
export function concludeLicence(inputs: readonly LicenceInput[]): LicenceVerdict {
  const judged = inputs.map(judge)
  const commercial = judged.filter((it) => forbids(it, 'commercialUse'))
  const fixedForms = judged.filter((it) => forbids(it, 'derivatives'))
  const unknown = judged.filter((it) => it.way === null)
  const conflict = shareAlikeConflict(judged)
  const commercialUse: Permission = commercial.length > 0 ? 'not-allowed' : unknown.length > 0 ? 'unknown' : 'allowed'
  const derivatives: Permission = fixedForms.length > 0 || conflict.length > 0 ? 'not-allowed' : unknown.length > 0 ? 'unknown' : 'allowed'
  const blockers = [...new Set([...commercial, ...fixedForms, ...conflict.slice(1), ...unknown])]
  return {
    expression: expressionOf(judged),
    summary: summaryOf({ commercial, fixedForms, unknown, conflict }),
    commercialUse,
    derivatives,
    conditions: conditionsOf(judged),
    why: [...reasonsOf(judged), ...conflictReasons(conflict)],
    fix: fixOf(blockers),
    terms: distinctTerms(judged),
    notLegalAdvice,
  }
}

function judge(input: LicenceInput): Judged {
  try {
    const ways = parseLicence(input.licence).ways
    const way = [...ways].sort((a, b) => burden(a) - burden(b))[0] as readonly LicenceLeaf[]
    return { input, way, text: way.map(leafText).join(' AND ') }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { input, way: null, text: input.licence }
  }
}

/** Orders the ways of an OR-expression: what forbids weighs most, then share-alike, then conditions. */
function burden(way: readonly LicenceLeaf[]): number {
  const of = ({ terms }: LicenceLeaf) =>
    (terms.commercialUse === 'not-allowed' ? 10_000 : 0) +
    (terms.derivatives === 'not-allowed' ? 10_000 : 0) +
    (terms.shareAlike === 'whole' ? 1_000 : terms.shareAlike === 'part' ? 100 : 0) +
    terms.conditions.length * 10 +
    (terms.attribution ? 1 : 0)
  return way.reduce((sum, leaf) => sum + of(leaf), 0)
}

function forbids(judged: Judged, what: 'commercialUse' | 'derivatives'): boolean {
  return judged.way?.some(({ terms }) => terms[what] === 'not-allowed') ?? false
}

const plural = (count: number, one: string) => `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`

/** "41 rows of contribution 17 are CC-BY-NC-4.0" */
function clause({ input, text }: Judged): string {
  if (input.role !== 'examples') return `${input.what} is ${text}`
  return `${plural(input.count, 'row')} of ${input.what} ${input.count === 1 ? 'is' : 'are'} ${text}`
}

/** Joins sentences' parts; a long list is cut, because the reasons list them all. */
function join(parts: readonly string[]): string {
  const shown = parts.length > 4 ? [...parts.slice(0, 3), `${parts.length - 3} more`] : [...parts]
  const last = shown.pop() as string
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`
}

interface Findings {
  readonly commercial: readonly Judged[]
  readonly fixedForms: readonly Judged[]
  readonly unknown: readonly Judged[]
  readonly conflict: readonly Judged[]
}

function summaryOf({ commercial, fixedForms, unknown, conflict }: Findings): string {
  const sentences: string[] = []
  const removable = (inputs: readonly Judged[]) => inputs.every(({ input }) => input.role === 'examples')
  if (commercial.length > 0) {
    const without = removable(commercial) && unknown.length === 0 ? `; without ${many(commercial) ? 'them' : 'it'}, yes` : ''
    sentences.push(`Not for commercial use, because ${join(commercial.map(clause))}${without}.`)
  } else if (unknown.length > 0)
    sentences.push(`Whether commercial use is allowed is not known, because the terms are not known: ${join(unknown.map(clause))}.`)
  else sentences.push('Commercial use is allowed.')
  if (fixedForms.length > 0) sentences.push(`Adapted forms may not be passed on, because ${join(fixedForms.map(clause))}.`)
  if (conflict.length > 0)
    sentences.push(
      `It cannot be passed on as a whole: ${join(conflict.map(clause))}, and each asks that all of it stays under its own terms.`,
    )
  return sentences.join(' ')
}

function many(inputs: readonly Judged[]): boolean {
  return inputs.length > 1 || (inputs[0]?.input.count ?? 0) !== 1
}

function fixOf(blockers: readonly Judged[]): string | null {
  if (blockers.length === 0) return null
  const examples = blockers.filter(({ input }) => input.role === 'examples')
  const others = blockers.filter(({ input }) => input.role !== 'examples')
  const steps = [
    ...(examples.length > 0 ? [`take ${join(examples.map(({ input }) => `${plural(input.count, 'row')} out of ${input.what}`))}`] : []),
    ...(others.length > 0 ? [`replace ${join(others.map(({ input }) => input.what))}`] : []),
  ]
  const text = `${steps.join(', ')}, then train and release again; or ask whoever holds the rights for other terms.`
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function reasonsOf(judged: readonly Judged[]): LicenceReason[] {
  const reasons: LicenceReason[] = []
  for (const it of judged) {
    const add = (about: LicenceReason['about'], sentence: string) => reasons.push({ about, input: it.input, chosen: it.text, sentence })
    if (it.way === null) add('commercial-use', `${clause(it)}: these terms are not known here.`)
    for (const { terms } of it.way ?? []) {
      if (terms.commercialUse === 'not-allowed') add('commercial-use', `${clause(it)}, which forbids commercial use (${terms.source}).`)
      if (terms.derivatives === 'not-allowed')
        add('derivatives', `${clause(it)}, which forbids passing on adapted forms (${terms.source}).`)
      if (terms.shareAlike === 'whole')
        add('share-alike', `${clause(it)}, which asks that what is made from it stays under the same licence (${terms.source}).`)
      if (terms.attribution) add('attribution', `${clause(it)}, which asks for credit (${terms.source}).`)
      for (const condition of terms.conditions)
        add(/name|Built with/.test(condition) ? 'naming' : 'use-restrictions', `${clause(it)}: ${condition}`)
    }
  }
  return reasons
}

function conflictReasons(conflict: readonly Judged[]): LicenceReason[] {
  return conflict.map((it) => ({
    about: 'share-alike',
    input: it.input,
    chosen: it.text,
    sentence: `${clause(it)}, and the whole cannot also stay under ${conflict
      .filter((other) => other !== it)
      .map((other) => other.text)
      .join(', ')}.`,
  }))
}

/**
 * Inputs whose share-alike terms exclude each other, one per licence family, the one with the most rows first; empty where one licence can hold for
 * the whole. Versions of one Creative Commons licence follow each other upwards (CC BY-SA 4.0, section 3(b)(1)), as do "or later" GNU licences, and CC BY-SA 4.0
 * goes into GPL-3.0 (creativecommons.org/compatiblelicenses).
 */
function shareAlikeConflict(judged: readonly Judged[]): Judged[] {
  const families = new Map<string, { first: Judged; count: number }>()
  for (const it of judged)
    for (const { terms } of it.way ?? []) {
      if (terms.shareAlike !== 'whole') continue
      const family = shareAlikeFamily(terms)
      const known = families.get(family)
      families.set(family, { first: known?.first ?? it, count: (known?.count ?? 0) + it.input.count })
    }
  if (families.has('GPL-3.0')) {
    families.delete('CC-BY-SA')
    families.delete('GPL-or-later')
    families.delete('AGPL-3.0')
  }
  if (families.has('GPL-2.0-only')) families.delete('GPL-or-later')
  if (families.has('AGPL-3.0')) families.delete('GPL-or-later')
  if (families.size < 2) return []
  return [...families.values()].sort((a, b) => b.count - a.count).map(({ first }) => first)
}

function shareAlikeFamily({ id }: LicenceTerms): string {
  const cc = /^CC-(BY(?:-NC)?-SA)/.exec(id)
  if (cc) return `CC-${cc[1]}`
  if (/^AGPL-3/.test(id)) return 'AGPL-3.0'
  if (/^GPL-3/.test(id)) return 'GPL-3.0'
  if (/^GPL-.*-or-later$/.test(id)) return 'GPL-or-later'
  if (/^GPL-2/.test(id)) return 'GPL-2.0-only'
  return id.replace(/-\d.*$/, '')
}

function conditionsOf(judged: readonly Judged[]): string[] {
  const conditions = new Set<string>()
  const credited = judged.filter(({ way }) => way?.some(({ terms }) => terms.attribution))
  if (credited.length > 0)
    conditions.add(`Give credit and pass on the notices of ${join([...new Set(credited.map(({ text }) => text))].sort())}.`)
  for (const { way } of judged)
    for (const { terms } of way ?? []) {
      if (terms.shareAlike === 'whole') conditions.add(`Pass on what is made from it under ${terms.id}.`)
      if (terms.shareAlike === 'part') conditions.add(`Keep the parts under ${terms.id} under that licence.`)
      for (const condition of terms.conditions) conditions.add(condition)
    }
  return [...conditions]
}

function distinctTerms(judged: readonly Judged[]): LicenceTerms[] {
  const all = judged.flatMap(({ way }) => way ?? []).map(({ terms }) => terms)
  return [...new Map(all.map((terms) => [terms.id, terms])).values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function expressionOf(judged: readonly Judged[]): string {
  const parts = judged.flatMap(({ way, input }) => (way === null ? [`(${input.licence})`] : way.map(leafText)))
  const sorted = [...new Set(parts)].sort()
  return sorted.length === 0 ? 'NONE' : sorted.join(' AND ')
}
