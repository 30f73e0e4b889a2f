/** Notifications, receipts and conversation: what people are told, what came of their work, and what they say to each other. */

import { sql, type Kysely } from 'kysely'

const statements = [
  `create table notifications (
    id integer generated always as identity primary key,
    person_id integer not null references people,
    kind text not null,
    sentence text not null,
    link text not null,
    key text,
    created_at timestamptz not null default now(),
    read_at timestamptz,
    unique (person_id, key))`,
  `create index notifications_of_person on notifications (person_id, id)`,
  `create index unread_notifications on notifications (person_id) where read_at is null`,
  `create table notification_settings (
    person_id integer primary key references people,
    muted jsonb not null,
    feed boolean not null)`,

  // What a contribution did to a release, by training without it. with_build_id null: the release itself is the side with it.
  `create table contribution_measurements (
    id integer generated always as identity primary key,
    release_id integer not null references releases,
    contribution_id integer not null references contributions,
    method text not null check (method in ('full', 'warm')),
    with_build_id integer references builds,
    without_build_id integer not null references builds,
    requested_by integer references people,
    created_at timestamptz not null default now())`,
  `create index measurements_of_contribution on contribution_measurements (contribution_id, release_id)`,
  `create table receipts (
    id integer generated always as identity primary key,
    release_id integer not null references releases,
    person_id integer not null references people,
    supersedes integer unique references receipts,
    digest text not null unique,
    body jsonb not null,
    created_at timestamptz not null default now())`,
  `create unique index first_receipts on receipts (release_id, person_id) where supersedes is null`,
  `create index receipts_of_person on receipts (person_id, id)`,
  `create table receipt_issues (
    release_id integer primary key references releases,
    people integer not null,
    created_at timestamptz not null default now())`,
  // Releases from before there were receipts get theirs too.
  `insert into jobs (kind, payload) select 'receipts', jsonb_build_object('releaseId', id) from releases`,

  `create table threads (
    id integer generated always as identity primary key,
    model_id integer not null references community_models,
    subject_kind text not null check (subject_kind in ('contribution', 'example', 'clause', 'suite', 'release')),
    subject_id text not null,
    started_by integer references people,
    created_at timestamptz not null default now(),
    resolved_at timestamptz,
    resolved_by integer references people)`,
  `create index threads_of_subject on threads (subject_kind, subject_id, id)`,
  `create index threads_of_model on threads (model_id, id)`,
  `create table comments (
    id integer generated always as identity primary key,
    thread_id integer not null references threads,
    author_id integer references people,
    created_at timestamptz not null default now(),
    hidden_at timestamptz,
    hidden_by integer references people,
    hidden_reason text,
    erased_at timestamptz,
    erased_reason text)`,
  `create index comments_of_thread on comments (thread_id, id)`,
  `create index comments_of_author on comments (author_id, created_at)`,
  // text null: erased. What was said is in no other place.
  `create table comment_versions (
    comment_id integer not null references comments,
    version integer not null,
    text text,
    created_at timestamptz not null default now(),
    primary key (comment_id, version))`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
