/** Members of communities, and accounts: profiles, passwords, sessions, passkeys, accounts at other providers, invitations and one-time links. */

import { sql, type Kysely } from 'kysely'

const statements = [
  `create table members (
    model_id integer not null references community_models,
    person_id integer not null references people,
    role text not null check (role in ('contributor', 'reviewer', 'maintainer')),
    added_by integer references people,
    created_at timestamptz not null default now(),
    primary key (model_id, person_id))`,
  `create index members_of_person on members (person_id)`,
  `create table member_changes (
    id integer generated always as identity primary key,
    model_id integer not null references community_models,
    person_id integer not null references people,
    role text check (role in ('contributor', 'reviewer', 'maintainer')),
    changed_by integer references people,
    created_at timestamptz not null default now())`,
  `create index member_changes_of_model on member_changes (model_id, id)`,
  `alter table people
    add column display_name text,
    add column bio text not null default '',
    add column language text,
    add column theme text check (theme in ('light', 'dark')),
    add column passkey_user text not null unique default replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')`,
  `create table passwords (
    person_id integer primary key references people,
    hash text not null,
    changed_at timestamptz not null default now())`,
  `create table sessions (
    id integer generated always as identity primary key,
    person_id integer not null references people,
    hash text not null unique,
    label text not null,
    method text not null check (method in ('password', 'passkey', 'provider', 'link', 'sign-up')),
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz)`,
  `create index sessions_of_person on sessions (person_id, id)`,
  `create table passkeys (
    id integer generated always as identity primary key,
    person_id integer not null references people,
    credential_id text not null unique,
    public_key bytea not null,
    counter bigint not null,
    transports jsonb not null,
    synced boolean not null,
    label text not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz)`,
  `create index passkeys_of_person on passkeys (person_id, id)`,
  `create table provider_accounts (
    id integer generated always as identity primary key,
    person_id integer not null references people,
    issuer text not null,
    subject text not null,
    created_at timestamptz not null default now(),
    unique (issuer, subject))`,
  `create index provider_accounts_of_person on provider_accounts (person_id)`,
  `create table ceremonies (
    hash text primary key,
    kind text not null check (kind in ('passkey-new', 'passkey-sign-in', 'provider', 'provider-account')),
    person_id integer references people,
    secrets jsonb not null,
    expires_at timestamptz not null)`,
  `create index ceremonies_by_end on ceremonies (expires_at)`,
  `create table invitations (
    id integer generated always as identity primary key,
    hash text not null unique,
    role text not null check (role in ('contributor', 'reviewer', 'maintainer')),
    model_id integer references community_models,
    note text not null,
    invited_by integer references people,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_by integer references people,
    used_at timestamptz,
    revoked_at timestamptz)`,
  `create table sign_in_links (
    hash text primary key,
    person_id integer references people,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz)`,
  `create table sign_in_attempts (
    id integer generated always as identity primary key,
    kind text not null,
    key text not null,
    created_at timestamptz not null default now())`,
  `create index sign_in_attempts_by_key on sign_in_attempts (kind, key, created_at)`,
  `alter table tokens
    add column scopes jsonb,
    add column last_used_at timestamptz,
    add column expires_at timestamptz`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
