/** Review that adapts, as a community meets it: on PGlite, and on Postgres where this machine has one. */

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { sql } from 'kysely'
import { openDatabase, type Database } from '../../storage/database.ts'
import { openJobs } from '../../storage/jobs.ts'
import { migrate } from '../../storage/migrations/index.ts'
import { startPostgres } from '../../storage/test-postgres.ts'
import type { Lifetime } from '../../storage/testing.ts'
import { contribute, reviseContribution, withdrawContribution } from '../contributions/contribute.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import type { Offer, OfferedChange } from '../contributions/contribution.ts'
import { joinMentors, leaveMentors, mentorsOf } from '../contributions/mentors.ts'
import { requireWithinLimits } from '../contributions/newcomers.ts'
import { trustOf } from '../contributions/trust-events.ts'
import { latestRevision } from '../datasets/dataset-queries.ts'
import { decideContribution } from '../datasets/decide-contribution.ts'
import { patrolContribution } from '../datasets/patrol-contribution.ts'
import { patrolLater } from '../datasets/patrol-later.ts'
import { revertContribution } from '../datasets/revert-contribution.ts'
import type { RuleChanges } from '../models/review-rules.ts'
import { setReviewRules } from '../models/set-review-rules.ts'
import { findSuite } from '../models/suite-queries.ts'
import { notificationsOf } from '../notifications/notification-queries.ts'
import { changeNotificationSettings } from '../notifications/read-notifications.ts'
import { operator, type Actor } from '../people/actor.ts'
import { startTrain } from '../release-train/depart.ts'
import { adding, offerOf, openCommunity, personNamed, type Community, type PersonActor } from '../testing.ts'
import { patrolHold, patrolOf, patrolQueue } from './patrol-queries.ts'
import { quorumFor } from './quorum-queries.ts'
import { reviewQueue } from './review-queues.ts'
import { trustPage } from './trust-page.ts'

const texts = (...all: string[]) => adding(...all.map((text) => ({ text })))

/** Texts that no two calls share and no check takes for near-duplicates. */
let made = 0
const someTexts = (count: number): OfferedChange[] => {
  const words = ['नदी', 'डोंगर', 'पाऊस', 'शाळा', 'घर', 'झाड', 'पक्षी', 'समुद्र', 'रस्ता', 'बाजार', 'शेत', 'आकाश']
  return texts(
    ...Array.from({ length: count }, () => {
      const n = made++
      return `${words[n % 12]} ${words[Math.floor(n / 12) % 12]} ${n} ${words[(n * 7 + 5) % 12]}`
    }),
  )
}

async function offer(app: Community, author: Actor, changes: OfferedChange[] = someTexts(1), other: Partial<Offer> = {}) {
  return (await contribute(app, author, app.name, offerOf(changes, other))).contribution
}

const accept = (app: Community, reviewer: Actor, id: number) => decideContribution(app, reviewer, id, { decision: 'accept' })

const setRules = (app: Community, changes: RuleChanges) => setReviewRules(app, operator, app.name, { changes, message: 'For this test' })

/** Everything decided so far was decided so many days earlier. */
async function daysPass(app: Community, days: number): Promise<void> {
  const back = sql`${days} * interval '1 day'`
  for (const [table, columns] of [
    ['contributions', ['created_at', 'decided_at']],
    ['contribution_rounds', ['created_at']],
    ['reviews', ['created_at']],
    ['patrols', ['created_at', 'decided_at']],
    ['newcomer_acts', ['created_at']],
  ] as const)
    for (const column of columns)
      await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${sql.ref(column)} - ${back} where ${sql.ref(column)} is not null`.execute(
        app.db,
      )
}

/** Six good contributions, a while ago: enough to be patrolled. */
async function becomeTrusted(app: Community, author: Actor): Promise<void> {
  for (let i = 0; i < 6; i++) await accept(app, app.bilal, (await offer(app, author, someTexts(7))).id)
  await daysPass(app, 20)
}

function reviewing(where: string, open: (t: Lifetime) => Promise<Database | string | undefined>): void {
  describe(`on ${where}`, () => {
    const community = async (t: Lifetime & { skip(message: string): void }): Promise<Community | null> => {
      const database = await open(t)
      if (typeof database !== 'string') return openCommunity(t, {}, database)
      t.skip(database)
      return null
    }

    test('the quorum grows with those who are active, names them, and falls again; who accepted before can then let it in', async (t) => {
      const app = await community(t)
      if (!app) return
      const first = await offer(app, app.asha)
      assert.match(
        (await quorumFor(app.db, first)).sentence,
        /^0 of 1 accepting review; quorum 1 because nobody else has reviewed in the last 30 days/,
      )
      assert.ok((await accept(app, app.bilal, first.id)).revision, 'one of two reviewers is enough')
      const reviewers = []
      for (const name of ['dina', 'emil', 'fara', 'gita']) {
        const reviewer = await personNamed(app, name, 'reviewer')
        reviewers.push(reviewer)
        await decideContribution(app, reviewer, (await offer(app, app.asha)).id, { decision: 'reject', message: 'No.' })
      }
      const { id } = await offer(app, app.asha)
      const quorum = await quorumFor(app.db, await findContribution(app.db, id))
      assert.deepEqual([quorum.needed, quorum.active, quorum.available], [2, ['bilal', 'dina', 'emil', 'fara', 'gita'], ['chitra']])
      assert.equal((await accept(app, app.bilal, id)).revision, null)
      await assert.rejects(accept(app, app.bilal, id), { code: 'conflict', message: /already reviewed round 1/ })
      await daysPass(app, 31)
      assert.equal((await quorumFor(app.db, await findContribution(app.db, id))).needed, 1)
      const again = await accept(app, app.bilal, id)
      assert.ok(again.revision, 'the quorum has fallen to what the proposal has')
      const own = await offer(app, reviewers[0] as Actor)
      assert.ok(!(await quorumFor(app.db, own)).active.includes('dina'))
    })

    test('no single reviewer of many turns a proposal away, and two people do not stall; an objection is told its author as a wish', async (t) => {
      const app = await community(t)
      if (!app) return
      const reject = async (reviewer: Actor, id: number) =>
        (await decideContribution(app, reviewer, id, { decision: 'reject', message: 'In Hindi.' })).contribution.state
      assert.equal(await reject(app.bilal, (await offer(app, app.asha)).id), 'rejected', 'one of two is enough')
      const reviewers: Actor[] = []
      for (const name of ['dina', 'emil', 'fara', 'gita', 'hari']) {
        reviewers.push(await personNamed(app, name, 'reviewer'))
        await accept(app, reviewers.at(-1)!, (await offer(app, app.asha)).id)
      }
      const { id } = await offer(app, app.asha)
      assert.equal(await reject(app.bilal, id), 'open')
      const quorum = await quorumFor(app.db, await findContribution(app.db, id))
      assert.deepEqual([quorum.rejection.rejecting, quorum.rejection.needed], [1, 2])
      assert.match(quorum.sentence, / 1 of 2 that would turn it away\.$/)
      const [told] = await notificationsOf(app.db, app.asha.id)
      assert.deepEqual(told?.kind, 'changes-requested')
      assert.match(told?.sentence ?? '', /^bilal would reject your contribution .*: In Hindi\. It is not decided/)
      await assert.rejects(reject(app.bilal, id), { code: 'conflict', message: /already reviewed round 1/ })
      await accept(app, reviewers[0]!, id)
      assert.equal(await reject(reviewers[1]!, id), 'rejected', 'the number that is reached first decides')
      assert.deepEqual((await notificationsOf(app.db, app.asha.id))[0]?.kind, 'rejected')
      const another = await offer(app, app.asha)
      await reject(app.bilal, another.id)
      await setRules(app, { rejection: { kind: 'fixed', n: 1 } })
      assert.equal(await reject(app.bilal, another.id), 'rejected', 'the number fell to what it has')
    })

    test('trust is made of what became of accepted work: standing, corrected, taken back, rejected; what people undo themselves costs nothing', async (t) => {
      const app = await community(t)
      if (!app) return
      await setRules(app, { newcomers: { openAtOnce: null } })
      const value = async () => (await trustOf(app.db, app.model.id, app.asha.id)).value
      assert.equal(await value(), 0)
      const good = await offer(app, app.asha, texts('एक', 'दोन', 'तीन'))
      await accept(app, app.bilal, good.id)
      const bad = await offer(app, app.asha, texts('वाईट', 'वाईटच'))
      await accept(app, app.bilal, bad.id)
      const before = await value()
      await decideContribution(app, app.bilal, (await offer(app, app.asha)).id, { decision: 'reject', message: 'Not Marathi.' })
      const rejected = await value()
      const { contribution: revert } = await revertContribution(app, app.chitra, bad.id, { message: '', signOff: 'Chitra' })
      await accept(app, app.bilal, revert.id)
      const taken = await value()
      assert.ok(before > rejected && rejected > taken, `${before} > ${rejected} > ${taken}`)
      const { events } = await trustPage(app.db, app.name, 'asha')
      assert.deepEqual(events.map(({ kind, contribution, by, changes, of }) => [kind, contribution, by, changes, of]).sort(), [
        ['rejected', bad.id + 1, null, 1, 1],
        ['reverted', bad.id, revert.id, 2, 2],
        ['standing', good.id, null, 3, 3],
      ])
      const rows = await app.db
        .selectFrom('contributionChanges')
        .select('exampleDigest')
        .where('contributionId', '=', good.id)
        .orderBy('position')
        .execute()
      const [one, two] = rows.map(({ exampleDigest }) => exampleDigest as string)
      const own = await offer(app, app.asha, [{ kind: 'replace', target: one as string, content: { text: 'पहिला' } }])
      await accept(app, app.bilal, own.id)
      const afterOwn = await trustPage(app.db, app.name, 'asha')
      assert.deepEqual(
        afterOwn.events.filter(({ counts }) => counts === 'bad').length,
        2,
        'a correction of one’s own is not held against anybody',
      )
      const others = await offer(app, app.chitra, [{ kind: 'replace', target: two as string, content: { text: 'दुसरा' } }])
      await accept(app, app.bilal, others.id)
      const corrected = (await trustPage(app.db, app.name, 'asha')).events.find(({ kind }) => kind === 'corrected')
      assert.deepEqual([corrected?.contribution, corrected?.by, corrected?.changes, corrected?.of], [good.id, others.id, 1, 3])
      const { contribution: back } = await revertContribution(app, app.asha, revert.id, { message: 'They were right', signOff: 'Asha' })
      await accept(app, app.bilal, back.id)
      assert.ok(
        !(await trustPage(app.db, app.name, 'asha')).events.some(({ kind }) => kind === 'reverted'),
        'what was put back stands again',
      )
    })

    test('a newcomer is told in words when to go on, and is free once trusted', async (t) => {
      const app = await community(t)
      if (!app) return
      await setRules(app, { newcomers: { openAtOnce: 2, examplesPerDay: 20, commentsPerHour: 2 } })
      const first = await offer(app, app.asha, someTexts(8))
      await offer(app, app.asha, someTexts(8))
      await assert.rejects(offer(app, app.asha), {
        code: 'conflict',
        message:
          /asha has 2 undecided proposals in marathi\/saathi \(1, 2\), as many as a newcomer may have at once\. .*meanwhile reviewers see them/,
      })
      await decideContribution(app, app.bilal, first.id, { decision: 'request-changes', message: 'A typo.' })
      await reviseContribution(app, app.asha, first.id, offerOf(someTexts(9)))
      await accept(app, app.bilal, first.id)
      await assert.rejects(offer(app, app.asha, someTexts(5)), {
        code: 'conflict',
        message:
          /given marathi\/saathi 17 examples within a day, and a newcomer gives at most 20; this proposal has 5\. You can go on at \d{4}-.* UTC \(in 2[34] h/,
      })
      await assert.rejects(offer(app, app.asha, someTexts(21)), {
        message: /has 21 examples; a newcomer gives .* at most 20 a day\. Offer a part of it first/,
      })
      const comment = () => app.db.transaction().execute((db) => requireWithinLimits(db, app.asha, app.model.id, 'comment'))
      await comment()
      await comment()
      await assert.rejects(comment(), { code: 'conflict', message: /2 comments within an hour.*You can go on at .* \(in (1 h 0|59) min\)/ })
      for (const free of [app.bilal, operator])
        for (let i = 0; i < 4; i++) await app.db.transaction().execute((db) => requireWithinLimits(db, free, app.model.id, 'comment'))
      await accept(app, app.bilal, 2)
      await setRules(app, { trust: { newcomerBelow: 0.3 } })
      for (let i = 0; i < 4; i++) await offer(app, app.asha, someTexts(9))
      await comment()
    })

    test('two proposals of a newcomer at once do not slip through one place', async (t) => {
      const app = await community(t)
      if (!app) return
      await setRules(app, { newcomers: { openAtOnce: 1 } })
      const ends = await Promise.allSettled(Array.from({ length: 4 }, () => offer(app, app.asha)))
      assert.deepEqual(ends.filter(({ status }) => status === 'fulfilled').length, 1)
    })

    test("newcomers' proposals go to mentors in turn; a mentor who leaves hands them on, and others may review", async (t) => {
      const app = await community(t)
      if (!app) return
      const early = await offer(app, app.asha)
      assert.equal(early.mentor, null)
      await assert.rejects(joinMentors(app, app.asha, app.name), { code: 'forbidden' })
      await assert.rejects(joinMentors(app, operator, app.name), { code: 'invalid', message: /a person whom newcomers can ask/ })
      await joinMentors(app, app.bilal, app.name)
      assert.equal((await findContribution(app.db, early.id)).mentor, 'bilal', 'who waited is helped first')
      await joinMentors(app, app.chitra, app.name)
      const next = [await offer(app, app.asha), await offer(app, app.asha)]
      assert.deepEqual(
        next.map(({ mentor }) => mentor),
        ['chitra', 'bilal'],
      )
      assert.deepEqual(
        (await mentorsOf(app.db, app.model.id)).map(({ name, helping }) => [name, helping]),
        [
          ['bilal', 2],
          ['chitra', 1],
        ],
      )
      await leaveMentors(app, app.bilal, app.name)
      assert.equal((await findContribution(app.db, early.id)).mentor, 'chitra')
      const queue = async (actor: Actor, which: 'mentor' | 'mine' | 'waiting') =>
        (await reviewQueue(app.db, actor, app.model.id, which)).map(({ id }) => id)
      const byReviewer = await offer(app, app.bilal)
      assert.equal(byReviewer.mentor, null, 'reviewers are no newcomers')
      const all = [early.id, ...next.map(({ id }) => id), byReviewer.id]
      assert.deepEqual(await queue(operator, 'waiting'), all)
      assert.deepEqual(await queue(app.bilal, 'mentor'), all.slice(0, 3))
      assert.deepEqual(await queue(app.bilal, 'mine'), all.slice(0, 3), 'not their own')
      await assert.rejects(queue(app.asha, 'mine'), { code: 'forbidden' })
      await setRules(app, { quorum: { kind: 'fixed', n: 2 } })
      await accept(app, app.bilal, early.id)
      assert.deepEqual(await queue(app.bilal, 'mine'), all.slice(1, 3), 'not what they reviewed in this round')
      assert.equal((await reviewQueue(app.db, app.chitra, app.model.id, 'mine'))[0]?.accepting, 1)
    })

    test('who may review is told what waits for them, not the author, and not once it is done', async (t) => {
      const app = await community(t)
      if (!app) return
      const wanted = async (actor: PersonActor) =>
        (await notificationsOf(app.db, actor.id, { unread: true }))
          .filter(({ kind }) => kind === 'review-wanted')
          .map(({ sentence }) => sentence)
      const { id } = await offer(app, app.asha)
      for (const reviewer of [app.bilal, app.chitra])
        assert.match(
          (await wanted(reviewer)).join(),
          new RegExp(`^asha offers contribution ${id} to ${app.name}, .*; it waits for a review\\.$`),
        )
      assert.deepEqual(await wanted(app.asha), [])
      await decideContribution(app, app.bilal, id, { decision: 'request-changes', message: 'Shorter' })
      assert.deepEqual([await wanted(app.bilal), await wanted(app.chitra)], [[], []], 'it is the author’s turn')
      await changeNotificationSettings(app, app.chitra, { muted: ['review-wanted'] })
      await reviseContribution(app, app.asha, id, offerOf(someTexts(1)))
      assert.match((await wanted(app.bilal)).join(), /^asha revised contribution .*; it waits for a review again\.$/)
      assert.deepEqual(await wanted(app.chitra), [], 'who does not want to be told is not')
      await accept(app, app.bilal, id)
      const own = await offer(app, app.bilal)
      assert.deepEqual(await wanted(app.bilal), [], 'accepted, and nobody is asked to review their own')
      await withdrawContribution(app, app.bilal, own.id)

      await setRules(app, { newcomers: { openAtOnce: null }, patrol: { enabled: true } })
      await becomeTrusted(app, app.asha)
      const later = await offer(app, app.asha)
      await patrolLater(app, app.asha, later.id)
      assert.match(
        (await wanted(app.bilal)).join(),
        new RegExp(`^Contribution ${later.id} .*was accepted at once; it waits for somebody to look at it\\.$`),
      )
      await patrolContribution(app, app.chitra, later.id, { decision: 'ok', message: '' })
      assert.deepEqual(await wanted(app.bilal), [])
    })

    test('small proposals of trusted people come in at once where the community says so, and are looked at later', async (t) => {
      const app = await community(t)
      if (!app) return
      await setRules(app, { newcomers: { openAtOnce: null, examplesPerDay: null } })
      await becomeTrusted(app, app.asha)
      const later = async (changes: OfferedChange[], other: Partial<Offer> = {}) =>
        patrolLater(app, app.asha, (await offer(app, app.asha, changes, other)).id)
      assert.deepEqual(await later(someTexts(1)), { patrol: null, reasons: [] }, 'off by default')
      await setRules(app, { patrol: { enabled: true, examples: 3, perDay: 2, holdsRelease: true } })
      assert.match((await later(someTexts(4))).reasons.join(), /It has 4 examples; at most 3/)
      assert.match((await later(texts('Jose\u0301'))).reasons.join(), /checks have 1 warning/)
      assert.match((await later(texts('सुंदर'), { licence: 'CC-BY-ND-4.0' })).reasons.join(), /licences need a look/)
      const before = await latestRevision(app.db, app.model.id)
      const { patrol } = await later(someTexts(3))
      assert.equal(patrol?.state, 'waiting')
      assert.ok((patrol?.trust ?? 0) >= 0.85)
      const id = patrol?.contributionId
      assert.equal((await findContribution(app.db, id)).state, 'accepted')
      assert.equal((await latestRevision(app.db, app.model.id))?.count, (before?.count ?? 0) + 3)
      assert.equal(
        (await app.db.selectFrom('reviews').select('id').where('contributionId', '=', id).execute()).length,
        0,
        'no review is made up',
      )

      await assert.rejects(patrolContribution(app, app.asha, id, { decision: 'ok', message: '' }), { code: 'forbidden' })
      const second = (await later(someTexts(1))).patrol?.contributionId as number
      assert.match((await later(someTexts(1))).reasons.join(), /had 2 accepted at once within a day/)
      assert.equal(await patrolHold(app.db, app.model.id), null)
      await daysPass(app, 8)
      assert.match(
        (await patrolHold(app.db, app.model.id)) ?? '',
        /2 contributions accepted without review have not been looked at for more than 7 days/,
      )
      assert.equal(await patrolHold(app.db, app.model.id, before?.number), null, 'an older revision has none of it')
      const trains = { db: app.db, jobs: await openJobs(app.db) }
      await assert.rejects(startTrain(trains, operator, app.name), {
        code: 'conflict',
        message: /lets no release depart before somebody does/,
      })
      assert.deepEqual(
        (await patrolQueue(app.db, app.model.id)).map(({ contributionId, overdue }) => [contributionId, overdue]),
        [
          [id, true],
          [second, true],
        ],
      )
      const seen = await patrolContribution(app, app.bilal, id, { decision: 'ok', message: 'Fine' })
      assert.deepEqual([seen.patrol.state, seen.patrol.patroller, seen.patrol.overdue, seen.revision], ['seen', 'bilal', false, null])
      await assert.rejects(patrolContribution(app, app.chitra, id, { decision: 'ok', message: '' }), {
        code: 'conflict',
        message: /seen, by bilal/,
      })

      const trusted = (await trustOf(app.db, app.model.id, app.asha.id)).value
      await assert.rejects(patrolContribution(app, app.bilal, second, { decision: 'revert', message: '' }), { code: 'invalid' })
      const gone = await patrolContribution(app, app.bilal, second, { decision: 'revert', message: 'In Hindi' })
      assert.deepEqual([gone.patrol.state, gone.patrol.remark, gone.revision?.count], ['reverted', 'In Hindi', (before?.count ?? 0) + 3])
      assert.deepEqual((await patrolOf(app.db, gone.patrol.revertId as number))?.contributionId, second)
      assert.ok((await trustOf(app.db, app.model.id, app.asha.id)).value < trusted, 'a revert costs trust')
      assert.equal(await patrolHold(app.db, app.model.id), null)
      assert.equal((await startTrain(trains, operator, app.name)).state, 'running')
    })

    test('a fix is patrolled with its case, tells its author that it is in, and goes whole; a case of something else waits', async (t) => {
      const app = await community(t)
      if (!app) return
      await setRules(app, { newcomers: { openAtOnce: null }, patrol: { enabled: true } })
      await becomeTrusted(app, app.asha)
      const asked = [{ role: 'user', content: 'सात कसे लिहितात?' }]
      const example = { kind: 'add', content: { messages: [...asked, { role: 'assistant', content: '७' }] } } as const
      const alien: OfferedChange = { kind: 'case', sample: { messages: [{ role: 'user', content: 'आठ कसे लिहितात?' }], expected: '८' } }
      const wrong: OfferedChange = { kind: 'case', sample: { messages: asked, expected: '८' } }
      const later = async (...changes: OfferedChange[]) => patrolLater(app, app.asha, (await offer(app, app.asha, changes)).id)
      for (const other of [alien, wrong]) assert.match((await later(example, other)).reasons.join(), /something other than examples/)
      const own: OfferedChange = { kind: 'case', sample: { messages: asked, expected: '७' } }
      const id = (await offer(app, app.asha, [example, own])).id
      assert.equal((await patrolLater(app, app.asha, id)).patrol?.state, 'waiting')
      const { count } = (await latestRevision(app.db, app.model.id))!
      assert.equal((await findSuite(app.db, app.model.id, 'regressions')).count, 1)
      const [told] = (await notificationsOf(app.db, app.asha.id)).filter(({ kind }) => kind === 'accepted')
      assert.match(
        told?.sentence ?? '',
        new RegExp(`^Your contribution ${id}, .*, was accepted at once; it is in revision \\d+ .* looks at it later`),
      )
      const gone = await patrolContribution(app, app.bilal, id, { decision: 'revert', message: 'Not in this register' })
      assert.equal(gone.revision?.count, count - 1)
      await assert.rejects(findSuite(app.db, app.model.id, 'regressions'), { code: 'not-found' })
    })

    test('what a reviewed contribution takes back needs no patrol any more', async (t) => {
      const app = await community(t)
      if (!app) return
      await setRules(app, { newcomers: { openAtOnce: null }, patrol: { enabled: true } })
      await becomeTrusted(app, app.asha)
      const { id } = await offer(app, app.asha)
      await patrolLater(app, app.asha, id)
      const { contribution } = await revertContribution(app, app.asha, id, { message: 'My mistake', signOff: 'Asha' })
      await accept(app, app.chitra, contribution.id)
      assert.deepEqual(await patrolQueue(app.db, app.model.id), [])
      const patrol = await patrolOf(app.db, id)
      assert.deepEqual([patrol?.state, patrol?.patroller, patrol?.revertId], ['reverted', null, contribution.id])
      await assert.rejects(patrolContribution(app, app.bilal, id, { decision: 'ok', message: '' }), {
        message: /by a contribution that was reviewed/,
      })
    })
  })
}

reviewing('PGlite', () => Promise.resolve(undefined))

const postgres = await startPostgres({ after })
reviewing('Postgres', async (t) => {
  if (typeof postgres === 'string') return postgres
  const database = await openDatabase({ kind: 'postgres', url: await postgres.freshDatabase() })
  t.after(() => database.close())
  await migrate(database)
  return database
})
