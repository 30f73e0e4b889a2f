/** What a thread is about, named by its kind and one text that says which. */

import { AppError } from '../../errors.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { SubjectKind } from '../../storage/schema.ts'
import { formatModelName, parseModelName } from '../models/model-name.ts'
import { subjectKinds } from './thread.ts'

/** contribution "12" · release "marathi/saathi@0.1.0" · suite "marathi/saathi/everyday" · clause "marathi/saathi/3" · example "marathi/saathi/sha256:…" */
export interface Subject {
  readonly kind: SubjectKind
  readonly id: string
}

/** A subject taken apart; `model` is `owner/name`. */
export type ParsedSubject =
  | { readonly kind: 'contribution'; readonly number: number }
  | { readonly kind: 'release'; readonly model: string; readonly version: string }
  | { readonly kind: 'suite'; readonly model: string; readonly suite: string }
  | { readonly kind: 'clause'; readonly model: string; readonly number: number }
  | { readonly kind: 'example'; readonly model: string; readonly digest: Digest }

const forms = {
  contribution: 'its number, e.g. "12"',
  release: 'owner/name@version, e.g. "marathi/saathi@0.1.0"',
  suite: 'owner/name/suite, e.g. "marathi/saathi/everyday"',
  clause: 'owner/name/number, e.g. "marathi/saathi/3"',
  example: 'owner/name/digest, e.g. "marathi/saathi/sha256:…"',
} as const satisfies Record<SubjectKind, string>

export function parseSubject(input: { readonly kind: string; readonly id: string }): ParsedSubject {
  const kind = subjectKinds.find((known) => known === input.kind)
  if (!kind)
    throw new AppError(
      'invalid',
      `Nothing of the kind ${JSON.stringify(input.kind.slice(0, 60))} is discussed; choose ${subjectKinds.join(', ')}.`,
    )
  const id = input.id.normalize('NFC').trim()
  const refuse = (): never => {
    throw new AppError('invalid', `${JSON.stringify(id.slice(0, 120))} names no ${kind}; write ${forms[kind]}.`)
  }
  if (kind === 'contribution') return { kind, number: wholeNumber(id) ?? refuse() }
  const [, owner, name, mark, rest] = /^([^/@]+)\/([^/@]+)([/@])(.+)$/s.exec(id) ?? []
  if (owner === undefined || name === undefined || rest === undefined || (mark === '@') !== (kind === 'release')) return refuse()
  const model = formatModelName(parseModelName(`${owner}/${name}`))
  switch (kind) {
    case 'release':
      return { kind, model, version: rest }
    case 'suite':
      return { kind, model, suite: rest }
    case 'clause':
      return { kind, model, number: wholeNumber(rest) ?? refuse() }
    case 'example':
      return /^sha256:[0-9a-f]{64}$/.test(rest) ? { kind, model, digest: rest as Digest } : refuse()
    default:
      return kind satisfies never
  }
}

export function formatSubject(parsed: ParsedSubject): Subject {
  const { kind } = parsed
  switch (kind) {
    case 'contribution':
      return { kind, id: String(parsed.number) }
    case 'release':
      return { kind, id: `${parsed.model}@${parsed.version}` }
    case 'suite':
      return { kind, id: `${parsed.model}/${parsed.suite}` }
    case 'clause':
      return { kind, id: `${parsed.model}/${parsed.number}` }
    case 'example':
      return { kind, id: `${parsed.model}/${parsed.digest}` }
    default:
      return kind satisfies never
  }
}

/** As part of a sentence: "contribution 12", "release marathi/saathi@0.1.0", "clause 3 of marathi/saathi". */
export function nameSubject(parsed: ParsedSubject): string {
  switch (parsed.kind) {
    case 'contribution':
      return `contribution ${parsed.number}`
    case 'release':
      return `release ${parsed.model}@${parsed.version}`
    case 'suite':
      return `suite ${parsed.suite} of ${parsed.model}`
    case 'clause':
      return `clause ${parsed.number} of the charter of ${parsed.model}`
    case 'example':
      return `an example of ${parsed.model}`
    default:
      return parsed satisfies never
  }
}

function wholeNumber(text: string): number | null {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null
}
