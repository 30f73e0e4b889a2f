/** What stands in each dataset, ready to be searched; what proposals claim; counts of changes; uploads that are not offered yet; indexes of the lists. */

import { sql, type Kysely } from 'kysely'

const statements = [
  // Made from accepted contributions and made again whenever example_indexes says that it is behind: nothing points here.
  `create table standing_examples (
    model_id integer not null references community_models,
    place integer not null,
    digest text not null references examples,
    contribution_id integer not null references contributions,
    search tsvector not null,
    primary key (model_id, place))`,
  `create unique index standing_by_digest on standing_examples (digest, model_id)`,
  // Without the pending list: the embedded database has nobody who empties it, and every search would read it.
  `create index standing_by_word on standing_examples using gin (search) with (fastupdate = off)`,
  `create table example_indexes (
    model_id integer primary key references community_models,
    revision_id integer references dataset_revisions,
    words_version integer not null,
    next_place integer not null)`,
  `create table example_tallies (
    model_id integer not null references community_models,
    field text not null check (field in ('language', 'origin', 'licence', 'contributor')),
    value text not null,
    count integer not null,
    primary key (model_id, field, value))`,
  `create index tallies_by_count on example_tallies (model_id, field, count)`,

  `create table claims (
    model_id integer not null references community_models,
    key text not null,
    contribution_id integer not null references contributions,
    contested boolean not null,
    primary key (model_id, key, contribution_id))`,
  `create index claims_of_contribution on claims (contribution_id)`,
  `create index claims_contested on claims (model_id, contribution_id) where contested`,
  `insert into claims (model_id, key, contribution_id, contested)
    select distinct contributions.model_id, claimed.key, contributions.id, false
    from contributions join contribution_changes changes on changes.contribution_id = contributions.id and changes.round = contributions.round
    cross join lateral (values (changes.target_digest), ('question:' || changes.question_key)) claimed(key)
    where contributions.state in ('open', 'changes-requested') and claimed.key is not null`,
  `update claims set contested = true where exists (
    select from claims other where other.model_id = claims.model_id and other.key = claims.key and other.contribution_id <> claims.contribution_id)`,

  `alter table contribution_rounds add column counts jsonb not null default '{"add":0,"replace":0,"remove":0,"case":0,"clause":0}'`,
  `update contribution_rounds rounds set counts = rounds.counts || counted.counts from (
    select contribution_id, round, jsonb_object_agg(kind, count) as counts from (
      select contribution_id, round, kind, count(*) as count from contribution_changes group by 1, 2, 3) by_kind
    group by 1, 2) counted
    where counted.contribution_id = rounds.contribution_id and counted.round = rounds.round`,

  `create table uploads (
    id integer generated always as identity primary key,
    model_id integer not null references community_models,
    person_id integer references people,
    name text not null,
    format text not null check (format in ('jsonl', 'csv', 'parquet')),
    columns jsonb not null,
    mapping jsonb not null,
    declared jsonb not null,
    version integer not null default 1,
    examined integer,
    findings jsonb not null default '[]',
    characters bigint not null,
    contribution_id integer references contributions,
    created_at timestamptz not null default now(),
    touched_at timestamptz not null default now())`,
  `create index uploads_of_person on uploads (person_id, id)`,
  `create index uploads_by_age on uploads (touched_at)`,
  `create table upload_rows (
    upload_id integer not null references uploads on delete cascade,
    row integer not null,
    cells json,
    problem text,
    edited json,
    left_out boolean not null default false,
    verdict text check (verdict in ('passes', 'remarks', 'fails')),
    findings jsonb not null default '[]',
    primary key (upload_id, row))`,
  `create index upload_rows_by_verdict on upload_rows (upload_id, verdict, row)`,

  `create index contributions_by_state on contributions (model_id, state, id)`,
  `create index contributions_by_author on contributions (author_id, id)`,
  `create index contributions_created_by_author on contributions (author_id, created_at, id)`,
  `create index reviews_by_reviewer on reviews (reviewer_id, created_at, id)`,
  `create index contributions_decided on contributions (decided_at, id) where decided_at is not null`,
  `create index contributions_decided_of_model on contributions (model_id, decided_at, id) where decided_at is not null`,
  `create index contributions_created on contributions (created_at, id)`,
  `create index contributions_created_of_model on contributions (model_id, created_at, id)`,
  `create index contributions_of_feedback on contributions (feedback_id) where feedback_id is not null`,
  `create index contributions_reverting on contributions (reverts) where reverts is not null`,
  `create index releases_of_model on releases (model_id, id)`,
  `create index releases_created on releases (created_at, id)`,
  `create index feedback_down on feedback (model_id, id) where rating = 'down'`,
  `create index member_changes_created on member_changes (created_at, id)`,
  `create index charter_revisions_created on charter_revisions (created_at, id)`,
  `create index jobs_by_state on jobs (state, id)`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
