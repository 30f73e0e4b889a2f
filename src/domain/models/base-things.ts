/** What there is of a base model to look at: its own files, which are here, and what a maintainer declares. Pure. */

import type { Thing } from '../lineage/conclude-openness.ts'
import type { BaseModel } from './base-model.ts'
import type { OpennessDeclaration } from './openness-declaration.ts'

/** A declaration goes before what follows from the files; unknown is not open, so what neither knows of is left out. */
export function thingsOfBase(
  base: Pick<BaseModel, 'name' | 'licence' | 'source' | 'files'>,
  declaration: Pick<OpennessDeclaration, 'components' | 'by'> | null,
): readonly Thing[] {
  const page = `/bases/${encodeURIComponent(base.name)}`
  const known: readonly (Thing | null)[] = [
    {
      component: 'final-parameters',
      licence: base.licence,
      address: hubAddress(base.source) ?? page,
      sentence: `The weights of ${base.name}, from ${base.source}, under the licence declared when it was added.`,
    },
    base.files.some(({ path }) => path.toLowerCase() === 'readme.md')
      ? {
          component: 'model-card',
          licence: base.licence,
          address: `${page}#card`,
          sentence: `The card that came with ${base.name}; it goes under the licence of the base.`,
        }
      : null,
    {
      component: 'model-metadata',
      licence: base.licence,
      address: page,
      sentence: `The shape of ${base.name} and the digests of its files; they go under the licence of the base.`,
    },
  ]
  const declared = (declaration?.components ?? []).map(({ component, licence, address }): Thing => ({
    component,
    // One record says under which licence the weights are; the licence verdict of every release rests on the same.
    licence: component === 'final-parameters' ? base.licence : licence,
    address,
    sentence: `Declared by ${declaration?.by}.`,
  }))
  const names = new Set(declared.map(({ component }) => component))
  return [...declared, ...known.filter((thing) => thing !== null && !names.has(thing.component))] as readonly Thing[]
}

/** Where a base of the Hub is on the web; null for any other. */
export function hubAddress(source: string): string | null {
  const hub = /^hf:([\w.-]+\/[\w.-]+)(?:@([0-9a-f]+))?$/.exec(source)
  return hub ? `https://huggingface.co/${hub[1]}${hub[2] === undefined ? '' : `/tree/${hub[2]}`}` : null
}
