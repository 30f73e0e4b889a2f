/** Notifications, receipts and conversation: what people are told, and what they say to each other. */

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
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
