import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../errors.ts'
import { contribute, reviseContribution } from '../contributions/contribute.ts'
import { changesOf, contributionRounds, findContribution } from '../contributions/contribution-queries.ts'
import { decideContribution } from '../datasets/decide-contribution.ts'
import { revertContribution } from '../datasets/revert-contribution.ts'
import { addSuite } from '../models/add-suite.ts'
import { findSuite, listSuites, readSuite } from '../models/suite-queries.ts'
import { operator, type Actor } from '../people/actor.ts'
import { adding, offerOf, openCommunity, personNamed, type Community } from '../testing.ts'
import { findAnswer, listAnswers } from './answer-queries.ts'
import { answerRetention } from './answer.ts'
import { fixAnswer, fixFeedback } from './fix-answer.ts'
import { giveFeedback } from './give-feedback.ts'
import { deleteAnswer, storeAnswer } from './store-answer.ts'
import { suggestionsOf } from './suggestions.ts'

const question = { role: 'user', content: 'सात कसे लिहितात?' } as const
let made = 0

/** An answer that the base of the community gave to this person. */
async function stored(community: Community, actor: Actor, answer = 'seven', asked: string = question.content): Promise<string> {
  const id = `chatcmpl-${String(++made).padStart(24, '0')}`
  await storeAnswer(community, actor, {
    id,
    model: 'tiny',
    modelId: community.model.id,
    releaseId: null,
    turns: [{ role: 'user', content: asked }],
    choices: [{ text: answer, reason: 'stop' }],
    usage: { promptTokens: 5, completionTokens: 2 },
    metadata: {},
  })
  return id
}

const terms = { licence: 'CC0-1.0', language: 'mr' }
const accept = (community: Community, id: number) => decideContribution(community, community.bilal, id, { decision: 'accept' })
const expectedIn = async (community: Community, name = 'regressions') =>
  Array.fromAsync(readSuite(community, await findSuite(community.db, community.model.id, name)), (sample) =>
    sample.kind === 'exact' ? [sample.expected, sample.contribution] : null,
  )

const refusal = (code: string, sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.match(error.message, sentence)
  return error.code === code
}

test('a fix is one contribution with a correction and a case, and once accepted both are where they belong', async (t) => {
  const community = await openCommunity(t)
  const { db, asha } = community
  const { contribution, feedback, rounds } = await fixAnswer(community, asha, await stored(community, asha), { better: ' सात ', ...terms })
  assert.deepEqual([feedback.rating, feedback.correction, feedback.contributions], ['down', 'सात', [contribution.id]])
  assert.deepEqual([contribution.feedbackId, contribution.counts], [feedback.id, { add: 1, replace: 0, remove: 0, case: 1, clause: 0 }])
  assert.deepEqual(rounds[0]!.checks, [])
  const [correction, kase] = await changesOf(db, contribution.id)
  assert.ok(correction?.kind === 'add' && kase?.kind === 'case')
  assert.equal(correction.example.provenance.source, `feedback ${feedback.id} on marathi/saathi`)
  assert.deepEqual([kase.suite, kase.provenance], ['regressions', correction.example.provenance])

  const { revision } = await accept(community, contribution.id)
  assert.equal(revision?.count, 1)
  const suite = await findSuite(db, community.model.id, 'regressions')
  assert.deepEqual([suite.role, suite.kind, suite.target, suite.contributionId], ['regression', 'exact', false, contribution.id])
  assert.deepEqual(await expectedIn(community), [['सात', contribution.id]])
})

test('a second answer to a question replaces the case, a repeated one adds nothing, and the suite keeps its history', async (t) => {
  const community = await openCommunity(t)
  const { db, model, asha } = community
  const fix = async (better: string) =>
    (await fixAnswer(community, asha, await stored(community, asha), { better, ...terms })).contribution.id
  const first = await fix('सात')
  await accept(community, first)
  const before = await findSuite(db, model.id, 'regressions')
  const second = await fix('७')
  const [{ checks } = { checks: [] }] = await contributionRounds(db, second)
  assert.match(
    checks.map(({ sentence }) => sentence).join(' '),
    /dataset answers this question with "सात".*expects "सात" to this question/s,
  )
  await accept(community, second)
  assert.deepEqual(await expectedIn(community), [['७', second]])
  assert.equal((await findSuite(db, model.id, 'regressions')).supersedes, before.id)

  const again = await contribute(
    community,
    asha,
    community.name,
    offerOf([{ kind: 'case', sample: { messages: [question], expected: '७' } }]),
  )
  assert.match(again.rounds[0]!.checks[0]!.sentence, /has this case already/)
  const { revision } = await accept(community, again.contribution.id)
  assert.equal(revision, null, 'it changes no example')
  assert.equal((await findContribution(db, again.contribution.id)).state, 'accepted')
  assert.deepEqual(await expectedIn(community), [['७', second]])
})

test('a case that gives away a measuring suite is turned away, and what was said about the answer is kept', async (t) => {
  const community = await openCommunity(t)
  const { asha } = community
  const samples = Buffer.from(`${JSON.stringify({ messages: [question], expected: 'सात' })}\n`)
  await addSuite(community, operator, community.name, { name: 'numbers', kind: 'exact', samples })
  const id = await stored(community, asha)
  let said = 0
  await assert.rejects(fixAnswer(community, asha, id, { better: 'सात', ...terms }), (error) => {
    assert.ok(error instanceof AppError)
    assert.deepEqual(
      error.details.map(({ check, row }) => [check, row]),
      [
        ['overlap', 1],
        ['overlap', 2],
      ],
    )
    said = Number(/question of the eval suite numbers.* kept as feedback (\d+)\.$/.exec(error.message)?.[1])
    return said > 0
  })
  // The same again is not said twice.
  await assert.rejects(
    fixAnswer(community, asha, id, { better: 'सात', ...terms }),
    refusal('invalid', new RegExp(`kept as feedback ${said}\\.`)),
  )
  // What is in a regression suite, on the other hand, may be taught.
  const regression = Buffer.from(`${JSON.stringify({ prompt: 'आठ कसे लिहितात?', expected: 'आठ' })}\n`)
  await addSuite(community, operator, community.name, { name: 'old-mistakes', kind: 'exact', role: 'regression', samples: regression })
  const offered = await contribute(community, asha, community.name, offerOf(adding({ prompt: 'आठ कसे लिहितात?', completion: 'आठ' })))
  assert.deepEqual(offered.rounds[0]!.checks, [])
})

test('cases belong in regression suites, and what measures and what may be trained on are not mixed', async (t) => {
  const community = await openCommunity(t)
  const { asha, name } = community
  const samples = () => Buffer.from('{"prompt": "नऊ?", "expected": "नऊ"}\n')
  await addSuite(community, operator, name, { name: 'numbers', kind: 'exact', samples: samples() })
  const offer = (suite: unknown, sample: unknown = { prompt: 'दहा?', expected: 'दहा' }) =>
    contribute(community, asha, name, offerOf([{ kind: 'case', suite, sample }]))
  await assert.rejects(
    offer('numbers'),
    refusal('invalid', /The suite numbers measures what nobody may teach; cases of fixes belong in a suite of their own/),
  )
  await assert.rejects(offer('Old Mistakes'), refusal('invalid', /suite name "Old Mistakes" may only have lower-case/))
  await assert.rejects(offer('regressions', { prompt: 'दहा?' }), refusal('invalid', /expected must be the right answer/))
  const add = (more: object) => addSuite(community, operator, name, { name: 'numbers', kind: 'exact', samples: samples(), ...more })
  await assert.rejects(add({ role: 'regression' }), refusal('conflict', /numbers is a measure suite/))
  await assert.rejects(add({ name: 'other', role: 'regression', target: true }), refusal('invalid', /regression suite cannot be a target/))
  await assert.rejects(add({ name: 'clause-1' }), refusal('invalid', /name of a clause's own cases/))
  await assert.rejects(add({ name: 'other', role: 'charter' }), refusal('invalid', /no role of suite "charter"/))
})

test('several corrections of one question are competing suggestions; accepting one leaves the others open and says so', async (t) => {
  const community = await openCommunity(t)
  const { db, asha, name } = community
  const imran = await personNamed(community, 'imran', 'contributor')
  const first = await fixAnswer(community, asha, await stored(community, asha), { better: 'सात', ...terms })
  const second = await fixAnswer(community, imran, await stored(community, imran, '7', ' सात  कसे लिहितात '), { better: '७', ...terms })
  await contribute(community, imran, name, offerOf(adding({ prompt: 'आठ?', completion: 'आठ' })))
  const [asked, ...others] = await suggestionsOf(db, name)
  assert.equal(others.length, 0, 'a question that one contribution answers, without feedback, is no suggestion')
  assert.deepEqual(asked?.question, [question])
  assert.deepEqual(
    asked.answers.map(({ text }) => text),
    ['seven', '7'],
  )
  assert.deepEqual(
    asked.suggestions.map(({ contribution, author, answer }) => [contribution, author, answer]),
    [
      [first.contribution.id, 'asha', 'सात'],
      [second.contribution.id, 'imran', '७'],
    ],
  )
  await accept(community, first.contribution.id)
  const left = await findContribution(db, second.contribution.id)
  assert.equal(left.state, 'open')
  const checks = (await contributionRounds(db, left.id)).at(-1)!.checks
  assert.deepEqual(checks.at(-1), {
    check: 'suggestion',
    severity: 'warning',
    row: 1,
    sentence: `Another suggestion for this question was accepted in contribution ${first.contribution.id}.`,
  })
  const [now] = await suggestionsOf(db, name)
  assert.deepEqual([now?.taught.map(({ answer }) => answer), now?.suggestions.map(({ answer }) => answer)], [['सात'], ['७']])
})

test('a revision of a fix keeps to its shape, and reverting an accepted one takes the correction and the case back', async (t) => {
  const community = await openCommunity(t)
  const { db, asha, model } = community
  const { contribution } = await fixAnswer(community, asha, await stored(community, asha), { better: 'saat', ...terms })
  await decideContribution(community, community.bilal, contribution.id, { decision: 'request-changes', message: 'In Devanagari, please.' })
  const better = { messages: [question, { role: 'assistant', content: 'सात' }] }
  const revised = await reviseContribution(
    community,
    asha,
    contribution.id,
    offerOf([
      { kind: 'add', content: better },
      { kind: 'case', sample: { messages: [question], expected: 'सात' } },
    ]),
  )
  assert.deepEqual([revised.contribution.round, revised.contribution.counts.case], [2, 1])
  await accept(community, contribution.id)
  const reverted = await revertContribution(community, asha, contribution.id, { message: '', signOff: 'Asha' })
  assert.deepEqual(reverted.contribution.counts, { add: 0, replace: 0, remove: 1, case: 1, clause: 0 })
  await accept(community, reverted.contribution.id)
  assert.deepEqual(await listSuites(db, model.id), [])
  await assert.rejects(
    revertContribution(community, asha, contribution.id, { message: '', signOff: 'Asha' }),
    refusal('conflict', /Nothing of contribution \d+ is left/),
  )
})

test('different answers to one question do not come into a dataset unnoticed', async (t) => {
  const community = await openCommunity(t)
  const { asha, name } = community
  const { contribution, rounds } = await contribute(
    community,
    asha,
    name,
    offerOf(adding({ prompt: 'सात कसे लिहितात?', completion: 'सात' }, { messages: [question, { role: 'assistant', content: '७' }] })),
  )
  assert.deepEqual(
    rounds[0]!.checks.map(({ check, severity, row }) => [check, severity, row]),
    [['answer', 'warning', 2]],
  )
  await accept(community, contribution.id)
  const [first] = await changesOf(community.db, contribution.id)
  assert.ok(first?.kind === 'add')
  const replacing = await contribute(
    community,
    asha,
    name,
    offerOf([{ kind: 'replace', target: first.digest, content: { prompt: 'सात कसे लिहितात?', completion: '७' } }]),
  )
  assert.deepEqual(
    replacing.rounds[0]!.checks.filter(({ check }) => check === 'answer'),
    [],
    'it takes the other answer away',
  )
})

test('licence and language come from the community where they are clear, and are asked for where they are not', async (t) => {
  const community = await openCommunity(t)
  const { asha, name } = community
  const fix = async (better: string, more: object = {}) => fixAnswer(community, asha, await stored(community, asha), { better, ...more })
  await assert.rejects(fix('सात'), refusal('invalid', /marathi\/saathi has no examples yet; say which language/))
  const { contribution } = await contribute(community, asha, name, offerOf(adding({ prompt: 'आठ?', completion: 'आठ' })))
  await accept(community, contribution.id)
  const [correction] = await changesOf(community.db, (await fix('सात')).contribution.id)
  assert.ok(correction?.kind === 'add')
  assert.deepEqual([correction.example.provenance.licence, correction.example.provenance.language], ['CC0-1.0', 'mr'])

  const strict = await openCommunity(t, { licencePolicy: { allow: ['CC-BY-4.0'] } })
  await assert.rejects(
    fixAnswer(strict, strict.asha, await stored(strict, strict.asha), { better: 'सात', language: 'mr' }),
    refusal('invalid', /This community takes CC-BY-4\.0; say under which you give the correction/),
  )
})

test('feedback of somebody else is fixed as one’s own words, or by a reviewer in theirs', async (t) => {
  const community = await openCommunity(t)
  const { asha, bilal, name } = community
  const imran = await personNamed(community, 'imran', 'contributor')
  const turns = [question, { role: 'assistant', content: 'seven' }] as const
  const given = await giveFeedback(community, asha, name, { turns, rating: 'down', correction: 'सात' })
  await assert.rejects(fixFeedback(community, imran, given.id, terms), refusal('forbidden', /takes a reviewer/))
  const own = await fixFeedback(community, imran, given.id, { better: '७', ...terms })
  assert.notEqual(own.feedback.id, given.id)
  const offered = await fixFeedback(community, bilal, given.id, terms)
  assert.deepEqual([offered.feedback.id, offered.contribution.author], [given.id, 'bilal'])
  await assert.rejects(fixFeedback(community, asha, given.id, terms), refusal('conflict', /became contribution \d+ already/))
})

test('an answer is its owner’s: others do not find it, the owner may take it back, and it is forgotten unless feedback is about it', async (t) => {
  const community = await openCommunity(t)
  const { db, asha, bilal } = community
  const [kept, old] = [await stored(community, asha), await stored(community, asha, 'eight')]
  await assert.rejects(findAnswer(db, bilal, kept), refusal('not-found', /You have no stored answer/))
  assert.equal((await findAnswer(db, operator, kept)).choices[0]?.text, 'seven')
  await fixAnswer(community, asha, kept, { better: 'सात', ...terms })
  const longAgo = new Date(Date.now() - (answerRetention.days + 1) * 86_400_000)
  await db
    .updateTable('answers')
    .set({ createdAt: longAgo } as never)
    .execute()
  await assert.rejects(findAnswer(db, asha, old), refusal('not-found', /older than 30 days/))
  assert.deepEqual(
    (await listAnswers(db, asha)).map(({ id }) => id),
    [kept],
  )
  await stored(community, bilal)
  assert.deepEqual(
    await db.selectFrom('answers').select('id').where('id', '=', old).execute(),
    [],
    'the next that is stored clears it away',
  )
  await deleteAnswer(community, asha, kept)
  await assert.rejects(findAnswer(db, asha, kept), refusal('not-found', /was deleted/))
  const [feedback] = await db.selectFrom('feedback').select(['answerId', 'correction']).execute()
  assert.deepEqual(feedback, { answerId: null, correction: 'सात' }, 'what was said about it stays')
})
