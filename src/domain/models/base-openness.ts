/** How open a base model is by itself. Reads. */

import type { Db } from '../../storage/database.ts'
import { concludeOpenness, type OpennessVerdict } from '../lineage/conclude-openness.ts'
import type { BaseModel } from './base-model.ts'
import { thingsOfBase } from './base-things.ts'
import { currentDeclaration } from './openness-queries.ts'

export async function baseVerdict(db: Db, base: BaseModel): Promise<OpennessVerdict> {
  return concludeOpenness(null, thingsOfBase(base, await currentDeclaration(db, { baseId: base.id })))
}
