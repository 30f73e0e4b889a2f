/** Previews: what a proposal does to the model, found out before it is accepted. */

import { sql, type Kysely } from 'kysely'

const statements = [
  // head_id null: nothing was accepted yet. release_id null: there was no release to begin at. control_id null: nothing to train on without the proposal.
  `create table previews (
    id integer generated always as identity primary key,
    contribution_id integer not null references contributions,
    round integer not null,
    head_id integer references dataset_revisions,
    release_id integer references releases,
    build_id integer not null references builds,
    control_id integer references builds,
    automatic boolean not null,
    requested_by integer references people,
    cancelled_at timestamptz,
    created_at timestamptz not null default now())`,
  `create index previews_of_contribution on previews (contribution_id, id)`,
  `create index previews_of_build on previews (build_id)`,
  `create index previews_of_control on previews (control_id)`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
