/** Records of the Model Openness Tool (isitopen.ai): YAML that says which components of a model there are, and under which licences. Read and written. */

import { parse, stringify } from 'yaml'
import { FormatError } from './format-error.ts'

export interface MofComponent {
  /** As the framework calls it, e.g. "Model parameters (Final)". */
  readonly name: string
  /** What stands on the component, or else what the whole release is under for its kind; null where nothing is said. */
  readonly licence: string | null
  /** Where it is; null where nothing is said. */
  readonly address: string | null
}

export interface MofRecord {
  readonly name: string
  readonly producer: string
  readonly components: readonly MofComponent[]
  /** How many licences are stated for all components of a kind, and how many on one. */
  readonly stated: { readonly global: number; readonly own: number }
}

export const mofLimits = {
  /** Records have a few kB. */
  characters: 200_000,
} as const

type Kind = 'code' | 'data' | 'document'

/**
 * Throws FormatError for what is no such record. A component without a licence of its own inherits the one for its kind, then the one for the whole distribution.
 * @param kindOf kind of a component by the framework's name for it; components it does not know are left out
 */
export function readMofRecord(text: string, kindOf: (name: string) => Kind | undefined): MofRecord {
  if (text.length > mofLimits.characters)
    throw new FormatError(`The record has ${text.length} characters; at most ${mofLimits.characters} are read.`)
  const release = objectOf(objectOf(parsed(text))['release'])
  if (!Array.isArray(release['components']))
    throw new FormatError('The record has no release.components: it is no record of the Model Openness Tool.')
  const global = objectOf(release['license'])
  const globalName = (scope: string) => said(objectOf(global[scope])['name'])
  let own = 0
  const components = (release['components'] as unknown[]).flatMap((entry): MofComponent[] => {
    const component = objectOf(entry)
    const name = said(component['name'])
    const kind = name === null ? undefined : kindOf(name)
    if (name === null || kind === undefined) return []
    const licence = said(component['license'])
    if (licence !== null) own++
    // "unlicensed" says that it is there and comes under nothing: it does not inherit.
    const resolved = licence === 'unlicensed' ? null : (licence ?? globalName(kind) ?? globalName('distribution'))
    return [{ name, licence: resolved, address: said(component['component_path']) }]
  })
  return {
    name: said(release['name']) ?? '',
    producer: said(release['producer']) ?? '',
    components,
    stated: { global: ['distribution', 'code', 'data', 'document'].filter((scope) => globalName(scope) !== null).length, own },
  }
}

/** A record as the tool reads it. `date` is YYYY-MM-DD. */
export function writeMofRecord(record: {
  readonly name: string
  readonly version: string
  readonly date: string
  readonly producer: string
  readonly origin: string
  readonly distribution: string | null
  readonly components: readonly MofComponent[]
}): string {
  return stringify({
    framework: { name: 'Model Openness Framework', version: '1.0', date: '2024-12-15' },
    release: {
      name: record.name,
      version: record.version,
      date: record.date,
      license: record.distribution === null ? {} : { distribution: { name: record.distribution, path: '' } },
      type: 'language',
      architecture: 'transformer decoder',
      treatment: 'instruct fine-tuned',
      origin: record.origin,
      producer: record.producer,
      contact: '',
      components: record.components.map(({ name, licence, address }) => ({
        name,
        license: licence ?? 'unlicensed',
        ...(address !== null && { component_path: address }),
      })),
    },
  })
}

function parsed(text: string): unknown {
  try {
    // A record refers to nothing within itself; aliases could make a few bytes into very many.
    return parse(text, { maxAliasCount: 0 })
  } catch (cause) {
    throw new FormatError(`The record is not YAML: ${(cause as Error).message.split('\n')[0] ?? ''}`, undefined, { cause })
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

const said = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value.trim() : null)
