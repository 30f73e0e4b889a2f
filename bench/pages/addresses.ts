/** Every page of the wiki as somebody opens it on the seeded store: signed out, as the busiest author, as a reviewer, as a maintainer. */

import { sql } from 'kysely'
import type { App } from '../../src/app.ts'
import { startSession } from '../../src/domain/people/sessions.ts'
import { lists } from '../../src/web/proposals/queue-page.ts'
import type { Measure } from './measures.ts'
import { languages } from './seed.ts'
import { actorNamed, largeModel, living, visitors } from './visitors.ts'

type Who = keyof typeof visitors | 'nobody'

export async function pages(app: App): Promise<readonly Measure[]> {
  const { db } = app
  const cookies = new Map<Who, string>([['nobody', '']])
  for (const [who, name] of Object.entries(visitors)) {
    const { id } = await actorNamed(app, name)
    cookies.set(who as Who, `commonweights-session=${(await startSession(db, id, 'link', 'the benchmark')).secret}`)
  }
  const look = async (who: Who, path: string): Promise<number> => {
    const response = await app.http.fetch(
      new Request(`http://localhost${path}`, {
        headers: { cookie: cookies.get(who) ?? '', 'sec-fetch-site': 'none', 'accept-language': 'en' },
      }),
    )
    const text = await response.text()
    if (response.status !== 200)
      throw new Error(
        `${path} as ${who}: ${response.status} ${/<main[^]*<\/main>/.exec(text)?.[0].replace(/<[^>]*>|\s+/g, ' ') ?? text.slice(0, 500)}`,
      )
    return text.length
  }
  const found = async <T>(query: ReturnType<typeof sql<T>>): Promise<T> => {
    const [row] = (await query.execute(db)).rows
    if (row === undefined) throw new Error('the seed lacks something that a page is about')
    return row
  }
  const of = async (query: ReturnType<typeof sql<{ id: number | string }>>) => (await found(query)).id

  const large = `/models/bench/model${largeModel}`
  const small = `/models/${living}`
  const ids = {
    busy: await of(sql`select subject_id as id from threads where subject_kind = 'contribution' group by 1 order by count(*) desc limit 1`),
    open: await of(
      sql`select contribution_id as id from previews join contributions on contributions.id = contribution_id where contributions.model_id = ${largeModel} order by contributions.id desc limit 1`,
    ),
    contested: await of(
      sql`select contribution_id as id from claims where contested and model_id = ${largeModel} order by contribution_id desc limit 1`,
    ),
    accepted: await of(sql`select id from contributions where state = 'accepted' and model_id = ${largeModel} order by id desc limit 1`),
    own: await of(sql`select id from contributions where state = 'open' and author_id = 1 order by id desc limit 1`),
    run: await of(
      sql`select max(run_id) as id from run_steps join training_runs on training_runs.id = run_id where model_id = ${largeModel}`,
    ),
    train: await of(sql`select id from release_trains where model_id = ${largeModel} order by number desc limit 1 offset 1`),
    moving: await of(sql`select max(id) as id from release_trains where model_id = ${largeModel}`),
    receipt: await of(
      sql`select digest as id from receipts where person_id = 1 order by jsonb_array_length(body->'included') desc limit 1`,
    ),
    answer: await of(sql`select id from answers where person_id = 1 and model_id = ${largeModel} order by created_at desc limit 1`),
    upload: await of(sql`select max(id) as id from uploads`),
    thread: await of(sql`select max(id) as id from threads where model_id = ${largeModel}`),
    comment: await of(sql`select max(comments.id) as id from comments where author_id = 1`),
    suite: await of(sql`select name as id from suites where model_id = ${largeModel} order by id limit 1`),
  }
  const { rows: versions } = await sql<{
    version: string
  }>`select version from releases where model_id = ${largeModel} order by id desc limit 2`.execute(db)
  const [newest, before] = versions.map(({ version }) => version)
  const { rows: digests } = await sql<{
    digest: string
  }>`select digest from standing_examples where model_id = ${largeModel} and place % 5000 = 7`.execute(db)
  const word = (round: number) => encodeURIComponent(languages[1]?.word(round % 50) ?? '')

  const all: [string, string | ((round: number) => string), ...Who[]][] = [
    ['home', '/', 'nobody', 'author'],
    ['about', '/about', 'nobody'],
    ['communities', '/models', 'nobody', 'author'],
    ['new community', '/models/new', 'maintainer'],
    ['community, large', large, 'nobody', 'maintainer'],
    ['community, small', small, 'nobody', 'author'],
    ['changes everywhere', '/changes', 'nobody', 'author'],
    ['changes of a community', `${large}/changes`, 'nobody', 'reviewer'],
    ['changes, one kind', `${large}/changes?kind=release`, 'nobody'],
    ['changes of a person', (round) => `/changes?person=person${10 * (1 + round)}`, 'nobody'],
    ...lists.map((list): [string, string, Who] => [`proposals: ${list}`, `${large}/proposals?list=${list}`, 'reviewer']),
    ['proposals: waiting', `${large}/proposals?list=waiting`, 'nobody', 'author'],
    ['proposals: yours', `${large}/proposals?list=yours`, 'author'],
    ['proposals: all of a kind nobody offers', `${large}/proposals?list=all&kind=clause`, 'nobody'],
    ['proposal, open, with preview', `/contributions/${ids.open}`, 'nobody', 'reviewer'],
    ['proposal in the queue', `/contributions/${ids.open}?queue=mine`, 'reviewer'],
    ['proposal in the queue of all that wait', `/contributions/${ids.open}?queue=waiting`, 'nobody'],
    ['proposal, contested', `/contributions/${ids.contested}`, 'reviewer'],
    ['proposal, accepted', `/contributions/${ids.accepted}`, 'nobody', 'maintainer'],
    ['proposal with 300 threads', `/contributions/${ids.busy}`, 'nobody', 'reviewer'],
    ['withdraw', `/contributions/${ids.own}/withdraw`, 'author'],
    ['revise', `/contributions/${ids.own}/revise`, 'author'],
    ['revert', `/contributions/${ids.accepted}/revert`, 'maintainer'],
    ['propose', `${large}/propose`, 'author', 'reviewer'],
    ['propose in another’s place', (round) => `${large}/propose?replace=${digests[round % digests.length]?.digest}`, 'author'],
    ['upload, new', `${large}/upload`, 'author'],
    ['upload of 2,000 rows', `/uploads/${ids.upload}`, 'author'],
    ['examples', `${large}/examples`, 'nobody', 'author'],
    ['examples with a word', (round) => `${large}/examples?q=${word(round)}`, 'nobody'],
    [
      'examples, filtered',
      (round) => `${large}/examples?language=ta&licence=CC-BY-4.0&q=${encodeURIComponent(languages[2]?.word(round) ?? '')}`,
      'nobody',
    ],
    ['example', (round) => `${large}/examples/${digests[round % digests.length]?.digest}`, 'nobody', 'reviewer'],
    ['charter', `${large}/charter`, 'nobody', 'maintainer'],
    ['charter history', `${large}/charter/history`, 'nobody'],
    ['clause', `${large}/charter/7`, 'nobody', 'author'],
    ['propose a clause', `${large}/charter/propose`, 'author'],
    ['suites', `${large}/suites`, 'nobody'],
    ['suite', `${large}/suites/${ids.suite}`, 'nobody', 'maintainer'],
    ['runs', `${large}/runs`, 'nobody', 'maintainer'],
    ['run of 5,000 steps', `/runs/${ids.run}`, 'nobody', 'maintainer'],
    ['releases', `${large}/releases`, 'nobody', 'maintainer'],
    ['release', `${large}/releases/${newest}`, 'nobody', 'maintainer'],
    ['release, new', `${small}/releases/new`, 'maintainer'],
    ['release, new, large', `${large}/releases/new`, 'maintainer'],
    ['compare releases', `${large}/compare?from=${before}&to=${newest}`, 'nobody'],
    ['receipts of a release', `${large}/releases/${newest}/receipts`, 'nobody'],
    ['receipt of the busiest', `/receipts/${ids.receipt}`, 'nobody', 'author'],
    ['receipts of a person', `/people/${visitors.author}/receipts`, 'nobody', 'author'],
    ['lineage', `${large}/lineage`, 'nobody'],
    ['lineage of a release', `${large}/lineage?version=${newest}`, 'nobody'],
    ['trains', `${large}/trains`, 'nobody', 'maintainer'],
    ['train', `/trains/${ids.train}`, 'nobody', 'maintainer'],
    ['train under way', `/trains/${ids.moving}`, 'maintainer'],
    ['forecast', `${large}/forecast`, 'nobody', 'maintainer'],
    ['profile, busiest', `/people/${visitors.author}`, 'nobody', 'author'],
    ['profile, reviewer', `/people/${visitors.reviewer}`, 'nobody'],
    ['contributions of a person', `/people/${visitors.author}/contributions`, 'nobody'],
    ['talk', `${large}/talk`, 'nobody', 'author'],
    ['talk, an answer', `${large}/talk?answer=${ids.answer}`, 'author'],
    ['fix', `/answers/${ids.answer}/fix`, 'author'],
    ['suggestions', `${large}/suggestions`, 'nobody', 'author'],
    ['thread', `/threads/${ids.thread}`, 'nobody', 'author'],
    ['comment, history', `/comments/${ids.comment}/history`, 'nobody'],
    ['comment, edit', `/comments/${ids.comment}/edit`, 'author'],
    ['notifications', '/notifications', 'author'],
    ['notifications, settings', '/notifications/settings', 'author'],
    ['account', '/account', 'author'],
    ['community settings', `${large}/settings`, 'nobody', 'maintainer'],
    ['members', `${large}/members`, 'nobody', 'maintainer'],
    ['people', '/people', 'maintainer'],
    ['operator', '/operator', 'maintainer'],
    ['operator, failed jobs', '/operator?state=failed', 'maintainer'],
    ['bases', '/bases', 'nobody'],
    ['base', '/bases/tiny', 'nobody'],
    ['sign in', '/sign-in', 'nobody'],
    ['feed of a community', `/feeds/bench/model${largeModel}.atom`, 'nobody'],
    ['feed of a person', `/feeds/people/${visitors.author}.atom`, 'nobody'],
  ]
  return all.flatMap(([name, path, ...visitorsOf]) =>
    visitorsOf.map((who) => ({
      name: `page: ${name}, ${who}`,
      run: (round: number) => look(who, typeof path === 'string' ? path : path(round)),
    })),
  )
}
