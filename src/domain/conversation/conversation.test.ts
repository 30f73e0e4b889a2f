import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contribute } from '../contributions/contribute.ts'
import { notificationsOf } from '../notifications/notification-queries.ts'
import { operator, type Actor } from '../people/actor.ts'
import { adding, offerOf, openCommunity, personNamed } from '../testing.ts'
import { mentionsIn, parseComment } from './comment-text.ts'
import { eraseComment, hideComment, showComment } from './moderate-comment.ts'
import { reopenThread, resolveThread } from './settle-thread.ts'
import { formatSubject, parseSubject } from './subject.ts'
import { findComment, findThread, historyOf, listThreads } from './thread-queries.ts'
import { conversationLimits } from './thread.ts'
import { editComment, replyInThread, startThread } from './write-comment.ts'

async function discussed(t: Parameters<typeof openCommunity>[0]) {
  const community = await openCommunity(t, { charter: ['Answers in Marathi.', 'Says what it does not know.'] })
  const meera = await personNamed(community, 'meera', 'maintainer')
  const { contribution } = await contribute(
    community,
    community.asha,
    community.name,
    offerOf(adding({ text: 'A sentence that is long enough to count.' })),
  )
  const subject = { kind: 'contribution', id: String(contribution.id) }
  const start = (actor: Actor, text: string) => startThread(community, actor, { subject, text })
  const told = async (person: { id: number }) =>
    (await notificationsOf(community.db, person.id))
      .filter(({ kind }) => kind !== 'review-wanted')
      .map(({ kind, sentence }) => `${kind}: ${sentence}`)
      .reverse()
  return { ...community, meera, subject, start, told }
}

test('a thread is a first comment and replies, about a proposal, whose author is told; everybody who took part hears of a reply', async (t) => {
  const { db, asha, bilal, chitra, subject, start, told, ...community } = await discussed(t)
  const thread = await start(bilal, 'Are the digits Devanagari?\r\n')
  assert.deepEqual([thread.model, thread.subject, thread.starter, thread.resolved], ['marathi/saathi', subject, 'bilal', null])
  await replyInThread({ db }, chitra, thread.id, 'I wondered too.')
  const after = await replyInThread({ db }, asha, thread.id, 'They are.')
  assert.deepEqual(
    after.comments.map(({ author, text, version }) => [author, text, version]),
    [
      ['bilal', 'Are the digits Devanagari?', 1],
      ['chitra', 'I wondered too.', 1],
      ['asha', 'They are.', 1],
    ],
  )
  assert.deepEqual(await told(asha), [
    'replied: bilal started a discussion of contribution 1.',
    'replied: chitra replied in the discussion of contribution 1.',
  ])
  assert.deepEqual(await told(bilal), [
    'replied: chitra replied in the discussion of contribution 1.',
    'replied: asha replied in the discussion of contribution 1.',
  ])
  assert.deepEqual(await listThreads(db, null, { subject: thread.subject }), [after])
  assert.deepEqual(await listThreads(db, null, { modelId: community.model.id, state: 'resolved' }), [])
})

test('whoever is mentioned is told once, also of an edit that mentions them first, and never of their own words', async (t) => {
  const { db, bilal, chitra, meera, start, told } = await discussed(t)
  const thread = await start(bilal, 'What does @chitra say? Not @nobody, nor `@meera`, nor me@meera, nor @bilal.')
  const { id } = thread.comments[0]!
  assert.deepEqual(await told(chitra), ['mentioned: bilal mentions you in the discussion of contribution 1.'])
  assert.deepEqual(await told(meera), [])
  await editComment({ db }, bilal, id, 'What do @Chitra and @meera. say?')
  assert.deepEqual([(await told(chitra)).length, (await told(meera)).length, (await told(bilal)).length], [1, 1, 0])
  const link = (await notificationsOf(db, meera.id))[0]!.link
  assert.equal(link, `/threads/${thread.id}#comment-${id}`)
})

test('an edit keeps what was said before; only its author edits', async (t) => {
  const { db, asha, bilal, start } = await discussed(t)
  const { id } = (await start(bilal, 'The first words.')).comments[0]!
  await assert.rejects(editComment({ db }, asha, id, 'Mine now.'), { code: 'forbidden', message: /bilal's; only they/ })
  const edited = await editComment({ db }, bilal, id, 'The second words.')
  assert.deepEqual([edited.text, edited.version, edited.editedAt instanceof Date], ['The second words.', 2, true])
  assert.equal((await editComment({ db }, bilal, id, 'The second words.')).version, 2)
  assert.deepEqual(
    (await historyOf(db, null, id)).map(({ version, text }) => [version, text]),
    [
      [1, 'The first words.'],
      [2, 'The second words.'],
    ],
  )
})

test('a thread is resolved and reopened by its starter, its subject’s author or a reviewer, and takes no reply in between', async (t) => {
  const { db, asha, bilal, start } = await discussed(t)
  const stranger = await personNamed({ db }, 'stranger', 'contributor')
  const { id } = await start(bilal, 'Is this right?')
  await assert.rejects(resolveThread({ db }, stranger, id), { code: 'forbidden', message: /started by bilal/ })
  const resolved = await resolveThread({ db }, asha, id)
  assert.equal(resolved.resolved?.by, 'asha')
  assert.deepEqual(await resolveThread({ db }, bilal, id), resolved)
  await assert.rejects(replyInThread({ db }, stranger, id, 'One more thing.'), { code: 'conflict', message: /resolved by asha; reopen/ })
  assert.equal((await reopenThread({ db }, bilal, id)).resolved, null)
  assert.equal((await replyInThread({ db }, stranger, id, 'One more thing.')).comments.length, 2)
})

test('a hidden comment says who hid it and why; its text stays for its author and for those who moderate, and can be shown again', async (t) => {
  const { db, asha, bilal, meera, start, told } = await discussed(t)
  const thread = await start(asha, 'Rude words.')
  const { id } = thread.comments[0]!
  await assert.rejects(hideComment({ db }, bilal, id, 'Rude.'), { code: 'forbidden', message: /takes a maintainer/ })
  await assert.rejects(hideComment({ db }, meera, id, ' '), { code: 'invalid', message: /Say why/ })
  await hideComment({ db }, meera, id, 'Rude.')
  const seenBy = async (viewer: Actor | null) => (await findThread(db, viewer, thread.id)).comments[0]!.text
  assert.deepEqual(await Promise.all([null, bilal, asha, meera, operator].map(seenBy)), [
    null,
    null,
    'Rude words.',
    'Rude words.',
    'Rude words.',
  ])
  const shown = await findComment(db, null, id)
  assert.deepEqual([shown.hidden?.by, shown.hidden?.reason], ['meera', 'Rude.'])
  assert.deepEqual(
    (await historyOf(db, bilal, id)).map(({ text }) => text),
    [null],
  )
  assert.deepEqual(
    (await historyOf(db, meera, id)).map(({ text }) => text),
    ['Rude words.'],
  )
  await assert.rejects(editComment({ db }, asha, id, 'Kind words.'), { code: 'conflict', message: /hidden by meera: Rude\. Ask/ })
  await assert.rejects(hideComment({ db }, meera, id, 'Again.'), { code: 'conflict', message: /already/ })
  await showComment({ db }, meera, id)
  assert.equal(await seenBy(null), 'Rude words.')
  assert.deepEqual(await told(asha), ['moderated: meera hid a comment of yours: Rude.', 'moderated: meera shows a comment of yours again.'])
})

test('erasing takes the text out of every version and leaves a tombstone; only the operator erases', async (t) => {
  const { db, asha, bilal, chitra, meera, start, told } = await discussed(t)
  const thread = await start(bilal, 'The telephone number of @chitra is 020 555 0101.')
  const { id } = thread.comments[0]!
  await editComment({ db }, bilal, id, 'Her telephone number is 020 555 0101!')
  await assert.rejects(eraseComment({ db }, meera, id, 'GDPR, article 17'), { code: 'forbidden', message: /maintainers hide/ })
  const erased = await eraseComment({ db }, operator, id, 'GDPR, article 17: asked for by the person concerned.')
  assert.deepEqual(
    [erased.text, erased.erased?.by, erased.erased?.reason, erased.author, erased.version],
    [null, 'operator', 'GDPR, article 17: asked for by the person concerned.', 'bilal', 2],
  )
  assert.deepEqual(
    (await historyOf(db, operator, id)).map(({ text }) => text),
    [null, null],
  )
  const everything = JSON.stringify([
    await db.selectFrom('comments').selectAll().execute(),
    await db.selectFrom('commentVersions').selectAll().execute(),
    await db.selectFrom('notifications').selectAll().execute(),
  ])
  assert.ok(!everything.includes('555') && (await told(chitra)).length === 1)
  await assert.rejects(editComment({ db }, bilal, id, 'Again.'), { code: 'conflict', message: /was erased/ })
  await assert.rejects(hideComment({ db }, meera, id, 'x'), { code: 'conflict', message: /nothing left to hide/ })
  assert.deepEqual(await eraseComment({ db }, operator, id, 'Again.'), erased)
  assert.equal((await replyInThread({ db }, asha, thread.id, 'Thank you.')).comments.length, 2)
})

test('clauses, suites, releases and examples are discussed where they are, and nothing that is not there', async (t) => {
  const { asha, model, name, db, ...app } = await discussed(t)
  const about = (kind: string, id: string) => startThread({ ...app, db }, asha, { subject: { kind, id }, text: 'About this.' })
  assert.equal((await about('clause', `${name}/2`)).modelId, model.id)
  await assert.rejects(about('clause', `${name}/3`), { code: 'not-found', message: /has never had a clause 3/ })
  const { exampleDigest } = await db.selectFrom('contributionChanges').select('exampleDigest').executeTakeFirstOrThrow()
  const thread = await about('example', `${name}/${exampleDigest}`)
  assert.deepEqual(thread.subject, { kind: 'example', id: `${name}/${exampleDigest}` })
  for (const [kind, id] of [
    ['contribution', '99'],
    ['suite', `${name}/everyday`],
    ['release', `${name}@0.1.0`],
    ['example', `${name}/sha256:${'0'.repeat(64)}`],
    ['clause', 'no/body/1'],
  ] as const)
    await assert.rejects(about(kind, id), { code: 'not-found' }, kind)
  for (const [kind, id] of [
    ['person', 'asha'],
    ['contribution', 'one'],
    ['contribution', '1e3'],
    ['release', name],
    ['suite', name],
    ['example', `${name}/abc`],
    ['clause', '../etc/1'],
  ] as const)
    await assert.rejects(about(kind, id), { code: 'invalid' }, `${kind} ${id}`)
})

test('a subject reads as it was written', () => {
  for (const [kind, id] of [
    ['contribution', '12'],
    ['release', 'marathi/saathi@0.1.0-rc.1'],
    ['suite', 'marathi/saathi/every day'],
    ['clause', 'marathi/saathi/3'],
    ['example', `marathi/saathi/sha256:${'a'.repeat(64)}`],
  ] as const)
    assert.deepEqual(formatSubject(parseSubject({ kind, id })), { kind, id })
})

test('comments are text within limits, and a person writes so many in an hour', async (t) => {
  const { db, asha, start } = await discussed(t)
  assert.equal(parseComment('  Jose\u0301\r\nsays  '), 'José\nsays')
  assert.throws(() => parseComment(' \n '), { code: 'invalid', message: /Write something/ })
  assert.throws(() => parseComment('x'.repeat(10_001)), { code: 'invalid', message: /10001 characters; at most 10000/ })
  assert.throws(() => parseComment('back\u202ewards'), { code: 'invalid', message: /another order/ })
  const thread = await start(asha, 'The first of many.')
  const comment = await db.selectFrom('comments').select('threadId').executeTakeFirstOrThrow()
  await db
    .insertInto('comments')
    .values(
      Array.from({ length: conversationLimits.perHour - 1 }, () => ({
        ...comment,
        authorId: asha.id,
        hiddenAt: null,
        hiddenBy: null,
        hiddenReason: null,
        erasedAt: null,
        erasedReason: null,
      })),
    )
    .execute()
  await assert.rejects(replyInThread({ db }, asha, thread.id, 'One too many.'), {
    code: 'unavailable',
    message: /100 comments in the last hour/,
  })
})

test('mentions are names after an @ in prose, of any script, with or without a sentence’s end', () => {
  assert.deepEqual(mentionsIn('@asha, @आशा.क! (@ravi.k) @asha'), [['asha'], ['आशा.क', 'आशा'], ['ravi.k', 'ravi']])
  assert.deepEqual(mentionsIn('mail@asha.org a@b x/@c `@d` ``@e`f`` @'), [])
  assert.deepEqual(mentionsIn('```\n@inside\n```\n@outside and ~~~ @third'), [['outside'], ['third']])
  assert.deepEqual(mentionsIn('```\n@never closed'), [])
  assert.equal(mentionsIn(Array.from({ length: 50 }, (_, i) => `@p${i}`).join(' ')).length, conversationLimits.mentions)
})
