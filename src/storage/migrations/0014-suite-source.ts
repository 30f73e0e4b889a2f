/** Under which licence the cases of a suite are given, and where they are from. */

import { sql, type Kysely } from 'kysely'

const statements = [`alter table suites add column licence text, add column source text not null default ''`]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
