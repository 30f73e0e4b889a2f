import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { AppError } from '../../errors.ts'
import { goldenFolder } from '../../formats/testing/model-files.ts'
import { findBuild } from '../builds/build-queries.ts'
import { contribute, reviseContribution } from '../contributions/contribute.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import { decideContribution } from '../datasets/decide-contribution.ts'
import { addSuite } from '../models/add-suite.ts'
import { createModel } from '../models/create-model.ts'
import { findModel } from '../models/model-queries.ts'
import { listSuites } from '../models/suite-queries.ts'
import { operator } from '../people/actor.ts'
import { cancelTrain } from '../release-train/cancel-train.ts'
import { startTrain } from '../release-train/depart.ts'
import { publishRelease } from '../releases/publish-release.ts'
import { addBaseFolder, contributeAccepted, endOf, evaluated, openLoop, personOf, type Loop } from '../releases/testing.ts'
import { adding, offerOf, type PersonActor } from '../testing.ts'
import { startRun } from '../training/start-run.ts'
import { considerPreview, previewAutomatically, secondsUsed } from './automatic-previews.ts'
import { cancelPreview } from './cancel-preview.ts'
import { findPreview, latestPreview, previewNoteOf, stalenessOf } from './preview-queries.ts'
import type { Preview } from './preview.ts'
import { reportPreview } from './report-preview.ts'
import { requestPreview } from './request-preview.ts'
import { watchPreview } from './watch-preview.ts'

const model = 'marathi/saathi'
const recipe = 'rank: 4\nbatchSize: 8\nmaxLength: 64\nepochs: 8\nlearningRate: 0.01'
const words = 'एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा तेरा चौदा पंधरा सोळा सतरा अठरा एकोणीस वीस'.split(' ')
const jsonl = (samples: readonly unknown[]): Uint8Array => Buffer.from(samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
const sentences = (first: number) =>
  words.map((word, index) => ({ text: `${word} आणि ${words[(index + first) % 20]!}, मग ${words[(index + 7) % 20]!}` }))

const refusal = (code: string, sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.match(error.message, sentence)
  assert.equal(error.code, code)
  return true
}

interface People {
  readonly loop: Loop
  readonly asha: PersonActor
  readonly imran: PersonActor
  readonly ravi: PersonActor
  readonly meera: PersonActor
}

/** A community with a suite and nothing accepted yet. */
async function community(loop: Loop): Promise<People> {
  await addBaseFolder(loop, goldenFolder, 'tiny')
  const [asha, imran, ravi, meera] = [
    await personOf(loop, 'asha', 'contributor'),
    await personOf(loop, 'imran', 'contributor'),
    await personOf(loop, 'ravi', 'reviewer'),
    await personOf(loop, 'meera', 'maintainer'),
  ]
  await createModel(loop, meera, model, { base: 'tiny', recipe })
  await addSuite(loop, meera, model, {
    name: 'marathi',
    kind: 'text',
    samples: jsonl(words.map((word, index) => ({ text: `${words[(index + 11) % 20]!} दिवस, ${word} रात्री` }))),
  })
  return { loop, asha, imran, ravi, meera }
}

const accept = ({ loop, asha, ravi }: People, contents: readonly { readonly text: string }[]) =>
  contributeAccepted(loop, asha, ravi, model, {
    contents,
    licence: 'CC0-1.0',
    language: 'mr',
    source: 'written for this test',
    message: 'Numbers',
  })

async function propose({ loop }: People, author: PersonActor, ...contents: readonly unknown[]): Promise<number> {
  return (await contribute(loop, author, model, offerOf(adding(...contents)))).contribution.id
}

async function ended(loop: Loop, contribution: number): Promise<Preview> {
  let last: Preview | null = null
  for await (const preview of watchPreview(loop, contribution)) last = preview
  return last!
}

test('its author and reviewers may ask, one proposal at a time for those who are not reviewers, and only while it is undecided', async (t) => {
  const people = await community(await openLoop(t, { work: false }))
  const { loop, asha, imran, ravi } = people
  await accept(people, sentences(3))
  const first = await propose(people, asha, { text: 'पहिला प्रस्ताव आहे हा इथे' })
  const second = await propose(people, asha, { text: 'दुसरा प्रस्ताव पूर्ण वेगळा आहे' })
  await assert.rejects(requestPreview(loop, imran, first), refusal('forbidden', /takes a reviewer/))
  const preview = await requestPreview(loop, asha, first)
  assert.deepEqual([preview.state, preview.round, preview.automatic, preview.requestedBy], ['queued', 1, false, asha.id])
  assert.equal((await requestPreview(loop, asha, first)).id, preview.id)
  await assert.rejects(requestPreview(loop, asha, second), refusal('conflict', /Your preview of contribution 2 is still under way/))
  const other = await requestPreview(loop, ravi, second)
  assert.notEqual(other.build.id, preview.build.id)
  assert.equal(other.control!.id, preview.control!.id, 'previews of one dataset share their control')

  await decideContribution(loop, ravi, second, { decision: 'reject', message: 'Not this.' })
  await assert.rejects(requestPreview(loop, ravi, second), refusal('conflict', /Contribution 3 is rejected/))
  assert.deepEqual(await stalenessOf(loop.db, other), [{ what: 'decision', sentence: 'Contribution 3 has been rejected since.' }])
})

test('cancelling stops what nobody else waits for', async (t) => {
  const people = await community(await openLoop(t, { work: false }))
  const { loop, asha, imran, ravi } = people
  await accept(people, sentences(3))
  const ids = [
    await propose(people, asha, { text: 'पहिला प्रस्ताव आहे हा इथे' }),
    await propose(people, asha, { text: 'दुसरा प्रस्ताव पूर्ण वेगळा आहे' }),
  ] as const
  const [one, two] = [await requestPreview(loop, ravi, ids[0]), await requestPreview(loop, ravi, ids[1])]
  const states = async () => {
    const builds = [one.build.id, one.control!.id, two.build.id].map((id) => findBuild(loop.db, id))
    return (await Promise.all(builds)).map(({ state }) => state)
  }
  await assert.rejects(cancelPreview(loop, imran, ids[0]), refusal('forbidden', /reviewer/))
  assert.equal((await cancelPreview(loop, asha, ids[0])).state, 'cancelled')
  assert.deepEqual(await states(), ['cancelled', 'queued', 'queued'])
  assert.equal((await ended(loop, ids[0])).state, 'cancelled')
  const train = await startTrain(loop, operator, model)
  await loop.db.updateTable('releaseTrains').set({ buildId: two.control!.id }).execute()
  assert.equal((await cancelPreview(loop, ravi, ids[1])).state, 'cancelled')
  assert.deepEqual(await states(), ['cancelled', 'queued', 'cancelled'], 'the train waits for the control too')
  await cancelTrain(loop, operator, train.id)
  assert.deepEqual(await states(), ['cancelled', 'cancelled', 'cancelled'])
  const again = await requestPreview(loop, ravi, ids[0])
  assert.ok(again.id > two.id && again.state === 'queued')

  // A new round takes the place of what was under way.
  await reviseContribution(loop, asha, ids[0], offerOf(adding({ text: 'पहिला प्रस्ताव, आता सुधारलेला' })))
  assert.deepEqual((await stalenessOf(loop.db, again)).map(({ what }) => what), ['round']) // prettier-ignore
  const revised = await requestPreview(loop, ravi, ids[0])
  assert.deepEqual([revised.round, (await findBuild(loop.db, again.build.id)).state], [2, 'cancelled'])
  assert.equal(revised.control!.id, again.control!.id)
  assert.equal((await findBuild(loop.db, again.control!.id)).state, 'queued')
})

test('what would change nothing, or has nothing to show it on, is refused in words', async (t) => {
  const loop = await openLoop(t, { work: false })
  const people = await community(loop)
  const { ravi, meera, asha } = people
  await createModel(loop, meera, 'marathi/bare', { base: 'tiny' })
  const bare = await contribute(loop, asha, 'marathi/bare', offerOf(adding({ text: 'एक नवीन वाक्य आहे हे' })))
  await assert.rejects(requestPreview(loop, ravi, bare.contribution.id), refusal('conflict', /has no eval suite/))
  const twice = [
    await propose(people, asha, { text: 'तेच वाक्य दोनदा दिले आहे' }),
    await propose(people, asha, { text: 'तेच वाक्य दोनदा दिले आहे' }),
  ] as const
  await decideContribution(loop, ravi, twice[0], { decision: 'accept' })
  await assert.rejects(requestPreview(loop, ravi, twice[1]), refusal('conflict', /would change nothing/))
  await assert.rejects(reportPreview(loop, twice[1]), refusal('not-found', /has no preview; "preview \d+" makes one/))
  assert.equal(await previewNoteOf(loop.db, twice[1]), null)
})

/** One community, from its first proposal to a second dataset: each test goes on where the one before ended. */
describe('previews of a community model', () => {
  const cleanUps: (() => Promise<void> | void)[] = []
  let people: People
  let loop: Loop
  let good: number
  let empty: number

  before(async () => {
    loop = await openLoop({ after: (cleanUp) => void cleanUps.unshift(cleanUp) })
    people = await community(loop)
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  test('where there is no release it begins at the base with the whole recipe, and says so; without a dataset there is no control', async () => {
    const id = await propose(people, people.asha, ...sentences(3))
    await previewAutomatically(loop, { examples: 1000, minutes: 1000 }, { contributionId: id, round: 1 })
    assert.equal(await latestPreview(loop.db, id), null, 'nothing begins by itself before there is a release')
    const asked = await requestPreview(loop, people.asha, id)
    assert.deepEqual([asked.releaseId, asked.headRevisionId, asked.control], [null, null, null])
    assert.equal(asked.build.run.recipe.epochs, 8)
    const done = await ended(loop, id)
    assert.equal(done.state, 'finished', done.error ?? '')
    const report = await reportPreview(loop, id)
    assert.equal(report.onlyNoise, null)
    assert.match(report.summary.join('\n'), /There is no control[^]*no release to begin at[^]*compared with the base tiny/)
    assert.equal(report.suites[0]!.against.verdict, 'better')
    assert.ok(report.suites[0]!.answers.list.every(({ cause }) => cause === null))

    await decideContribution(loop, people.ravi, id, { decision: 'accept' })
    assert.deepEqual(report.stale, [])
    assert.match((await reportPreview(loop, id)).stale[0]!.sentence, /has been accepted since/)
    await endOf(loop, await startRun(loop, people.ravi, model))
    await evaluated(loop, people.ravi, model)
    await publishRelease(loop, people.meera, model, '0.1.0')
  })

  test('with a release it begins there, and shows what the proposal does beside what the same training does without it', async () => {
    good = await propose(
      people,
      people.asha,
      ...words.map((word, index) => ({ text: `${words[(index + 5) % 20]!} दिवस, ${word} रात्री आणि ${word} दिवस` })),
    )
    const asked = await requestPreview(loop, people.ravi, good)
    const { checkpointId } = await loop.db.selectFrom('releases').select('checkpointId').executeTakeFirstOrThrow()
    assert.deepEqual([asked.build.run.warmStartId, asked.control!.run.warmStartId], [checkpointId, checkpointId])
    const seen: string[] = []
    for await (const { build, control } of watchPreview(loop, good)) seen.push(`${build.state} ${control!.state}`)
    assert.equal(seen.at(-1), 'finished finished')
    assert.ok(!seen.some((states) => /^(queued|running) (running|finished)/.test(states)), `the proposal comes first: ${seen.join(', ')}`)

    const { suites, onlyNoise, summary, cost, stale, preview } = await reportPreview(loop, good)
    const [{ against, effect, drift, answers }] = suites as [(typeof suites)[number]]
    assert.equal(onlyNoise, false, summary.join('\n'))
    assert.equal(effect!.verdict, 'better')
    assert.deepEqual([effect!.subject, effect!.baseline], [against.subject, drift!.subject])
    assert.ok(Math.abs(against.difference - effect!.difference - drift!.difference) < 1e-9)
    assert.ok(answers.proposal.better > 10, JSON.stringify(answers.proposal))
    assert.match(summary[0]!, /^marathi: the proposal makes it better, by −/)
    assert.ok(cost.build.training! > 0 && cost.control!.evaluation! > 0 && cost.total! > 0 && !cost.control!.reused)
    assert.deepEqual([stale, preview.state], [[], 'finished'])
  })

  test('a proposal that teaches nothing only repeats noise, and its control is not built again', async () => {
    // One line among twenty is not nothing: of four such lines, three cost what this suite takes for more than chance.
    empty = await propose(people, people.asha, { text: 'Seite 12' })
    const before = await findPreview(loop.db, good)
    await requestPreview(loop, people.ravi, empty)
    const done = await ended(loop, empty)
    assert.equal(done.control!.id, before.control!.id)
    const { onlyNoise, summary, cost } = await reportPreview(loop, empty)
    assert.equal(onlyNoise, true, summary.join('\n'))
    assert.match(summary[0]!, /^Only repeats noise/)
    assert.deepEqual([cost.control!.reused, cost.build.reused], [true, false])
    await assert.rejects(cancelPreview(loop, people.ravi, empty), refusal('conflict', /has finished already/))
  })

  test('the cases that a proposal brings are asked too, and reported apart; they are no suite of the community', async () => {
    const asked = [{ role: 'user', content: 'सातनंतर काय?' }]
    const sample = { messages: asked, expected: 'आठ' }
    const content = { messages: [...asked, { role: 'assistant', content: 'आठ' }] }
    const changes = [{ kind: 'add', content }, { kind: 'case', sample }] as const // prettier-ignore
    const { id } = (await contribute(loop, people.asha, model, offerOf([...changes]))).contribution
    const { id: modelId } = await findModel(loop.db, model)
    const before = await listSuites(loop.db, modelId)
    const first = await requestPreview(loop, people.ravi, id)
    assert.equal((await requestPreview(loop, people.ravi, id)).id, first.id, 'asked again, it is the same')
    const done = await ended(loop, id)
    assert.deepEqual([done.state, done.error], ['finished', null])
    assert.equal(done.control!.run.id, (await findPreview(loop.db, good)).control!.run.id, 'the control is asked, not trained again')
    const { suites, ownCases, ownAnswers, summary, stale } = await reportPreview(loop, id)
    assert.deepEqual(stale, [])
    assert.deepEqual(
      suites.map(({ against }) => against.suite.name),
      before.map(({ name }) => name),
    )
    assert.deepEqual([ownCases?.against.samples, ownCases?.drift?.samples], [1, 1])
    assert.deepEqual(
      ownAnswers.map(({ asked, expected, before, control }) => [asked, expected, before.kind, control?.kind]),
      [['सातनंतर काय?', 'आठ', 'answer', 'answer']],
    )
    assert.match(
      summary.at(-1)!,
      /^Of the 1 regression case that it brings, release 0\.1\.0 answers 0 right and it [01]; the same training without it, 0\.$/,
    )
    assert.deepEqual(await listSuites(loop.db, modelId), before)
  })

  test('small ones begin by themselves while the budget lasts', async () => {
    const small = await propose(people, people.asha, { text: 'आपोआप पाहिला जाणारा लहान प्रस्ताव' })
    const round = { contributionId: small, round: 1 }
    const contribution = await findContribution(loop.db, small)
    const queued = async () => (await loop.db.selectFrom('jobs').select('payload').where('kind', '=', 'preview').execute()).length
    for (const automaticPreviews of [undefined, { examples: 0, minutes: 60 }, { examples: 9, minutes: 0 }])
      await considerPreview({ ...loop, ...(automaticPreviews && { automaticPreviews }) }, contribution)
    assert.equal(await queued(), 0)
    const used = await secondsUsed(loop.db)
    assert.ok(used > 0)
    // Half of what was used and not all of it: seconds over 60 and times 60 again are a last bit more in one of thirty cases.
    for (const budget of [undefined, { examples: 9, minutes: 0 }, { examples: 0, minutes: 1000 }, { examples: 9, minutes: used / 120 }])
      await previewAutomatically(loop, budget, round)
    await previewAutomatically(loop, { examples: 9, minutes: 1000 }, { ...round, round: 2 })
    assert.equal(await latestPreview(loop.db, small), null)
    await considerPreview({ ...loop, automaticPreviews: { examples: 9, minutes: 60 } }, contribution)
    assert.equal(await queued(), 1)
    await previewAutomatically(loop, { examples: 9, minutes: 1000 }, round)
    const preview = await findPreview(loop.db, small)
    assert.deepEqual([preview.automatic, preview.requestedBy], [true, null])
    assert.equal((await ended(loop, small)).state, 'finished')
    assert.ok((await secondsUsed(loop.db)) > used)
  })

  test('when the dataset moves on, a preview is stale and says why; a new one is another', async () => {
    const stale = await findPreview(loop.db, empty)
    await decideContribution(loop, people.ravi, good, { decision: 'accept' })
    assert.deepEqual(await stalenessOf(loop.db, stale), [{ what: 'dataset', sentence: 'The dataset has moved on to revision 2 since.' }])
    assert.deepEqual(await previewNoteOf(loop.db, empty), {
      id: stale.id,
      round: 1,
      state: 'finished',
      stale: ['The dataset has moved on to revision 2 since.'],
    })
    const fresh = await requestPreview(loop, people.ravi, empty)
    assert.notEqual(fresh.id, stale.id)
    // The dataset now is what the accepted proposal's preview was trained on: nobody builds that again.
    assert.equal(fresh.control!.id, (await findPreview(loop.db, good)).build.id)
    assert.equal((await ended(loop, empty)).state, 'finished')
  })
})
