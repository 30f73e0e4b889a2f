/** The rules of review as fields of a form: which there are, and what they say back. */

import { flatRules, type ReviewRules, type RuleChanges } from '../../domain/models/review-rules.ts'
import type { Typed } from '../form.ts'

/** Fields by name, e.g. `quorum.cap`. A yes-or-no is a select, so that "no" is sent too. */
export type RuleField =
  | { readonly name: string; readonly kind: 'number'; readonly value: number | null }
  | { readonly name: string; readonly kind: 'choice'; readonly value: string; readonly choices: readonly string[] }

/** Every rule there is now, in order. */
export function ruleFields(rules: ReviewRules, typed: Typed | null): readonly RuleField[] {
  return flatRules(rules).map(([name, value]): RuleField => {
    const said = typed?.[name]
    if (name === 'quorum.kind' || name === 'rejection.kind')
      return { name, kind: 'choice', value: said ?? String(value), choices: ['adaptive', 'fixed'] }
    if (typeof value === 'boolean') return { name, kind: 'choice', value: said ?? String(value), choices: ['true', 'false'] }
    return { name, kind: 'number', value: said === undefined ? (value as number | null) : said === '' ? null : Number(said) }
  })
}

/** What the form says, as changes. Numbers of a quorum of the other kind are left to their defaults; an empty limit is none. */
export function ruleChangesFrom(typed: Typed): RuleChanges {
  const changes: Record<string, Record<string, unknown>> = {}
  for (const [field, text] of Object.entries(typed)) {
    const [section, name] = field.split('.')
    if (!section || !name || !['quorum', 'rejection', 'trust', 'patrol', 'newcomers'].includes(section)) continue
    const value = text === 'true' ? true : text === 'false' ? false : name === 'kind' ? text : text.trim() === '' ? null : Number(text)
    ;(changes[section] ??= {})[name] = value
  }
  for (const section of ['quorum', 'rejection']) {
    const quorum = changes[section]
    if (!quorum) continue
    const own = quorum['kind'] === 'fixed' ? ['kind', 'n'] : ['kind', 'share', 'cap', 'days']
    changes[section] = Object.fromEntries(Object.entries(quorum).filter(([name, value]) => own.includes(name) && value !== null))
  }
  return changes
}
