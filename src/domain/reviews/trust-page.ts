/** A person's trust in one community with everything it is made from: nothing that counts is hidden. */

import type { Db } from '../../storage/database.ts'
import { trustOf } from '../contributions/trust-events.ts'
import { findModel } from '../models/model-queries.ts'
import { currentRules } from '../models/review-rules-queries.ts'
import { findPerson } from '../people/people-queries.ts'
import { trustFormula, type Trust } from '../people/trust.ts'

export interface TrustPage extends Trust {
  readonly person: string
  /** `owner/name`. */
  readonly model: string
  readonly formula: readonly string[]
  readonly newcomerBelow: number
  readonly patrolFrom: number
  /** Their limits are those of newcomers. */
  readonly newcomer: boolean
  /** Small proposals of theirs are accepted at once. */
  readonly patrolled: boolean
}

export async function trustPage(db: Db, model: string, person: string): Promise<TrustPage> {
  const { id: modelId, owner, name } = await findModel(db, model)
  const { id, name: who, role } = await findPerson(db, person)
  const { rules } = await currentRules(db, modelId)
  const trust = await trustOf(db, modelId, id)
  const { newcomerBelow, patrolFrom, halfLifeDays } = rules.trust
  return {
    ...trust,
    person: who,
    model: `${owner}/${name}`,
    formula: trustFormula(halfLifeDays),
    newcomerBelow,
    patrolFrom,
    newcomer: role === 'contributor' && trust.value < newcomerBelow,
    patrolled: rules.patrol.enabled && trust.value >= patrolFrom,
  }
}
