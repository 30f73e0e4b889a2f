/** Suites that are asked no more, and are taken up again: who did it, why and when. */

import { sql, type Kysely } from 'kysely'

const statements = [
  `create table suite_retirements (
    id integer generated always as identity primary key,
    suite_id integer not null references suites,
    retired boolean not null,
    message text not null,
    set_by integer references people,
    created_at timestamptz not null default now())`,
  `create index suite_retirements_of_suite on suite_retirements (suite_id, id)`,
  `create index suite_retirements_created on suite_retirements (created_at, id)`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
