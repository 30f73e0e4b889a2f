/** What pages would otherwise count or read whole at every look: figures of receipts, counts that housekeeping takes, who patrolled when. */

import { sql, type Kysely } from 'kysely'

const statements = [
  // Whether somebody was active in the last days is asked person by person.
  `create index patrols_of_patroller on patrols (patroller_id, decided_at) where decided_at is not null`,

  // The receipt of a busy author names thousands of contributions; a list says how many.
  `alter table receipts add column figures jsonb`,
  `update receipts set figures = jsonb_build_object(
    'included', jsonb_array_length(body->'included'),
    'standing', (select coalesce(sum((work->'examples'->>'standing')::integer), 0) from jsonb_array_elements(body->'included') work),
    'measured', (select count(*) from jsonb_array_elements(body->'included') work where jsonb_array_length(work->'effects') > 0),
    'reviewed', jsonb_array_length(body->'reviewed'),
    'notIncluded', jsonb_array_length(body->'notIncluded'))`,
  `alter table receipts alter column figures set not null`,

  `create table kept_counts (
    name text primary key,
    value jsonb not null,
    counted_at timestamptz not null default now())`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
