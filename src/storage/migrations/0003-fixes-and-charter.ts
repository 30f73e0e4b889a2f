/** Stored answers and what people make of them; suites that are not for measuring; the charter's history. */

import { sql, type Kysely } from 'kysely'

const statements = [
  `create table answers (
    id text primary key,
    model text not null,
    model_id integer references community_models,
    release_id integer references releases,
    person_id integer references people,
    turns jsonb not null,
    choices jsonb not null,
    usage jsonb not null,
    metadata jsonb not null,
    created_at timestamptz not null default now())`,
  `create index answers_by_person on answers (person_id, created_at)`,
  `create index answers_by_age on answers (created_at)`,
  // Whoever takes an answer back takes it back; what they said about it has its own copy of the conversation.
  `alter table feedback add column answer_id text references answers on delete set null`,
  `create index feedback_by_answer on feedback (answer_id) where answer_id is not null`,

  `alter table suites drop constraint suites_kind_check`,
  `alter table suites add constraint suites_kind_check check (kind in ('text', 'exact', 'choice', 'rule'))`,
  `alter table suites add column role text not null default 'measure' check (role in ('measure', 'regression', 'charter'))`,
  `alter table suites add column clause integer`,
  `alter table suites add column blocks text check (blocks in ('never', 'when-lost', 'always'))`,
  `alter table suites add column contribution_id integer references contributions`,
  `alter table suites add column withdrawn_at timestamptz`,
  `alter table suites add check ((role = 'charter') = (clause is not null and blocks is not null))`,

  `alter table contribution_changes drop constraint contribution_changes_kind_check`,
  `alter table contribution_changes add constraint contribution_changes_kind_check check (kind in ('add', 'replace', 'remove', 'case', 'clause'))`,
  `alter table contribution_changes add column body jsonb`,
  `alter table contribution_changes add column question_key text`,
  `create index changes_by_question on contribution_changes (question_key) where question_key is not null`,

  `create table charter_revisions (
    id integer generated always as identity primary key,
    model_id integer not null references community_models,
    number integer not null,
    contribution_id integer references contributions,
    clauses jsonb not null,
    next_clause integer not null,
    created_at timestamptz not null default now(),
    unique (model_id, number))`,
  `insert into charter_revisions (model_id, number, contribution_id, clauses, next_clause, created_at)
    select id, 1, null,
      (select jsonb_agg(jsonb_build_object('number', place, 'text', clause, 'blocks', 'when-lost', 'tolerance', 0, 'cases', '[]'::jsonb) order by place)
        from jsonb_array_elements_text(charter) with ordinality as listed(clause, place)),
      jsonb_array_length(charter) + 1, created_at
    from community_models where jsonb_array_length(charter) > 0`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
