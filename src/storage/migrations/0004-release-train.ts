/** Release trains: the rhythm of a community, each departure, and what was tried to find what broke a gate. */

import { sql, type Kysely } from 'kysely'

const statements = [
  // One row each time the settings change; the newest counts.
  `create table train_schedules (
    id integer generated always as identity primary key,
    model_id integer not null references community_models,
    rhythm jsonb not null,
    publish boolean not null,
    builds integer not null check (builds >= 0),
    set_by integer references people,
    created_at timestamptz not null default now())`,
  `create index schedules_of_model on train_schedules (model_id, id)`,
  `create table release_trains (
    id integer generated always as identity primary key,
    model_id integer not null references community_models,
    number integer not null,
    state text not null check (state in ('running', 'proposed', 'published', 'overtaken', 'stopped', 'failed', 'cancelled')),
    stage text not null check (stage in ('train', 'evaluate', 'gate', 'search', 'propose', 'publish')),
    reason text not null,
    started_by integer references people,
    baseline_id integer references releases,
    revision_id integer not null references dataset_revisions,
    run_id integer references training_runs,
    build_id integer references builds,
    gate jsonb,
    first_gate jsonb,
    left_out jsonb not null,
    outcome text,
    letters jsonb not null,
    reversal_id integer references contributions,
    release_id integer references releases,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    unique (model_id, number))`,
  `create unique index one_train_at_a_time on release_trains (model_id) where state in ('running', 'proposed')`,
  // One row per build of the search; no contributions: the control.
  `create table train_trials (
    id integer generated always as identity primary key,
    train_id integer not null references release_trains,
    draw integer not null,
    contributions jsonb not null,
    build_id integer not null references builds,
    verdict text check (verdict in ('breaks', 'holds')),
    comparisons jsonb not null,
    seconds double precision not null,
    created_at timestamptz not null default now())`,
  // By digest: the ids of a long list do not fit an index.
  `create unique index one_trial_each on train_trials (train_id, draw, md5(contributions::text))`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
