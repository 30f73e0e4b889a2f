/** What is said to be open of a base or by a community, as history, and what that came to for each release. */

import { sql, type Kysely } from 'kysely'

const statements = [
  `create table openness_declarations (
    id integer generated always as identity primary key,
    base_id integer references base_models,
    model_id integer references community_models,
    components jsonb not null,
    source text,
    message text not null,
    declared_by integer references people,
    created_at timestamptz not null default now(),
    check ((base_id is null) <> (model_id is null)))`,
  `create index openness_of_base on openness_declarations (base_id, id)`,
  `create index openness_of_model on openness_declarations (model_id, id)`,
  // Releases from before have none: what nobody graded is not graded.
  `alter table releases add column openness jsonb`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
