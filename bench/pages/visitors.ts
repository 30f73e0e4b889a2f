/** The communities and people that the measurements ask for by name. */

import type { App } from '../../src/app.ts'
import type { PersonActor } from '../../src/domain/people/actor.ts'
import { findPerson } from '../../src/domain/people/people-queries.ts'

/** The large community; those up to 20 are small. */
export const largeModel = 1
/** The one in which everything happened for real. */
export const living = 'bench/living'

/** Who looks at the pages: one with more contributions than anybody else, one who reviews, one who maintains the instance. */
export const visitors = { author: 'person1', reviewer: 'person10', maintainer: 'person50' } as const

export async function actorNamed(app: App, name: string): Promise<PersonActor> {
  return { kind: 'person', ...(await findPerson(app.db, name)) }
}
