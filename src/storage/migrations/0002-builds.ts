/** Dataset drafts, warm starts and builds: what is trained to find something out, and not to be released. */

import { sql, type Kysely } from 'kysely'

const statements = [
  // A draft is a revision that nobody accepted (yet): it has no number.
  `alter table dataset_revisions alter column number drop not null`,
  `create index drafts on dataset_revisions (model_id, digest) where number is null`,
  `alter table training_runs add column warm_start_id integer references checkpoints`,
  `alter table training_runs add column purpose text not null default 'candidate' check (purpose in ('candidate', 'build'))`,
  `create table builds (
    id integer generated always as identity primary key,
    model_id integer not null references community_models,
    run_id integer not null references training_runs,
    baseline_id integer references releases,
    suites jsonb not null,
    state text not null check (state in ('queued', 'running', 'finished', 'failed', 'cancelled')),
    comparisons jsonb,
    error text,
    requested_by integer references people,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz)`,
  `create index builds_of_model on builds (model_id, id)`,
  `create index builds_of_run on builds (run_id)`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
