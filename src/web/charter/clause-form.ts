/** A proposed clause as a form has it: text, consequence, place, and cases with their rules. */

import type { Clause } from '../../domain/models/charter.ts'
import type { RuleSample } from '../../domain/models/suite.ts'
import { questionOf } from '../../domain/models/suite-samples.ts'
import { AppError } from '../../errors.ts'
import type { Typed } from '../form.ts'

export type ClauseAim = { readonly kind: 'add' } | { readonly kind: 'edit' | 'remove'; readonly clause: Clause }

/** Empty cases under those there are, to be filled in. */
const spareCases = 2
const mostCases = 50

export function typedFromClause(clause: Clause | null, signOff: string): Typed {
  const cases = clause?.cases ?? []
  return {
    text: clause?.text ?? '',
    blocks: clause?.blocks ?? 'when-lost',
    tolerance: String(Math.round((clause?.tolerance ?? 0) * 100)),
    place: '',
    message: '',
    signOff,
    rows: String(Math.min(mostCases, cases.length + spareCases)),
    ...Object.fromEntries(cases.flatMap((one, i) => Object.entries(caseFields(one, i)))),
  }
}

function caseFields(one: RuleSample, i: number): Typed {
  const { exactly = '', script, any, none, most } = one.expect
  return {
    [`question${i}`]: questionOf(one),
    [`exactly${i}`]: exactly,
    [`script${i}`]: (script ?? []).join(' '),
    [`any${i}`]: (any ?? []).join('\n'),
    [`none${i}`]: (none ?? []).join('\n'),
    [`most${i}`]: most === undefined ? '' : String(most),
  }
}

export function rowsOf(typed: Typed): number {
  return Math.min(mostCases, Math.max(1, Math.trunc(Number(typed['rows'])) || 1))
}

/** As parseClauseChange reads it. A dialogue, which a field cannot hold, stays as it was where its question was not touched. */
export function clauseChangeFrom(typed: Typed, aim: ClauseAim): Record<string, unknown> {
  if (aim.kind === 'remove') return { action: 'remove', number: aim.clause.number }
  const known = aim.kind === 'edit' ? aim.clause.cases : []
  const share = Number((typed['tolerance'] ?? '0').replace(',', '.') || 0) / 100
  const place = typed['place'] ?? ''
  return {
    ...(aim.kind === 'add' ? { action: 'add' } : { action: 'replace', number: aim.clause.number }),
    text: typed['text'] ?? '',
    blocks: typed['blocks'] ?? 'when-lost',
    tolerance: share,
    cases: Array.from({ length: rowsOf(typed) }, (_, i) => caseFrom(typed, i, known)).filter((one) => one !== null),
    after: place === '' ? null : Number(place),
  }
}

function caseFrom(typed: Typed, i: number, known: readonly RuleSample[]): Record<string, unknown> | null {
  const at = (name: string) => (typed[`${name}${i}`] ?? '').trim()
  const lines = (name: string) =>
    at(name)
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
  const expect = {
    ...(at('exactly') && { exactly: at('exactly') }),
    ...(at('script') && { script: at('script').split(/[\s,]+/) }),
    ...(lines('any').length > 0 && { any: lines('any') }),
    ...(lines('none').length > 0 && { none: lines('none') }),
    ...(at('most') && { most: Number(at('most')) }),
  }
  const question = at('question')
  if (question === '' && Object.keys(expect).length === 0) return null
  if (question === '') throw new AppError('invalid', `Case ${i + 1} says what the answer has to be like, but not what is asked.`)
  const before = known.find((one) => questionOf(one).trim() === question)
  const asked = before === undefined ? { prompt: question } : 'prompt' in before ? { prompt: before.prompt } : { messages: before.messages }
  const { topic, language } = before ?? {}
  return { ...asked, expect, ...(topic !== undefined && { topic }), ...(language !== undefined && { language }) }
}
