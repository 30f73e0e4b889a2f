/** The grade of a release as a record of the Model Openness Tool, so that whoever doubts it can grade it again with that. Pure. */

import { AppError } from '../../errors.ts'
import { writeMofRecord, type MofComponent } from '../../formats/mof.ts'
import { componentRule } from '../lineage/openness-components.ts'
import type { Release } from './release.ts'

/** @param origin scheme and host of this server, for the addresses */
export function opennessRecord(release: Release, origin: string): string {
  const { openness, model, version, licence, createdAt, changelog } = release
  if (openness === null)
    throw new AppError('not-found', `${model} ${version} was published before releases were graded; a newer release has a grade.`)
  return writeMofRecord({
    name: model,
    version,
    date: createdAt.toISOString().slice(0, 10),
    producer: model.split('/')[0] ?? model,
    origin: changelog.base,
    distribution: licence.expression,
    components: openness.components.flatMap(({ component, state, evidence }): MofComponent[] => {
      if (state === 'missing') return []
      // The tool knows one licence a component: that of the less open side.
      const side = evidence.find((one) => one.state === state)!
      return [{ name: componentRule(component).name, licence: side.licence, address: side.address && new URL(side.address, origin).href }]
    }),
  })
}
