/** What a community says of itself and trains by, as history: who changed it, what and why. */

import { sql, type Kysely } from 'kysely'

const statements = [
  `create table model_settings (
    id integer generated always as identity primary key,
    model_id integer not null references community_models,
    settings jsonb not null,
    message text not null,
    set_by integer references people,
    created_at timestamptz not null default now())`,
  `create index settings_of_model on model_settings (model_id, id)`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
