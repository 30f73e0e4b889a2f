/** What a record of the Model Openness Tool declares, as a declaration here. Pure. */

import { AppError } from '../../errors.ts'
import { FormatError } from '../../formats/format-error.ts'
import { readMofRecord } from '../../formats/mof.ts'
import { componentNamed } from '../lineage/openness-components.ts'
import type { DeclarationInput } from './declare-openness.ts'

/**
 * Throws `invalid` for what is no such record.
 * @param source where the record, or what it is about, can be read: the address of components that the record gives none
 */
export function componentsOfRecord(record: string, source: string): DeclarationInput['components'] {
  try {
    return readMofRecord(record, (name) => componentNamed(name)?.kind).components.map(({ name, licence, address }) => ({
      component: componentNamed(name)!.id,
      licence,
      // Records hold remarks where an address should stand.
      address: address !== null && /^https?:\/\/\S+$/.test(address) ? address : source,
    }))
  } catch (cause) {
    if (cause instanceof FormatError) throw new AppError('invalid', cause.message, { cause })
    throw cause
  }
}
