/** Checks where an example is from and whether its terms are known and admitted. Pure. */

import { AppError } from '../../errors.ts'
import { leafText, parseLicence, type ParsedLicence } from '../lineage/parse-licence.ts'
import type { LicencePolicy } from '../models/community-model.ts'
import { parseLanguage } from './check-language.ts'
import type { CheckName, OfferedProvenance } from './contribution.ts'
import { exampleLimits, origins, type Provenance } from './example.ts'

export interface ProvenanceFinding {
  readonly check: CheckName
  readonly severity: 'error' | 'warning'
  readonly sentence: string
}

export interface CheckedProvenance {
  /** null where an error stands in the findings. */
  readonly provenance: Provenance | null
  readonly findings: readonly ProvenanceFinding[]
}

export function checkProvenance(offered: OfferedProvenance, policy: LicencePolicy): CheckedProvenance {
  const findings: ProvenanceFinding[] = []
  const error = (check: CheckName, sentence: string) => findings.push({ check, severity: 'error', sentence })

  const origin = origins.find((known) => known === offered.origin)
  if (!origin) error('provenance', `Its origin is ${given(offered.origin)}; say ${origins.join(', ')}.`)

  const generator = offered.generator?.trim().normalize('NFC') || null
  if (origin === 'generated' && generator === null)
    error('provenance', 'It was generated, but by what is not said; name the generator with its version.')
  if (generator !== null && generator.length > exampleLimits.generator)
    error('size', `The generator's name has ${generator.length} characters; at most ${exampleLimits.generator} are kept.`)

  const source = offered.source?.trim().normalize('NFC') ?? ''
  if (source === '') error('provenance', 'Its source is not given; say where it is from, e.g. a link, a title or "written by hand".')
  if (source.length > exampleLimits.source)
    error('size', `Its source has ${source.length} characters; at most ${exampleLimits.source} are kept.`)

  const language = parseLanguage(offered.language ?? '')
  if ('problem' in language) error('language', language.problem)

  const licence = readLicence(offered.licence ?? '', policy, findings)
  if (!origin || licence === null || 'problem' in language || findings.some(({ severity }) => severity === 'error'))
    return { provenance: null, findings }
  return { provenance: { origin, generator, source, licence, language: language.tag }, findings }
}

function given(value: unknown): string {
  return typeof value === 'string' && value !== '' ? JSON.stringify(value.slice(0, 60)) : 'not given'
}

function readLicence(text: string, policy: LicencePolicy, findings: ProvenanceFinding[]): string | null {
  let parsed: ParsedLicence
  try {
    parsed = parseLicence(text)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    findings.push({ check: 'licence', severity: 'error', sentence: error.message })
    return null
  }
  if (!isAdmitted(parsed, policy))
    findings.push({
      check: 'licence',
      severity: 'error',
      sentence: `Its licence ${parsed.expression} is not one this model takes: ${policy.allow?.join(', ')}.`,
    })
  if (parsed.ways.every((way) => way.some(({ terms }) => terms.derivatives === 'not-allowed')))
    findings.push({
      check: 'licence',
      severity: 'warning',
      sentence: `Its licence ${parsed.expression} forbids passing on adapted forms; a release made from it may not be publishable.`,
    })
  return parsed.expression
}

/** Some way of the licence has only licences that the policy names. */
export function isAdmitted(licence: ParsedLicence, policy: LicencePolicy): boolean {
  if (policy.allow === null) return true
  const allowed = new Set(policy.allow.flatMap((text) => parseLicence(text).ways.flatMap((way) => way.map(leafText))))
  return licence.ways.some((way) => way.every((leaf) => allowed.has(leafText(leaf))))
}
