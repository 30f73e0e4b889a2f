/**
 * What the large community's pages show besides proposals and examples: releases with their evaluations, runs, trains, previews, forecasts, receipts, talk and
 * news, copied from the living community and made as large as two years of 100,000 contributions make them.
 */

import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { App } from '../../src/app.ts'
import { reviseTree, rootOf, writeTable, type Buckets } from '../../src/domain/datasets/bucket-tree.ts'
import { findModel } from '../../src/domain/models/model-queries.ts'
import { plainClause } from '../../src/domain/models/charter.ts'
import { figuresOf, type ReceiptBody } from '../../src/domain/receipts/receipt.ts'
import { findRelease } from '../../src/domain/releases/release-queries.ts'
import type { ChangelogContribution, Release } from '../../src/domain/releases/release.ts'
import type { Digest } from '../../src/storage/blobs.ts'
import type { Database } from '../../src/storage/database.ts'
import { firstDay } from './seed.ts'
import { largeModel, living, visitors } from './visitors.ts'

/** Files that two years leave behind: results of evaluations, checkpoints, uploads. */
const blobs = 10_000
const clauses = 40
/** Of the newest releases; those before are as many rows that no page asks for. */
const receiptsOf = 3
const batch = 500

interface Source {
  readonly db: Database
  readonly model: number
  readonly release: Release
  /** Releases of the large community, the oldest first, with what each was trained on. */
  readonly releases: readonly LargeRelease[]
}

interface LargeRelease {
  readonly id: number
  readonly version: string
  readonly checkpoint: number
  readonly run: number
  readonly revision: number
  readonly number: number
  readonly at: Date
}

export async function multiply(app: App, say: (text: string) => void): Promise<void> {
  const { db } = app
  const release = await findRelease(db, living, '0.2.0')
  const { rows: releases } = await sql<LargeRelease>`
    select releases.id, version, checkpoint_id as checkpoint, runs.id as run, runs.revision_id as revision, revisions.number, releases.created_at as at
    from releases join checkpoints on checkpoints.id = checkpoint_id join training_runs runs on runs.id = run_id
    join dataset_revisions revisions on revisions.id = runs.revision_id
    where releases.model_id = ${largeModel} order by revisions.number`.execute(db)
  const source: Source = { db, model: (await findModel(db, living)).id, release, releases }
  const parts = {
    communities,
    buckets,
    evaluations,
    releaseRecords,
    runs,
    proposalsWithPreviews,
    trainsAndForecasts,
    receipts,
    talk,
    people,
  }
  for (const [name, part] of Object.entries(parts)) {
    say(`copies: ${name}`)
    await db.transaction().execute((transaction) => part({ ...source, db: transaction as unknown as Database }))
    await sql`checkpoint`.execute(db)
  }
  say('copies: files')
  for (let i = 0; i < blobs; i++) await app.blobs.put(Buffer.from(`file ${i} of two years`))
}

/** They stand on a base that can be served, and have a charter with a history. */
async function communities({ db, model }: Source): Promise<void> {
  await sql`update community_models set base_id = (select base_id from community_models where id = ${model}),
    recipe = (select recipe from community_models where id = ${model}) where id <> ${model}`.execute(db)
  await sql`update training_runs set base_id = (select base_id from community_models where id = ${model}) where model_id <> ${model}`.execute(
    db,
  )
  const text = JSON.stringify(
    Array.from({ length: clauses }, (_, i) => ({
      number: i + 1,
      ...plainClause(`Clause ${i + 1}: answers are plain, and say so where they are unsure.`),
    })),
  )
  await sql`update charter_revisions set clauses = ${text}::jsonb, next_clause = ${clauses + 1}::integer where model_id = ${largeModel}`.execute(
    db,
  )
  await sql`update community_models set charter = (select jsonb_agg(clause->>'text') from jsonb_array_elements(${text}::jsonb) clause) where id = ${largeModel}`.execute(
    db,
  )
  await sql`insert into suites (model_id, name, kind, digest, count, target, tolerance, supersedes, role)
    select ${largeModel}::integer, suites.name || case n when 1 then '' else '-' || n end, kind, digest, count, target, tolerance, null, role
    from suites, generate_series(1, 6) n
    where model_id = ${model} and not exists (select from suites newer where newer.supersedes = suites.id)`.execute(db)
  await sql`insert into review_rules (model_id, rules, message, set_by)
    select models.id, rules, 'As it began', null from community_models models, review_rules where review_rules.model_id = ${model}
      and models.id <> ${model} and not exists (select from review_rules there where there.model_id = models.id)`.execute(db)
}

/** Bucket tables of the two newest releases: what a comparison of them reads. */
async function buckets({ db, releases }: Source): Promise<void> {
  let tree: Buckets = new Map()
  let above = 0
  const members = new Map<number, Uint8Array>()
  for (const { revision, number } of releases.slice(-2)) {
    const { rows } = await sql<{ digest: Digest }>`
      select standing.digest from standing_examples standing join revision_contributions links on links.contribution_id = standing.contribution_id
      join dataset_revisions revisions on revisions.id = links.revision_id
      where standing.model_id = ${largeModel} and revisions.number > ${above} and revisions.number <= ${number}`.execute(db)
    const change = reviseTree(tree, members, { going: [], coming: rows.map(({ digest }) => digest) })
    for (let at = 0; at < change.made.length; at += batch)
      await db
        .insertInto('datasetBuckets')
        .values(change.made.slice(at, at + batch).map(({ digest, members }) => ({ digest, members })))
        .onConflict((known) => known.doNothing())
        .execute()
    for (const bucket of change.made) members.set(bucket.index, bucket.members)
    tree = change.buckets
    above = number
    const table = writeTable(tree)
    await db
      .updateTable('datasetRevisions')
      .set({ buckets: table, digest: rootOf(table), count: [...members.values()].reduce((sum, { length }) => sum + length / 32, 0) })
      .where('id', '=', revision)
      .execute()
  }
}

const served = (kind: string, id: number): Digest => `sha256:${createHash('sha256').update(`${kind} ${id}`).digest('hex')}`

/** Every release was asked every suite. */
async function evaluations({ db, model, release, releases }: Source): Promise<void> {
  const base = release.artefacts.find(({ path }) => path === 'base.gguf')?.digest
  const listed = JSON.stringify(releases.map(({ id, checkpoint, at }) => ({ id, checkpoint, at, adapter: served('adapter', id) })))
  await sql`with made as (
      insert into evaluations (model_id, suite_id, checkpoint_id, served_base, served_adapter, state, metric, score, count, done, samples, seconds, created_at)
      select ${largeModel}::integer, suites.id, listed.checkpoint, ${base}::text, listed.adapter, 'finished', was.metric, was.score, was.count, was.done, was.samples, was.seconds, listed.at
      from json_to_recordset(${listed}::json) as listed(id integer, checkpoint integer, at timestamptz, adapter text)
      cross join suites cross join lateral (
        select * from evaluations was where was.model_id = ${model} and was.state = 'finished' and was.checkpoint_id is not null
          and (select digest from suites own where own.id = was.suite_id) = suites.digest order by was.id desc limit 1) was
      where suites.model_id = ${largeModel} returning id, checkpoint_id)
    insert into release_evaluations select listed.id, made.id
    from made join json_to_recordset(${listed}::json) as listed(id integer, checkpoint integer) on listed.checkpoint = made.checkpoint_id`.execute(
    db,
  )
}

/** A changelog of a thousand contributions each, as a release a week and a thousand proposals a week make it. */
async function releaseRecords({ db, release, releases }: Source): Promise<void> {
  // Evaluations of the release before, by suite: what a gate compares with.
  let before = new Map<string, number>()
  for (const [i, { id, version, checkpoint, number, at, revision }] of releases.entries()) {
    const above = releases[i - 1]?.number ?? 0
    const { rows } = await sql<ChangelogContribution>`
      select contributions.id, people.name as author, contributions.message, 10 as added, 0 as replaced, 0 as removed, 0 as cases, 0 as clauses,
        array_agg(reviewers.name) as reviewers
      from dataset_revisions revisions join revision_contributions links on links.revision_id = revisions.id
      join contributions on contributions.id = links.contribution_id join people on people.id = contributions.author_id
      join reviews on reviews.contribution_id = contributions.id join people reviewers on reviewers.id = reviews.reviewer_id
      where revisions.model_id = ${largeModel} and revisions.number > ${above} and revisions.number <= ${number}
      group by contributions.id, people.name order by contributions.id`.execute(db)
    const { rows: asked } = await sql<{ id: number; digest: string; name: string; suite: number }>`
      select evaluations.id, suites.digest, suites.name, suites.id as suite from release_evaluations links join evaluations on evaluations.id = links.evaluation_id
      join suites on suites.id = evaluations.suite_id where links.release_id = ${id} order by suites.name`.execute(db)
    const gate = {
      ...release.gate,
      against: releases[i - 1]?.version ?? 'base',
      suites: asked.flatMap((own) => {
        const like = release.gate.suites.find(({ name }) => own.name.startsWith(name))
        if (!like) return []
        const { comparison } = like
        const baseline = { ...comparison.baseline, evaluationId: before.get(own.name) ?? comparison.baseline.evaluationId }
        const subject = { ...comparison.subject, evaluationId: own.id }
        return [
          {
            ...like,
            name: own.name,
            comparison: { ...comparison, subject, baseline, suite: { ...comparison.suite, id: own.suite, name: own.name } },
          },
        ]
      }),
    }
    before = new Map(asked.map(({ id, name }) => [name, id]))
    const dataset = { ...release.changelog.dataset, number, count: number * 10, digest: served('dataset', revision) }
    const artefacts = release.artefacts.map((one) => (one.path === 'adapter.gguf' ? { ...one, digest: served('adapter', id) } : one))
    await db
      .updateTable('releases')
      .set({
        previousId: releases[i - 1]?.id ?? null,
        gate: JSON.stringify(gate),
        changelog: JSON.stringify({ ...release.changelog, dataset, contributions: rows }),
        licence: JSON.stringify(release.licence),
        card: release.card,
        artefacts: JSON.stringify(artefacts),
      })
      .where('id', '=', id)
      .execute()
    await sql`update checkpoints set (files, served, step, digest, created_at) =
      (select files, ${served('adapter', id)}::text, step, ${served('checkpoint', id)}::text, ${at}::timestamptz from checkpoints where id = ${release.checkpointId})
      where id = ${checkpoint}`.execute(db)
    await db.updateTable('releases').set({ version }).where('id', '=', id).execute()
  }
}

/** A run each release and nine more that nobody released; the newest ran for 5,000 steps. */
async function runs({ db, model, releases }: Source): Promise<void> {
  await sql`update training_runs set (recipe, trainer, examples, progress, started_at, ended_at) =
    (select recipe, trainer, examples, progress, training_runs.created_at, training_runs.created_at + interval '1 hour' from training_runs own where own.model_id = ${model} and state = 'finished' order by id desc limit 1)
    where model_id <> ${model}`.execute(db)
  await sql`insert into training_runs (model_id, base_id, revision_id, recipe, trainer, state, error, progress, started_by, created_at, started_at, ended_at)
    select model_id, base_id, revision_id, recipe, trainer, case n % 3 when 0 then 'cancelled' else 'failed' end, 'The loss grew without bound.', progress, 50, created_at, created_at, created_at + interval '1 minute'
    from training_runs, generate_series(1, 9) n where model_id = ${largeModel}`.execute(db)
  for (const { run } of releases.slice(-5))
    await sql`insert into run_steps (run_id, step, loss, gradient_norm, learning_rate, tokens_per_second)
      select ${run}::integer, n, 5 / sqrt(n) + 0.1 * random(), random(), 0.001, 2000 + 100 * random() from generate_series(1, 5000) n`.execute(
      db,
    )
}

/** The 300 newest undecided proposals were previewed. */
async function proposalsWithPreviews({ db, model }: Source): Promise<void> {
  await sql`with open as (
      select id, row_number() over (order by id desc) as n from contributions where model_id = ${largeModel} and state = 'open' order by id desc limit 300),
    was as (select * from previews where contribution_id in (select id from contributions where model_id = ${model}) order by id desc limit 1)
    insert into previews (contribution_id, round, head_id, release_id, build_id, control_id, automatic, requested_by, cancelled_at)
    select open.id, 1, was.head_id, was.release_id, was.build_id, was.control_id, true, null, null from open, was`.execute(db)
}

async function trainsAndForecasts({ db, model, releases }: Source): Promise<void> {
  const listed = JSON.stringify(
    releases.map(({ id, revision, run, at }, i) => ({ n: i + 1, id, revision, run, at, before: releases[i - 1]?.id ?? null })),
  )
  await sql`insert into release_trains (model_id, number, state, stage, reason, started_by, baseline_id, revision_id, run_id, gate, left_out, outcome, letters, release_id, created_at, ended_at)
    select ${largeModel}::integer, listed.n, 'published', 'publish', was.reason, 50, listed.before, listed.revision, listed.run, was.gate, '[]', was.outcome, '[]', listed.id, listed.at, listed.at
    from json_to_recordset(${listed}::json) as listed(n integer, id integer, revision integer, run integer, at timestamptz, before integer)
    cross join (select * from release_trains where model_id = ${model} order by id desc limit 1) was`.execute(db)
  await sql`insert into release_trains (model_id, number, state, stage, reason, started_by, baseline_id, revision_id, run_id, left_out, outcome, letters, created_at)
    select model_id, number + 1, 'running', 'train', reason, 50, release_id,
      (select id from dataset_revisions where model_id = ${largeModel} and number is not null order by number desc limit 1), null, '[]', null, '[]', now()
    from release_trains where model_id = ${largeModel} order by number desc limit 1`.execute(db)
  await sql`insert into forecasts (model_id, revision_id, suites, recipe, trainer, budget_seconds, state, fractions, points, result, requested_by, created_at, started_at, ended_at)
    select ${largeModel}::integer, revision_id, suites, recipe, trainer, budget_seconds, state, fractions, points, result, 50, created_at, started_at, ended_at
    from (select * from forecasts where model_id = ${model} and state = 'finished' order by id desc limit 1) was, generate_series(1, 40)`.execute(
    db,
  )
}

/** Everybody with something in a release has a receipt; the busiest author's names thousands of contributions. */
async function receipts({ db, model, releases }: Source): Promise<void> {
  const { rows } = await sql<{ body: ReceiptBody }>`
    select body from receipts where release_id in (select id from releases where model_id = ${model}) and jsonb_array_length(body->'included') > 0 order by id desc limit 1`.execute(
    db,
  )
  const like = rows[0]?.body
  const [included] = like?.included ?? []
  if (!like || !included) throw new Error('the living community has no receipt yet')
  for (const { id, version, number, at } of releases.slice(-receiptsOf)) {
    const { rows: works } = await sql<{ person: number; name: string; id: number; message: string }>`
      select people.id as person, people.name, contributions.id, contributions.message
      from contributions join people on people.id = contributions.author_id where contributions.model_id = ${largeModel} and contributions.state = 'accepted'
      and contributions.decided_at <= ${at} order by people.id, contributions.id`.execute(db)
    const written = [...Map.groupBy(works, ({ person }) => person)].map(([person, own]) => {
      const body: ReceiptBody = {
        ...like,
        person: own[0]?.name ?? '',
        release: {
          ...like.release,
          model: `bench/model${largeModel}`,
          version,
          publishedAt: at.toISOString(),
          dataset: { ...like.release.dataset, number },
        },
        included: own.map(({ id, message }, i) => ({
          ...included,
          contribution: id,
          message,
          isNew: i > own.length * 0.98,
          effects: i === 0 ? included.effects : [],
        })),
      }
      return { person, digest: served(`receipt ${id}`, person), body, figures: figuresOf(body), at }
    })
    for (let from = 0; from < written.length; from += batch)
      await sql`insert into receipts (release_id, person_id, digest, body, figures, created_at)
        select ${id}::integer, person, digest, body, figures, at from json_to_recordset(${JSON.stringify(written.slice(from, from + batch))}::json) as listed(person integer, digest text, body jsonb, figures jsonb, at timestamptz)`.execute(
        db,
      )
    await sql`insert into receipt_issues (release_id, people) values (${id}::integer, ${written.length}::integer)`.execute(db)
  }
}

/** 30,000 threads; one proposal and the newest release have hundreds. Answers, and news for everybody. */
async function talk({ db, releases }: Source): Promise<void> {
  const newest = `bench/model${largeModel}@${releases.at(-1)?.version}`
  await sql`insert into threads (model_id, subject_kind, subject_id, started_by, created_at)
    select ${largeModel}::integer, 'contribution', case when n % 100 = 0 then (select max(id) from contributions where model_id = ${largeModel} and state = 'open')::text else (1 + n * 3)::text end, 1 + n % 5000, ${firstDay}::timestamptz + n * interval '30 minutes'
    from generate_series(1, 30000) n`.execute(db)
  await sql`insert into threads (model_id, subject_kind, subject_id, started_by)
    select ${largeModel}::integer, 'release', ${newest}::text, 1 + n from generate_series(1, 200) n`.execute(db)
  await sql`insert into comments (thread_id, author_id) select threads.id, 1 + (threads.id * 7 + n) % 5000 from threads, generate_series(1, 3) n`.execute(
    db,
  )
  await sql`insert into comment_versions (comment_id, version, text)
    select id, 1, 'I read it twice, @person' || 1 + id % 5000 || '. **Digits** differ, see https://example.org/a' from comments where not exists (select from comment_versions where comment_id = comments.id)`.execute(
    db,
  )
  await sql`insert into answers (id, model, model_id, release_id, person_id, turns, choices, usage, metadata, created_at)
    select 'chatcmpl-' || n, ${newest}::text, ${largeModel}::integer, ${releases.at(-1)?.id}::integer, case when n % 10 = 0 then 1 else 1 + n % 5000 end,
      '[{"role":"user","content":"एक दोन?"}]', '[{"text":"तीन","reason":"stop"}]', '{"promptTokens":5,"completionTokens":2}', '{}', now() - n * interval '1 minute'
    from generate_series(1, 20000) n`.execute(db)
  await sql`update feedback set turns = '[{"role":"user","content":"एक दोन?"},{"role":"assistant","content":"तीन"}]', person_id = 1 + id % 5000 where turns = '[]'`.execute(
    db,
  )
  await sql`insert into notifications (person_id, kind, sentence, link, key, created_at, read_at)
    select case when n % 20 = 0 then 1 else 1 + n % 5000 end, 'decision', 'person10 accepted your contribution ' || n || '.', '/contributions/' || n, null, ${firstDay}::timestamptz + n * interval '5 minutes', case when n % 3 = 0 then null else now() end
    from generate_series(1, 200000) n`.execute(db)
}

async function people({ db }: Source): Promise<void> {
  await sql`insert into members (model_id, person_id, role) select ${largeModel}::integer, id, case when id % 20 = 0 then 'maintainer' when id % 5 = 0 then 'reviewer' else 'contributor' end
    from people where name like 'person%' and id % 2 = 0 on conflict do nothing`.execute(db)
  await sql`insert into invitations (hash, role, model_id, note, invited_by, expires_at) select 'bench ' || n, 'contributor', case when n % 2 = 0 then ${largeModel}::integer end, 'for a friend', 50, now() + interval '7 days'
    from generate_series(1, 500) n`.execute(db)
  for (const name of Object.values(visitors))
    await sql`insert into sessions (person_id, hash, label, method, expires_at, last_seen_at)
      select id, name || n, 'Firefox on a phone', 'password', now() + interval '30 days', now() from people, generate_series(1, 30) n where name = ${name}`.execute(
      db,
    )
}
