/** The queue's table; see jobs.ts. */

import { sql, type Kysely } from 'kysely'

const statements = [
  `create table jobs (
    id bigint generated always as identity primary key,
    kind text not null,
    payload jsonb not null,
    key text,
    state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    attempt integer not null default 0,
    run_after timestamptz not null default now(),
    worker text,
    lease_until timestamptz,
    cancel_asked boolean not null default false,
    error text,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz)`,
  `create unique index jobs_one_per_key on jobs (key) where key is not null and state in ('waiting', 'running')`,
  `create index jobs_to_claim on jobs (kind, id) where state in ('waiting', 'running')`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
