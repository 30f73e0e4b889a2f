/** Studies: what a trainer finds out without making weights. And runs whose weights are the mean of other runs'. */

import { sql, type Kysely } from 'kysely'

const statements = [
  `create table studies (
    id integer generated always as identity primary key,
    model_id integer not null references community_models,
    kind text not null check (kind in ('rate', 'trace')),
    revision_id integer not null references dataset_revisions,
    run_id integer references training_runs,
    recipe jsonb not null,
    trainer text not null,
    request jsonb not null,
    state text not null check (state in ('queued', 'running', 'finished', 'failed', 'cancelled')),
    done integer not null default 0,
    total integer,
    result jsonb,
    error text,
    requested_by integer references people,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz,
    check ((kind = 'trace') = (run_id is not null)))`,
  `create index studies_of_model on studies (model_id, id)`,
  `alter table training_runs add column averaged_from jsonb`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
