/** Rules of review as data of each community, mentors, patrols, and what a newcomer's pace is counted by. */

import { sql, type Kysely } from 'kysely'

const statements = [
  `create table review_rules (
    id integer generated always as identity primary key,
    model_id integer not null references community_models,
    rules jsonb not null,
    message text not null,
    set_by integer references people,
    created_at timestamptz not null default now())`,
  `create index rules_of_model on review_rules (model_id, id)`,
  // Communities that are there keep what they agreed to: their quorum, and no limits.
  `insert into review_rules (model_id, rules, message, set_by)
    select id, jsonb_build_object(
      'quorum', jsonb_build_object('kind', 'fixed', 'n', quorum),
      'trust', jsonb_build_object('newcomerBelow', 0.6, 'patrolFrom', 0.85, 'halfLifeDays', 180),
      'patrol', jsonb_build_object('enabled', false, 'examples', 10, 'perDay', 3, 'overdueDays', 7, 'holdsRelease', false),
      'newcomers', jsonb_build_object('openAtOnce', null, 'examplesPerDay', null, 'commentsPerHour', null, 'mentorQueue', false)),
      'As it was before rules had a history.', null
    from community_models order by id`,
  `alter table community_models drop column quorum`,
  `create table mentors (
    model_id integer not null references community_models,
    person_id integer not null references people,
    joined_at timestamptz not null default now(),
    left_at timestamptz,
    primary key (model_id, person_id))`,
  `create table mentored_contributions (
    contribution_id integer primary key references contributions,
    mentor_id integer references people)`,
  `create table patrols (
    contribution_id integer primary key references contributions,
    rules_id integer not null references review_rules,
    trust double precision not null,
    state text not null default 'waiting' check (state in ('waiting', 'seen', 'reverted')),
    patroller_id integer references people,
    message text,
    revert_id integer unique references contributions,
    created_at timestamptz not null default now(),
    decided_at timestamptz)`,
  `create index patrols_waiting on patrols (contribution_id) where state = 'waiting'`,
  `create table newcomer_acts (
    id integer generated always as identity primary key,
    model_id integer not null references community_models,
    person_id integer not null references people,
    kind text not null check (kind in ('comment')),
    created_at timestamptz not null default now())`,
  `create index newcomer_acts_of_person on newcomer_acts (person_id, model_id, kind, created_at)`,
  `create index contributions_of_author on contributions (author_id, model_id)`,
]

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
