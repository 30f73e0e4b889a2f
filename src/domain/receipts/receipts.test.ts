import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { goldenFolder } from '../../formats/testing/model-files.ts'
import { contribute, withdrawContribution } from '../contributions/contribute.ts'
import { membersOf, broughtBy, findRevision } from '../datasets/dataset-queries.ts'
import { decideContribution } from '../datasets/decide-contribution.ts'
import { addSuite } from '../models/add-suite.ts'
import { createModel } from '../models/create-model.ts'
import { findModel } from '../models/model-queries.ts'
import { notificationsOf } from '../notifications/notification-queries.ts'
import { operator } from '../people/actor.ts'
import { requestPreview } from '../previews/request-preview.ts'
import { watchPreview } from '../previews/watch-preview.ts'
import { publishRelease } from '../releases/publish-release.ts'
import { addBaseFolder, contributeAccepted, endOf, evaluated, openLoop, personOf, type Loop } from '../releases/testing.ts'
import { adding, offerOf, type PersonActor } from '../testing.ts'
import { startRun } from '../training/start-run.ts'
import { digestOfReceipt, issueReceipts } from './issue-receipts.ts'
import { findMeasurement } from './measurement-queries.ts'
import { measureContribution } from './measure-contribution.ts'
import { findReceipt, receiptsOfPerson, receiptsOfRelease } from './receipt-queries.ts'
import type { Receipt } from './receipt.ts'

const model = 'marathi/saathi'
const recipe = 'rank: 4\nbatchSize: 8\nmaxLength: 64\nlearningRate: 0.01'
const words = 'एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा तेरा चौदा पंधरा सोळा सतरा अठरा एकोणीस वीस'.split(' ')
const sentences = (shift: number) =>
  words.map((word, index) => ({ text: `${word} आणि ${words[(index + shift) % 20]!}, मग ${words[(index + 7) % 20]!}` }))
const jsonl = (samples: readonly unknown[]): Uint8Array => Buffer.from(samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
const terms = { licence: 'CC-BY-4.0', language: 'mr', source: 'written for this test' }

/** One community, from its first release to measurements of its second: each test goes on where the one before ended. */
describe('receipts of a community’s releases', () => {
  const cleanUps: (() => Promise<void> | void)[] = []
  let loop: Loop
  let asha: PersonActor
  let lakshmi: PersonActor
  let imran: PersonActor
  let ravi: PersonActor
  let meera: PersonActor
  let ids: {
    readonly numbers: number
    readonly rejected: number
    readonly changes: number
    readonly open: number
    readonly withdrawn: number
  }

  const offer = async (author: PersonActor, message: string, ...contents: readonly unknown[]) =>
    (await contribute(loop, author, model, offerOf(adding(...contents), { message }))).contribution.id

  /** Waits for every job of a kind that was asked for. */
  const done = async (kind: string) => {
    const jobs = await loop.db.selectFrom('jobs').select('id').where('kind', '=', kind).execute()
    for (const { id } of jobs) assert.equal((await loop.jobs.ended(id)).state, 'done')
  }
  const release = async (version: string, epochs: number) => {
    await endOf(loop, await startRun(loop, ravi, model, { recipe: `${recipe}\nepochs: ${epochs}` }))
    await evaluated(loop, ravi, model)
    return publishRelease(loop, meera, model, version)
  }
  const receiptOf = async (person: PersonActor, version: string): Promise<Receipt> => {
    const { receipts } = await receiptsOfRelease(loop.db, model, version)
    const found = receipts.find(({ body }) => body.person === person.name)
    assert.ok(found, `${person.name} has no receipt for ${version}`)
    return found
  }
  const told = async (person: PersonActor) =>
    (await notificationsOf(loop.db, person.id)).filter(({ kind }) => kind === 'receipt').map(({ sentence }) => sentence)

  before(async () => {
    loop = await openLoop({ after: (cleanUp) => void cleanUps.unshift(cleanUp) })
    await addBaseFolder(loop, goldenFolder, 'tiny', 'Apache-2.0')
    asha = await personOf(loop, 'asha', 'contributor')
    lakshmi = await personOf(loop, 'lakshmi', 'contributor')
    imran = await personOf(loop, 'imran', 'contributor')
    ravi = await personOf(loop, 'ravi', 'reviewer')
    meera = await personOf(loop, 'meera', 'maintainer')
    await createModel(loop, meera, model, { base: 'tiny', recipe })
    await addSuite(loop, meera, model, {
      name: 'marathi',
      kind: 'text',
      samples: jsonl(words.map((word, index) => ({ text: `${words[(index + 11) % 20]!} दिवस, ${word} रात्री` }))),
    })
    const numbers = await contributeAccepted(loop, asha, ravi, model, { ...terms, contents: sentences(3), message: 'Numbers' })
    const rejected = await offer(lakshmi, 'Wrong numbers', { text: 'वीस आणि वीस म्हणजे तीस असे नेहमी म्हणतात' })
    await decideContribution(loop, ravi, rejected, { decision: 'reject', message: 'Twenty and twenty is forty.' })
    const changes = await offer(imran, 'A story', { text: 'एका गावात एक छोटा मुलगा राहत होता, त्याचे नाव राम' })
    await decideContribution(loop, ravi, changes, { decision: 'request-changes', message: 'How does it end?' })
    const open = await offer(asha, 'A poem', { text: 'पाऊस पडतो रिमझिम रिमझिम, मोर नाचतो थुई थुई' })
    const withdrawn = await offer(lakshmi, 'A riddle', { text: 'तीन पायांची राणी, तिच्या डोक्यावर पाणी' })
    await withdrawContribution(loop, lakshmi, withdrawn)
    ids = { numbers, rejected, changes, open, withdrawn }
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  test('publishing a release issues a receipt to everybody whose work is in it, waits or was turned away, with the words they were given', async () => {
    await release('0.1.0', 2)
    await done('receipts')
    const { issued, receipts } = await receiptsOfRelease(loop.db, model, '0.1.0')
    assert.equal(issued, true)
    assert.deepEqual(receipts.map(({ body }) => body.person).sort(), ['asha', 'imran', 'lakshmi', 'ravi'])

    const { body } = await receiptOf(asha, '0.1.0')
    const [numbers] = body.included
    assert.deepEqual(
      [numbers!.contribution, numbers!.isNew, numbers!.examples.brought, numbers!.examples.standing, numbers!.effects, numbers!.summary],
      [ids.numbers, true, 20, 20, [], 'What it changed was not measured.'],
    )
    assert.deepEqual(
      body.notIncluded.map(({ contribution, reason }) => [contribution, reason]),
      [[ids.open, 'waiting']],
    )
    const [rejected, withdrawn] = (await receiptOf(lakshmi, '0.1.0')).body.notIncluded
    assert.deepEqual([rejected!.reason, rejected!.by, rejected!.words], ['rejected', 'ravi', 'Twenty and twenty is forty.'])
    assert.deepEqual([withdrawn!.reason, withdrawn!.sentence], ['withdrawn', 'lakshmi withdrew it.'])
    const [changes] = (await receiptOf(imran, '0.1.0')).body.notIncluded
    assert.deepEqual([changes!.reason, changes!.words], ['changes-requested', 'How does it end?'])
    assert.deepEqual((await receiptOf(ravi, '0.1.0')).body.reviewed, [
      {
        contribution: ids.numbers,
        author: 'asha',
        message: 'Numbers',
        examples: 20,
        decisions: ['accept'],
        summary: 'What it changed was not measured.',
      },
    ])
  })

  test('whoever has something new in it is told in one sentence; who waits or was turned away had been told when it happened', async () => {
    assert.deepEqual(await told(asha), ['Your 20 examples shipped in marathi/saathi 0.1.0. What they changed was not measured.'])
    assert.deepEqual(await told(ravi), ['1 contribution that you reviewed shipped in marathi/saathi 0.1.0.'])
    assert.deepEqual([await told(imran), await told(lakshmi)], [[], []])
  })

  test('a receipt is found by its digest, which anybody can compute, and names the data it speaks of by theirs', async () => {
    const receipt = await receiptOf(asha, '0.1.0')
    assert.equal(receipt.digest, digestOfReceipt(JSON.parse(JSON.stringify(receipt.body)) as Receipt['body']))
    assert.deepEqual(await findReceipt(loop.db, receipt.digest), receipt)
    await assert.rejects(findReceipt(loop.db, 'sha256:0'), { code: 'not-found' })
    const { id } = await findModel(loop.db, model)
    const revision = await findRevision(loop.db, id, 1)
    assert.deepEqual(receipt.body.release.dataset, { number: 1, digest: revision.digest, count: 20 })
    const digests: string[] = []
    for await (const digest of membersOf(loop.db, revision)) digests.push(digest)
    assert.equal(
      receipt.body.included[0]!.examples.digest,
      `sha256:${createHash('sha256')
        .update(digests.map((digest) => `${digest}\n`).join(''))
        .digest('hex')}`,
    )
    assert.ok(receipt.body.release.artefacts.some(({ path }) => path === 'adapter.gguf'))
  })

  test('issued twice, as after a crash, a receipt is one, and so is what is told of it', async () => {
    const [before] = await receiptsOfPerson(loop.db, 'asha')
    const { id } = await loop.db.selectFrom('releases').select('id').executeTakeFirstOrThrow()
    await loop.db.deleteFrom('receiptIssues').execute()
    await issueReceipts(loop, id)
    assert.deepEqual(await receiptsOfPerson(loop.db, 'asha'), [before])
    assert.equal((await told(asha)).length, 1)
  })

  test('what a preview measured stands in the receipt, labelled; what was replaced and what came too late is said', async () => {
    const { id: modelId } = await findModel(loop.db, model)
    const more = await offer(imran, 'More numbers', ...sentences(5))
    await requestPreview(loop, imran, more)
    for await (const { state } of watchPreview(loop, more)) assert.notEqual(state, 'failed')
    await done('build')
    const ready = (await notificationsOf(loop.db, imran.id)).filter(({ kind }) => kind === 'preview-ready')
    assert.equal(ready.length, 1, 'told once, though two builds made it')
    assert.match(ready[0]!.sentence, /^The preview of your contribution \d+, “More numbers”, is ready: \S/)
    await decideContribution(loop, ravi, more, { decision: 'accept' })
    const revision = await findRevision(loop.db, modelId, 'latest')
    const all: `sha256:${string}`[] = []
    for await (const digest of membersOf(loop.db, revision)) all.push(digest)
    const by = await broughtBy(loop.db, revision, all)
    const target = all.find((digest) => by.get(digest)?.contribution === ids.numbers)!
    const { contribution: better } = await contribute(
      loop,
      lakshmi,
      model,
      offerOf([{ kind: 'replace', target, content: { text: 'एक आणि एक म्हणजे दोन, हे सगळ्यांना माहीत आहे' } }], { message: 'A better one' }),
    )
    await decideContribution(loop, ravi, better.id, { decision: 'accept' })
    const run = await endOf(loop, await startRun(loop, ravi, model, { recipe: `${recipe}\nepochs: 8` }))
    const late = ids.open
    await decideContribution(loop, meera, late, { decision: 'accept' })
    await evaluated(loop, ravi, model)
    await publishRelease(loop, meera, model, '0.2.0', { run: run.id })
    await done('receipts')

    const [numbers] = (await receiptOf(asha, '0.2.0')).body.included
    assert.deepEqual([numbers!.isNew, numbers!.examples.brought, numbers!.examples.standing], [false, 20, 19])
    assert.equal(numbers!.gone, `1 of its examples was replaced or taken out by contribution ${better.id} of lakshmi.`)
    const [poem] = (await receiptOf(asha, '0.2.0')).body.notIncluded
    assert.deepEqual([poem!.contribution, poem!.reason], [late, 'accepted-later'])
    assert.match(poem!.sentence, /accepted into revision 4 of the dataset; this release was trained on revision 3\./)

    const receipt = await receiptOf(imran, '0.2.0')
    const [effect, ...others] = receipt.body.included[0]!.effects
    assert.deepEqual([effect!.how, others.length, effect!.builds.length], ['preview', 0, 2])
    assert.match(effect!.label, /^measured in a preview before it was merged, beside the same training without it$/)
    const [suite] = effect!.suites
    assert.ok(Math.abs(suite!.with.score - suite!.without.score - suite!.difference) < 0.2, 'the difference is of these two')
    assert.deepEqual([suite!.suite, suite!.samples], ['marathi', 20])
    assert.match(
      (await told(imran))[0]!,
      /^Your 20 examples shipped in marathi\/saathi 0\.2\.0\. .*\(measured in a preview before it was merged/,
    )
    assert.match((await receiptOf(lakshmi, '0.2.0')).body.included[0]!.summary, /^What it changed was not measured\.$/)
    assert.equal((await told(asha)).length, 1, 'nothing of hers is new in it')
  })

  test('leaving a contribution out is measured on request, warm or in full, and makes another edition of the receipt', async () => {
    const [imrans] = await receiptsOfPerson(loop.db, 'imran')
    const contribution = imrans!.body.included[0]!.contribution
    const stranger = await personOf(loop, 'stranger', 'contributor')
    const measure = (actor: PersonActor, input: { contribution: number; method?: string }) =>
      measureContribution(loop, actor, model, '0.2.0', input)
    await assert.rejects(measure(stranger, { contribution }), { code: 'forbidden', message: /is imran's; its author/ })
    await assert.rejects(measure(asha, { contribution: ids.open }), { code: 'invalid', message: /has no example of contribution/ })
    await assert.rejects(measure(asha, { contribution: ids.numbers, method: 'warm' }), {
      code: 'invalid',
      message: /learned from contribution 1 already/,
    })

    const warm = await measure(imran, { contribution })
    assert.deepEqual([warm.method, (await measure(ravi, { contribution })).id], ['warm', warm.id])
    const full = await measure(imran, { contribution, method: 'full' })
    await done('measure')
    assert.deepEqual(
      [(await findMeasurement(loop.db, warm.id)).state, (await findMeasurement(loop.db, full.id)).state],
      ['finished', 'finished'],
    )

    const newest = await receiptOf(imran, '0.2.0')
    assert.deepEqual(
      newest.body.included[0]!.effects.map(({ how, builds }) => [how, builds.length]),
      [
        ['preview', 2],
        ['left-out-warm', 2],
        ['left-out-full', 1],
      ],
    )
    const [, , whole] = newest.body.included[0]!.effects
    const gate = (await loop.db.selectFrom('releases').select('gate').where('version', '=', '0.2.0').executeTakeFirstOrThrow()).gate as {
      suites: { comparison: { subject: { score: number; evaluationId: number } } }[]
    }
    assert.deepEqual(whole!.suites[0]!.with, {
      evaluation: gate.suites[0]!.comparison.subject.evaluationId,
      score: gate.suites[0]!.comparison.subject.score,
    })
    const without = await loop.db
      .selectFrom('builds')
      .innerJoin('trainingRuns', 'trainingRuns.id', 'builds.runId')
      .innerJoin('datasetRevisions', 'datasetRevisions.id', 'trainingRuns.revisionId')
      .select('datasetRevisions.count')
      .where('builds.id', '=', whole!.builds[0]!)
      .executeTakeFirstOrThrow()
    assert.equal(without.count, 20, 'the release’s 40 examples less his 20')
    assert.equal((await findReceipt(loop.db, imrans!.digest)).body.included[0]!.effects.length, 1, 'the first edition stays as it was')
    assert.notEqual((await findReceipt(loop.db, imrans!.digest)).supersededBy, null)
    assert.equal((await receiptsOfPerson(loop.db, 'imran')).length, 2, 'one for each release, the newest edition')
    assert.match((await told(imran))[0]!, /^More was measured of marathi\/saathi 0\.2\.0\. /)
    assert.match((await receiptOf(ravi, '0.2.0')).body.reviewed[0]!.summary, /measured by leaving it out: the release’s own training/)
    assert.equal((await measureContribution(loop, operator, model, '0.2.0', { contribution, method: 'full' })).id, full.id)
  })
})
