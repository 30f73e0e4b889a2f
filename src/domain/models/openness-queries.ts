/** Reads what is declared to be open of bases and by communities, and its history. */

import type { Db } from '../../storage/database.ts'
import { operatorName } from '../people/actor.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import type { DeclaredComponent, OpennessDeclaration } from './openness-declaration.ts'

/** Whose components they are: a base's or a community's. */
export type DeclarationSubject = { readonly baseId: number } | { readonly modelId: number }

function declarations(db: Db, subject: DeclarationSubject) {
  const all = db
    .selectFrom('opennessDeclarations')
    .leftJoin('people', 'people.id', 'opennessDeclarations.declaredBy')
    .select(['opennessDeclarations.id', 'components', 'source', 'message', 'people.name as by', 'opennessDeclarations.createdAt'])
    .orderBy('opennessDeclarations.id', 'desc')
  return 'baseId' in subject ? all.where('baseId', '=', subject.baseId) : all.where('modelId', '=', subject.modelId)
}

type Row = Awaited<ReturnType<ReturnType<typeof declarations>['executeTakeFirstOrThrow']>>

function toDeclaration({ by, components, ...row }: Row): OpennessDeclaration {
  // jsonb keeps no order of keys.
  const inOrder = (components as readonly DeclaredComponent[]).map(({ component, licence, address }) => ({ component, licence, address }))
  return { ...row, components: inOrder, by: by ?? operatorName }
}

/** What counts now; null where nobody has declared anything. */
export async function currentDeclaration(db: Db, subject: DeclarationSubject): Promise<OpennessDeclaration | null> {
  const row = await declarations(db, subject).limit(1).executeTakeFirst()
  return row ? toDeclaration(row) : null
}

/** Newest first; a page goes on below id `after`. */
export async function declarationLog(db: Db, subject: DeclarationSubject, page: Page = {}): Promise<readonly OpennessDeclaration[]> {
  let query = declarations(db, subject)
  if (page.after !== undefined && page.after > 0) query = query.where('opennessDeclarations.id', '<', page.after)
  return (await query.limit(pageLimit(page)).execute()).map(toDeclaration)
}
