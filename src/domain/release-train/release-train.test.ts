/** Trains with the real trainer and engine on a tiny base: each test goes on where the one before ended. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { goldenFolder } from '../../formats/testing/model-files.ts'
import type { JobContext } from '../../storage/jobs.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import { latestRevision } from '../datasets/dataset-queries.ts'
import type { ExampleContent } from '../contributions/example.ts'
import { addSuite } from '../models/add-suite.ts'
import { createModel } from '../models/create-model.ts'
import { findModel } from '../models/model-queries.ts'
import { notificationsOf } from '../notifications/notification-queries.ts'
import { operator, type Actor } from '../people/actor.ts'
import { findRelease } from '../releases/release-queries.ts'
import { addBaseFolder, contributeAccepted, openLoop, personOf, type Loop } from '../releases/testing.ts'
import { findRun } from '../training/run-queries.ts'
import { advanceTrain } from './advance-train.ts'
import { cancelTrain } from './cancel-train.ts'
import { departWhereDue, startTrain } from './depart.ts'
import { departures } from './departures-clock.ts'
import { publishTrain } from './publish-train.ts'
import type { ReleaseTrain } from './release-train.ts'
import { setSchedule } from './set-schedule.ts'
import { findTrain, scheduleHistory } from './train-queries.ts'

const model = 'marathi/saathi'
const recipe = 'rank: 4\nbatchSize: 8\nmaxLength: 64\nepochs: 12\nlearningRate: 0.01'
const words = 'एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा तेरा चौदा पंधरा सोळा सतरा अठरा एकोणीस वीस'.split(' ')
const jsonl = (samples: readonly unknown[]): Uint8Array => Buffer.from(samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
const asked = words.flatMap((one) => words.map((other) => `${one} ${other}?`))
/** Questions in a row, all with one answer: what a model of this size can learn. */
const answers = (from: number, to: number, completion: string) => asked.slice(from, to).map((prompt) => ({ prompt, completion }))
const guard = jsonl(asked.slice(0, 24).map((prompt) => ({ prompt, choices: ['ok', 'x'], answer: 0 })))
const hours = (from: number, to: number) =>
  words.slice(from, to).map((word, index) => ({ text: `at ${index + from} o'clock: ${word} wajta` }))

describe('release trains', () => {
  const cleanUps: (() => Promise<void> | void)[] = []
  const context: JobContext = { job: 1, attempt: 1, signal: new AbortController().signal }
  let loop: Loop
  let maintainer: Actor
  let reviewer: Actor
  let asha: Actor & { kind: 'person' }
  let tomba: Actor & { kind: 'person' }
  let sabotage: number
  let good: number[]

  before(async () => {
    // The queue is left alone: the tests do its jobs one by one, to stop between them.
    loop = await openLoop({ after: (cleanUp) => void cleanUps.unshift(cleanUp) }, { work: false })
    await addBaseFolder(loop, goldenFolder, 'tiny', 'Apache-2.0')
    maintainer = await personOf(loop, 'meera', 'maintainer')
    reviewer = await personOf(loop, 'ravi', 'reviewer')
    asha = await personOf(loop, 'asha', 'contributor')
    tomba = await personOf(loop, 'tomba', 'contributor')
    await createModel(loop, maintainer, model, { base: 'tiny', recipe })
    await addSuite(loop, maintainer, model, { name: 'answers', kind: 'choice', samples: guard })
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  const offer = (author: Actor, contents: readonly ExampleContent[], message: string) =>
    contributeAccepted(loop, author, reviewer, model, {
      contents,
      licence: 'CC-BY-4.0',
      language: 'mr',
      source: 'written for this test',
      message,
    })

  /** Does its jobs until it waits for somebody or has ended; returns the stages it was seen at. */
  async function ride(train: ReleaseTrain): Promise<{ train: ReleaseTrain; stages: string[] }> {
    const stages: string[] = []
    for (let jobs = 0; jobs < 60; jobs++) {
      const now = await findTrain(loop.db, train.id)
      if (now.state !== 'running') return { train: now, stages }
      stages.push(now.stage)
      await advanceTrain(loop, train.id, context)
    }
    throw new Error('the train never arrived')
  }

  test('nothing leaves without passengers, and only a maintainer lets a train leave', async () => {
    await assert.rejects(startTrain(loop, maintainer, model), { code: 'conflict', message: /Nothing was accepted into marathi\/saathi/ })
    await offer(asha, answers(24, 64, 'ok'), 'Answers')
    await assert.rejects(startTrain(loop, reviewer, model), { code: 'forbidden' })
    await assert.rejects(setSchedule(loop, reviewer, model, { publish: true }), { code: 'forbidden' })
  })

  test('a first train goes stage by stage to a proposal, with a line anyone can read, and a maintainer publishes it', async () => {
    const started = await startTrain(loop, maintainer, model)
    assert.match(
      started.statusLine,
      /^Train 1 of marathi\/saathi: training, left \d\d:\d\d UTC on .*, 1 contribution by one person aboard\.$/,
    )
    await assert.rejects(startTrain(loop, maintainer, model), { code: 'conflict', message: /Train 1 of marathi\/saathi is under way/ })
    const { train, stages } = await ride(started)
    assert.deepEqual([train.state, stages], ['proposed', ['train', 'evaluate', 'gate', 'propose']], train.outcome ?? '')
    assert.match((await notificationsOf(loop.db, (maintainer as { id: number }).id))[0]!.sentence, /Train 1 of .* proposes a release/)
    await assert.rejects(publishTrain(loop, reviewer, train.id), { code: 'forbidden' })
    const published = await publishTrain(loop, maintainer, train.id)
    assert.deepEqual([published.state, published.release], ['published', '0.1.0'])
    await assert.rejects(publishTrain(loop, maintainer, train.id), { code: 'conflict', message: /released as 0\.1\.0/ })
  })

  test('the rhythm is data with a history, and a train leaves once enough was accepted', async () => {
    const { id } = await findModel(loop.db, model)
    await setSchedule(loop, maintainer, model, { rhythm: { kind: 'after', examples: 70 } })
    await setSchedule(loop, maintainer, model, { publish: true })
    assert.deepEqual(
      (await scheduleHistory(loop.db, id)).map(({ rhythm, publish, by }) => [rhythm.kind, publish, by]),
      [
        ['after', true, 'meera'],
        ['after', false, 'meera'],
      ],
    )
    // From now on the hours are what a release must improve, and the answers what it must keep.
    await addSuite(loop, maintainer, model, { name: 'answers', kind: 'choice', samples: guard, target: false, tolerance: 0.1 })
    await addSuite(loop, maintainer, model, { name: 'hours', kind: 'text', samples: jsonl(hours(12, 20)) })
    good = [await offer(asha, hours(0, 6), 'Hours until six')]
    assert.deepEqual(await departWhereDue(loop), [])
    sabotage = await offer(tomba, answers(100, 160, 'x'), 'More answers')
    assert.deepEqual(await departWhereDue(loop), [], '66 examples are too few')
    good.push(await offer(asha, hours(6, 9), 'Hours until nine'), await offer(asha, hours(9, 12), 'Hours until twelve'))
    await departures(loop, { again: true })
    await departures(loop, { again: true })
    const waiting = await loop.db.selectFrom('jobs').select('key').where('kind', '=', 'departures').where('state', '=', 'waiting').execute()
    assert.equal(waiting.length, 1, 'one look for the next hour, however many clocks were started')
    const train = await findTrain(loop.db, 2)
    assert.deepEqual([train.state, train.reason], ['running', '72 examples were accepted (it leaves after 70)'])
    assert.deepEqual(await departWhereDue(loop), [], 'one at a time')
  })

  test('a train whose gate fails names the contribution that broke it, and proposes the release without it', async () => {
    // Killed in the middle: the search goes on with what it had learned, and builds nothing twice.
    const abort = new AbortController()
    let now = await findTrain(loop.db, 2)
    while (now.stage !== 'search' && now.state === 'running') {
      await advanceTrain(loop, now.id, context)
      now = await findTrain(loop.db, 2)
    }
    assert.equal(now.stage, 'search', now.outcome ?? now.statusLine)
    assert.deepEqual(
      now.firstGate!.suites.map(({ name, passed }) => [name, passed]),
      [
        ['answers', false],
        ['hours', true],
      ],
    )
    const interrupted = advanceTrain(loop, 2, { ...context, signal: abort.signal })
    abort.abort(new Error('the server stops'))
    await assert.rejects(interrupted)
    const { train } = await ride(now)
    assert.deepEqual([train.state, train.leftOut], ['proposed', [sabotage]], `${train.outcome} ${JSON.stringify(train.trials)}`)
    assert.match(
      train.statusLine,
      new RegExp(`waits for a maintainer, .*3 contributions by one person aboard, 1 contribution left out \\(${sabotage}\\)`),
    )
    const builds = train.trials.map(({ draw, contributions }) => `${draw}:${contributions.join()}`)
    assert.equal(new Set(builds).size, builds.length)
    assert.ok(builds.includes(`1:${sabotage}`), 'it was confirmed alone')
    assert.equal((await findRun(loop.db, train.runId!)).revision.number, null, 'the candidate is trained on a draft')
  })

  test('the author of what is left out is told kindly what was measured and what would help', async () => {
    const { letters } = await findTrain(loop.db, 2)
    assert.deepEqual(
      letters.map(({ contribution, author }) => [contribution, author]),
      [[sabotage, 'tomba']],
    )
    assert.match(
      letters[0]!.text,
      /^Hello tomba, thank you for contribution \d+, "More answers"\. The next release .* leaves it out for now\./,
    )
    assert.match(letters[0]!.text, /answers: \d+\.\d % → \d+\.\d % chosen right .* 95 % interval/)
    assert.match(letters[0]!.text, /What would help: /)
    const [told] = await notificationsOf(loop.db, tomba.id)
    assert.deepEqual([told!.kind, told!.link], ['left-out', '/trains/2'])
  })

  test('where somebody is left out a maintainer decides even if trains may publish; accepting takes the work back and releases', async () => {
    const train = await findTrain(loop.db, 2)
    const reversal = await findContribution(loop.db, train.reversalId!)
    assert.deepEqual([reversal.author, reversal.state, reversal.counts.remove, reversal.reverts], ['operator', 'open', 60, sabotage])
    assert.match(reversal.message, new RegExp(`Contribution ${sabotage} by tomba, with it and without it: answers:`))
    await assert.rejects(publishTrain(loop, operator, train.id), { code: 'forbidden', message: /somebody else has to review it/ })
    const published = await publishTrain(loop, maintainer, train.id)
    assert.deepEqual([published.state, published.release], ['published', '0.2.0'])
    const release = await findRelease(loop.db, model, 'latest')
    const head = await latestRevision(loop.db, train.modelId)
    assert.equal(release.changelog.dataset.digest, head!.digest, 'what was released is the dataset as it stands')
    assert.equal((await findRun(loop.db, train.runId!)).revision.number, head!.number)
  })

  test('a cancelled train stays where it is and does not leave again at once', async () => {
    await offer(asha, answers(200, 206, 'ok'), 'Still more answers')
    const third = await startTrain(loop, maintainer, model)
    const cancelled = await cancelTrain(loop, maintainer, third.id)
    assert.deepEqual([cancelled.state, cancelled.outcome], ['cancelled', 'meera cancelled it.'])
    await advanceTrain(loop, third.id, context)
    assert.equal((await findTrain(loop.db, third.id)).state, 'cancelled')
    assert.deepEqual(await departWhereDue(loop), [], 'a train that was cancelled does not leave again at once')
  })
})
