/** Forecasts: what more data would bring, found out by training on fractions of it. */

import { sql, type Kysely } from 'kysely'

const statements = [
  `create table forecasts (
    id integer generated always as identity primary key,
    model_id integer not null references community_models,
    revision_id integer not null references dataset_revisions,
    suites jsonb not null,
    recipe jsonb not null,
    trainer text not null,
    budget_seconds double precision not null,
    state text not null check (state in ('queued', 'running', 'finished', 'failed', 'cancelled')),
    fractions jsonb not null,
    points jsonb not null,
    build_id integer references builds,
    result jsonb,
    error text,
    requested_by integer references people,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz)`,
  `create index forecasts_of_model on forecasts (model_id, id)`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
