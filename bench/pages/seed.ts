/**
 * Fills a database with 100,000 contributions and a million examples for bench/pages.ts: written where they are stored, in bulk, with the words, tallies,
 * claims and counts that the program itself would have written.
 */

import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { pieceOf, searchWords, wordsVersion } from '../../src/domain/contributions/search-words.ts'
import { questionKey } from '../../src/domain/models/question-key.ts'
import type { Database } from '../../src/storage/database.ts'
import { largeModel } from './visitors.ts'
import { makeLanguage, randomFrom, type Language } from './words.ts'

export interface Sizes {
  readonly contributions: number
  readonly examples: number
  readonly people: number
}

const smallModels = 19
/** One of so many contributions goes to a small community. */
const smallShare = 20

export const languages: readonly Language[] = [
  makeLanguage('mr', 0x0915, 37, 'ािीुूेो'),
  makeLanguage('hi', 0x0915, 37, 'ािीुूेैो'),
  makeLanguage('ta', 0x0b95, 34, 'ாிீுூெே'),
  makeLanguage('bn', 0x0995, 37, 'ািীুূেো'),
  makeLanguage('en', 0x0061, 26, 'aeiou'),
  makeLanguage('ur', 0x0627, 36, 'اوی'),
  makeLanguage('sat', 0x1c5a, 30, 'ᱟᱤᱩᱮᱳ'),
]
/** In runs, as communities import them: a word of one language stands nowhere in hundreds of thousands of examples, and everywhere in others. */
const languageAt = (share: number): Language =>
  languages[[0.35, 0.55, 0.72, 0.85, 0.95, 0.99, 1].findIndex((end) => share < end)] ?? languages[0]!

/** Two years, up to today: what rules look back on (active reviewers, trust) is as much as it would be. */
const lastDay = new Date()
export const firstDay = new Date(lastDay.getTime() - 2 * 365 * 86_400_000)

type State = 'accepted' | 'open' | 'changes-requested' | 'rejected' | 'withdrawn'

function stateOf(n: number, contributions: number): State {
  const random = randomFrom(n * 7 + 3)()
  // Recent ones are open more often than old ones.
  if (n > contributions * 0.9) return random < 0.7 ? 'accepted' : random < 0.9 ? 'open' : 'changes-requested'
  return random < 0.92 ? 'accepted' : random < 0.98 ? 'rejected' : 'withdrawn'
}

export async function seed(db: Database, sizes: Sizes, say: (text: string) => void): Promise<void> {
  const { contributions, examples, people } = sizes
  const perContribution = Math.ceil(examples / contributions)
  await sql`insert into people (name, role)
    select 'person' || n, case when n % 50 = 0 then 'maintainer' when n % 10 = 0 then 'reviewer' else 'contributor' end
    from generate_series(1, ${people}::integer) n`.execute(db)
  await sql`insert into base_models (name, licence, source, digest, config, files, parameters, served, has_chat_template)
    values ('seeded', 'Apache-2.0', 'bench', 'sha256:', '{}', '[]', 1, '[]', true)`.execute(db)
  await sql`insert into community_models (owner, name, base_id, description, charter, recipe, licence_policy)
    select 'bench', 'model' || n, (select id from base_models where name = 'seeded'), 'A community for measuring', '[]', '', '{"allow":null}' from generate_series(1, ${smallModels + 1}::integer) n`.execute(
    db,
  )

  const indexes = await dropIndexes(db)
  const batch = 500
  const places = new Map<number, number>()
  const tallies = new Map<string, number>()
  const started = performance.now()
  for (let from = 1; from <= contributions; from += batch) {
    const rows = Array.from({ length: Math.min(batch, contributions - from + 1) }, (_, i) =>
      contributionAt(from + i, contributions, perContribution, people),
    )
    const standing = rows
      .filter(({ state }) => state === 'accepted')
      .flatMap(({ model, author, id, changes }) =>
        changes.map(({ digest, provenance, texts }) => {
          const place = places.get(model) ?? 0
          places.set(model, place + 1)
          for (const [field, value] of Object.entries({
            language: provenance.language,
            origin: provenance.origin,
            licence: provenance.licence,
            contributor: String(author),
          })) {
            const key = JSON.stringify([model, field, value])
            tallies.set(key, (tallies.get(key) ?? 0) + 1)
          }
          const words = searchWords(texts, { ...provenance, contributor: author }).map((word) => pieceOf(model, place) + word)
          return { model, place, digest, contribution: id, words }
        }),
      )
    await db.transaction().execute(async (db) => {
      await store(db as unknown as Database, rows)
      for (let at = 0; at < standing.length; at += 1_000)
        await sql`insert into standing_examples (model_id, place, digest, contribution_id, search)
          select model, place, digest, contribution, array_to_tsvector(array(select json_array_elements_text(words)))
          from json_to_recordset(${JSON.stringify(standing.slice(at, at + 1_000))}::json) as listed(model integer, place integer, digest text, contribution integer, words json)`.execute(
          db,
        )
    })
    if ((from - 1) % 5_000 === 0) {
      await sql`checkpoint`.execute(db)
      say(`${from - 1} contributions, ${((performance.now() - started) / 1000).toFixed(0)} s`)
    }
  }
  for (const definition of indexes) {
    say(definition)
    await sql.raw(definition).execute(db)
  }
  await finish(db, sizes, places, tallies)
}

/** Made again at the end, all at once: entry by entry they take most of the time. Returns their definitions. */
async function dropIndexes(db: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string; definition: string }>`
    select quote_ident(indexname) as name, indexdef as definition from pg_indexes
    where schemaname = 'public' and tablename in ('examples', 'contribution_changes', 'standing_examples')
      and indexname not in (select conname from pg_constraint)`.execute(db)
  for (const { name } of rows) await sql.raw(`drop index ${name}`).execute(db)
  return rows.map(({ definition }) => definition)
}

type Seeded = ReturnType<typeof contributionAt>

function contributionAt(id: number, contributions: number, perContribution: number, people: number) {
  const random = randomFrom(id)
  const model = id % smallShare === 0 ? 2 + (Math.floor(id / smallShare) % smallModels) : largeModel
  const language = languageAt(id / contributions)
  const author = 1 + Math.floor(random() ** 3 * people)
  const provenance = {
    origin: ['human', 'translated', 'adapted', 'generated'][Math.min(3, Math.floor(random() * 5))] ?? 'human',
    generator: null,
    source: `seeded ${id}`,
    licence: random() < 0.7 ? 'CC-BY-4.0' : random() < 0.5 ? 'CC0-1.0' : 'CC-BY-SA-4.0',
    language: language.tag,
  }
  const changes = Array.from({ length: perContribution }, (_, i) => {
    // One question in two hundred is asked again and again.
    const prompt = random() < 0.005 ? language.sentence(randomFrom(Math.floor(random() * 500)), 6) : language.sentence(random, 8)
    const content = { prompt, completion: language.sentence(random, 14) }
    const digest = `sha256:${createHash('sha256').update(`${id} ${i} ${prompt}`).digest('hex')}`
    return { digest, content, provenance, texts: [content.prompt, content.completion], key: questionKey({ prompt }) }
  })
  // One after the other; ids are given by the database in this order.
  const at = new Date(firstDay.getTime() + (id / contributions) * (lastDay.getTime() - firstDay.getTime()))
  const state = stateOf(id, contributions)
  const decided =
    state === 'open' || state === 'changes-requested'
      ? null
      : new Date(Math.min(lastDay.getTime(), at.getTime() + 3_600_000 * (1 + Math.floor(random() * 200))))
  return {
    id,
    model,
    author,
    state,
    message: language.sentence(random, 5),
    at,
    decided,
    changes,
    reviewer: 10 * (1 + Math.floor(random() * (people / 10 - 1))),
  }
}

async function store(db: Database, rows: readonly Seeded[]): Promise<void> {
  const counts = (count: number) => ({ add: count, replace: 0, remove: 0, case: 0, clause: 0 })
  await sql`insert into contributions (id, model_id, author_id, state, message, round, created_at, decided_at) overriding system value
    select id, model, author, state, message, 1, at, decided
    from json_to_recordset(${JSON.stringify(rows.map(({ changes: _, ...row }) => row))}::json) as listed(id integer, model integer, author integer, state text, message text, at timestamptz, decided timestamptz)`.execute(
    db,
  )
  await sql`insert into contribution_rounds (contribution_id, round, message, sign_off, checks, counts, created_at)
    select id, 1, message, 'somebody', '[]', counts, at
    from json_to_recordset(${JSON.stringify(rows.map(({ id, message, at, changes }) => ({ id, message, at, counts: counts(changes.length) })))}::json) as listed(id integer, message text, at timestamptz, counts jsonb)`.execute(
    db,
  )
  const changes = rows.flatMap(({ id, changes }) =>
    changes.map((change, i) => ({ id, position: i + 1, ...change, content_digest: change.digest })),
  )
  for (let at = 0; at < changes.length; at += 1_000) {
    const some = JSON.stringify(
      changes
        .slice(at, at + 1_000)
        .map(({ id, position, digest, content, provenance, key }) => ({ id, position, digest, key, body: { content, provenance } })),
    )
    await sql`insert into examples (digest, content_digest, body) select digest, digest, body from json_to_recordset(${some}::json) as listed(digest text, body jsonb)`.execute(
      db,
    )
    await sql`insert into contribution_changes (contribution_id, round, position, kind, example_digest, question_key)
      select id, 1, position, 'add', digest, key from json_to_recordset(${some}::json) as listed(id integer, position integer, digest text, key text)`.execute(
      db,
    )
  }
  const decided = rows.filter(({ state }) => state === 'accepted' || state === 'rejected')
  await sql`insert into reviews (contribution_id, round, reviewer_id, decision, message, created_at)
    select id, 1, reviewer, case state when 'accepted' then 'accept' else 'reject' end, 'Looked at all of it', decided
    from json_to_recordset(${JSON.stringify(decided.map(({ id, reviewer, state, decided }) => ({ id, reviewer, state, decided })))}::json) as listed(id integer, reviewer integer, state text, decided timestamptz)`.execute(
    db,
  )
}

/** Revisions, claims, tallies, releases, members, feedback. */
async function finish(
  db: Database,
  { contributions }: Sizes,
  places: ReadonlyMap<number, number>,
  tallies: ReadonlyMap<string, number>,
): Promise<void> {
  await sql`select setval(pg_get_serial_sequence('contributions', 'id'), ${contributions}::bigint)`.execute(db)
  // Their bucket tables are left empty: 139 kB each at a million examples, and no page reads them.
  await sql`insert into dataset_revisions (model_id, number, parent_id, digest, buckets, count, created_at)
    select model_id, row_number() over (partition by model_id order by decided_at, id), null, 'sha256:' || id, '', 0, decided_at
    from contributions where state = 'accepted' order by model_id, decided_at, id`.execute(db)
  await sql`insert into revision_contributions (revision_id, contribution_id)
    select id, substr(digest, 8)::integer from dataset_revisions`.execute(db)
  await sql`insert into claims (model_id, key, contribution_id, contested)
    select distinct contributions.model_id, 'question:' || changes.question_key, contributions.id, false
    from contributions join contribution_changes changes on changes.contribution_id = contributions.id
    where contributions.state in ('open', 'changes-requested')`.execute(db)
  await sql`update claims set contested = true where exists (
    select from claims other where other.model_id = claims.model_id and other.key = claims.key and other.contribution_id <> claims.contribution_id)`.execute(
    db,
  )
  for (const [model, place] of places)
    await sql`insert into example_indexes (model_id, revision_id, words_version, next_place)
      select ${model}::integer, id, ${wordsVersion}::integer, ${place}::integer from dataset_revisions where model_id = ${model} order by number desc limit 1`.execute(
      db,
    )
  const counted = [...tallies].map(([key, count]) => {
    const [model, field, value] = JSON.parse(key) as [number, string, string]
    return { model, field, value, count }
  })
  for (let at = 0; at < counted.length; at += 5_000)
    await sql`insert into example_tallies (model_id, field, value, count)
      select model, field, value, count from json_to_recordset(${JSON.stringify(counted.slice(at, at + 5_000))}::json) as listed(model integer, field text, value text, count integer)`.execute(
      db,
    )
  await sql`insert into training_runs (model_id, base_id, revision_id, recipe, trainer, state, created_at)
    select model_id, 1, id, '{}', 'seeded', 'finished', created_at from dataset_revisions where number % 1000 = 0`.execute(db)
  await sql`insert into checkpoints (run_id, step, digest, files, served) select id, 1, 'sha256:', '[]', 'sha256:' from training_runs`.execute(
    db,
  )
  await sql`insert into releases (model_id, version, checkpoint_id, state, gate, changelog, licence, card, artefacts, created_at)
    select runs.model_id, '0.' || row_number() over (partition by runs.model_id order by runs.id) || '.0', checkpoints.id, 'published',
      '{"suites":[]}', '{"contributions":[],"dataset":{"number":1,"count":1,"digest":"sha256:"}}', '{"expression":"CC-BY-4.0","summary":""}', '', '[]', runs.created_at
    from training_runs runs join checkpoints on checkpoints.run_id = runs.id`.execute(db)
  await sql`insert into member_changes (model_id, person_id, role, created_at)
    select 1 + n % 20, 1 + n % 1000, 'reviewer', ${firstDay}::timestamptz + n * interval '3 hours' from generate_series(1, 5000) n`.execute(
    db,
  )
  await sql`insert into charter_revisions (model_id, number, contribution_id, clauses, next_clause, created_at)
    select model_id, row_number() over (partition by model_id order by id), id, '[]', 1, decided_at from contributions where state = 'accepted' and id % 500 = 1`.execute(
    db,
  )
  await sql`insert into feedback (model_id, turns, rating, created_at)
    select 1 + n % 20, '[]', case when n % 3 = 0 then 'down' else 'up' end, now() from generate_series(1, 30000) n`.execute(db)
  await sql`insert into jobs (kind, payload, state, created_at, ended_at)
    select 'preview', '{}', case when n % 100 = 0 then 'failed' else 'done' end, now(), now() from generate_series(1, 100000) n`.execute(db)
  await sql`checkpoint`.execute(db)
}
