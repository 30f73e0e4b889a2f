import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AppError } from '../../errors.ts'
import { goldenFolder } from '../../formats/testing/model-files.ts'
import { temporaryFolder } from '../../storage/testing.ts'
import { addSuite } from '../models/add-suite.ts'
import { declareBaseOpenness, declareCommunityOpenness } from '../models/declare-openness.ts'
import { createModel } from '../models/create-model.ts'
import { retireSuite, takeUpSuite } from '../models/retire-suite.ts'
import { operator, type Actor } from '../people/actor.ts'
import { startRun } from '../training/start-run.ts'
import { evaluateSubject } from './evaluate-subject.ts'
import { exportRelease, releaseFiles } from './export-release.ts'
import { GateError } from './gate.ts'
import { previewRelease, publishRelease } from './publish-release.ts'
import { opennessOf } from './release-openness.ts'
import { findRelease, listReleases, publishedReleases, servedModelOf } from './release-queries.ts'
import type { Release } from './release.ts'
import { retractRelease } from './retract-release.ts'
import { addBaseFolder, contributeAccepted, endOf, evaluated, openLoop, personOf, type Loop } from './testing.ts'

const model = 'marathi/saathi'
const recipe = 'rank: 4\nbatchSize: 8\nmaxLength: 64\nepochs: 8\nlearningRate: 0.01'
const words = 'एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा तेरा चौदा पंधरा सोळा सतरा अठरा एकोणीस वीस'.split(' ')
const jsonl = (samples: readonly unknown[]): Uint8Array => Buffer.from(samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))

const refusal = (code: string, sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.match(error.message, sentence)
  assert.equal(error.code, code)
  return true
}

/** One community, from its first release to a retraction: each test goes on where the one before ended. */
describe('releases of a community model', () => {
  const cleanUps: (() => Promise<void> | void)[] = []
  let loop: Loop
  let maintainer: Actor
  let reviewer: Actor
  let asha: Actor
  let first: number

  before(async () => {
    loop = await openLoop({ after: (cleanUp) => void cleanUps.unshift(cleanUp) })
    await addBaseFolder(loop, goldenFolder, 'tiny', 'Apache-2.0')
    maintainer = await personOf(loop, 'meera', 'maintainer')
    reviewer = await personOf(loop, 'ravi', 'reviewer')
    asha = await personOf(loop, 'asha', 'contributor')
    await createModel(loop, maintainer, model, { base: 'tiny', charter: ['Speak plainly.'] })
    await contributeAccepted(loop, asha, reviewer, model, {
      contents: words.map((word, index) => ({ text: `${word} आणि ${words[(index + 3) % 20]!}, मग ${words[(index + 7) % 20]!}` })),
      licence: 'CC-BY-4.0',
      language: 'mr',
      source: 'written for this test',
      message: 'Numbers *in a row* | all',
    })
    first = (await endOf(loop, await startRun(loop, reviewer, model, { recipe }))).id
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  test('nothing is released that was not evaluated as served, nor without a suite that says what should improve', async () => {
    const publish = () => publishRelease(loop, maintainer, model, '0.1.0')
    await assert.rejects(publish(), refusal('conflict', /marathi\/saathi has no eval suite; "suite add/))
    await addSuite(loop, maintainer, model, {
      name: 'english',
      kind: 'text',
      samples: jsonl(Array.from({ length: 10 }, (_, index) => ({ text: `the story of ${index} days` }))),
      target: false,
      tolerance: 100,
    })
    await assert.rejects(publish(), refusal('conflict', /has no target suite, so nothing says what a release must improve/))
    await addSuite(loop, maintainer, model, {
      name: 'marathi',
      kind: 'text',
      samples: jsonl(words.map((word, index) => ({ text: `${words[(index + 11) % 20]!} दिवस, ${word} रात्री` }))),
    })
    await assert.rejects(
      publish(),
      refusal(
        'conflict',
        new RegExp(`Suite english has not been run on run ${first} as it is served; "evaluate marathi/saathi --run ${first}"`),
      ),
    )
    await assert.rejects(publishRelease(loop, reviewer, model, '0.1.0'), refusal('forbidden', /takes a maintainer/))
    await assert.rejects(publishRelease(loop, maintainer, model, 'first'), refusal('invalid', /"first" is not a semantic version/))
    await assert.rejects(evaluateSubject(loop, asha, model), refusal('forbidden', /takes a reviewer/))
  })

  test('a first release is compared with its base, names its people and its licence, and can be served', async () => {
    const asked = await evaluated(loop, reviewer, model)
    assert.deepEqual([asked.subject.length, asked.base.length, asked.previous.length], [2, 2, 0])
    const report = await previewRelease(loop, model)
    assert.deepEqual([report.passed, report.against], [true, 'the base tiny'], JSON.stringify(report.suites.map(({ reason }) => reason)))

    // A retired suite is not asked, and is asked again as it was once it is taken up.
    const gated = async () => (await previewRelease(loop, model)).suites.map(({ name }) => name)
    await assert.rejects(retireSuite(loop, maintainer, model, 'marathi', { message: 'Too easy' }), refusal('conflict', /the only suite/))
    await retireSuite(loop, maintainer, model, 'english', { message: 'Nobody speaks it here' })
    assert.deepEqual(await gated(), ['marathi'])
    const fewer = await evaluated(loop, reviewer, model)
    assert.deepEqual([fewer.subject.length, fewer.base.length], [1, 1])
    await takeUpSuite(loop, maintainer, model, 'english', { message: 'The schools do' })
    assert.deepEqual(await gated(), ['english', 'marathi'])

    // Of two that publish at once, one wins and the other is told.
    const both = await Promise.allSettled([
      publishRelease(loop, maintainer, model, '0.1.0'),
      publishRelease(loop, maintainer, model, '0.1.0'),
    ])
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const release = await findRelease(loop.db, model, 'latest')
    assert.equal(release.version, '0.1.0')
    assert.deepEqual(release.changelog.contributions, [
      {
        id: 1,
        author: 'asha',
        message: 'Numbers *in a row* | all',
        added: 20,
        replaced: 0,
        removed: 0,
        cases: 0,
        clauses: 0,
        reviewers: ['ravi'],
      },
    ])
    assert.equal(release.licence.commercialUse, 'allowed')
    assert.equal(release.licence.expression, 'Apache-2.0 AND CC-BY-4.0')
    assert.ok(release.card.includes('Contribution 1 by asha: Numbers \\*in a row\\* \\| all (20 added; reviewed by ravi)'))
    assert.ok(release.card.includes('- Clause 1: Speak plainly. — not tested: it has no cases'))
    assert.deepEqual(release.artefacts.map(({ format, path }) => `${format} ${path}`).sort(), [
      'card DATA_CARD.md',
      'card README.md',
      'gguf adapter.gguf',
      'gguf base.gguf',
      'peft adapter_config.json',
      'peft adapter_model.safetensors',
    ])
    for (const { digest, size } of release.artefacts) assert.equal(await loop.blobs.size(digest), size)
    await openness(release)
    const served = await servedModelOf(loop.db, { release })
    assert.deepEqual(served, asked.subject[0]!.served, 'what is served is what was evaluated')
    assert.equal((await servedModelOf(loop.db, { base: 'tiny' })).base, served.base)
  })

  /** Component by component, with what is declared of the base and by the community afterwards. */
  async function openness(release: Release) {
    const graded = release.openness!
    const state = (of: typeof graded, id: string) => of.components.find(({ component }) => component === id)!
    assert.equal(graded.class, null)
    assert.deepEqual(graded.declarations, { base: null, community: null })
    assert.deepEqual(graded.classes.map(({ met, of }) => `${met}/${of}`), ['2/6', '4/10', '4/14']) // prettier-ignore
    assert.deepEqual(state(graded, 'final-parameters').evidence.map(({ of, state, licence }) => [of, state, licence]), [
      ['base', 'open', 'Apache-2.0'],
      ['release', 'open', 'Apache-2.0 AND CC-BY-4.0'],
    ]) // prettier-ignore
    assert.deepEqual(state(graded, 'model-architecture').evidence.map(({ state }) => state), ['missing', 'open']) // prettier-ignore
    assert.equal(state(graded, 'evaluation-data').state, 'unlicensed')
    assert.match(state(graded, 'evaluation-data').evidence[0]!.sentence, /Nobody has said under which licence the cases of .* are given/)
    assert.match(state(graded, 'datasets').evidence[1]!.sentence, /20 under CC-BY-4\.0\. CC-BY-4\.0 is an open licence/)
    assert.match(release.card, /## Openness\n\nBy the Model Openness Framework: \*\*no class yet\*\*/)
    assert.equal((await opennessOf(loop.db, release)).today, null)

    const components = ['model-architecture', 'model-card', 'data-card', 'technical-report'].map((component) => ({
      component,
      licence: 'CC-BY-4.0',
      address: `https://example.org/${component}`,
    }))
    await declareBaseOpenness(loop, maintainer, 'tiny', { components, message: 'Read on its page.', source: 'https://example.org' })
    const { today } = await opennessOf(loop.db, release)
    assert.deepEqual(today!.classes[0], { class: 3, met: 5, of: 6, percent: (5 / 6) * 100, lacks: ['technical-report'] })
    const report = [{ component: 'technical-report', licence: 'CC-BY-4.0', address: 'https://example.org/report.pdf' }]
    await declareCommunityOpenness(loop, maintainer, model, { components: report, message: 'We wrote one.' })
    const after = await opennessOf(loop.db, release)
    assert.equal(after.today!.class, 3)
    assert.deepEqual(after.graded, graded, 'the grade of a release is never changed')
    assert.deepEqual((await findRelease(loop.db, model, '0.1.0')).openness, graded)
    const dataCard = Buffer.from(await loop.blobs.get(release.artefacts.find(({ path }) => path === 'DATA_CARD.md')!.digest)).toString()
    assert.match(dataCard, /# Data of marathi\/saathi 0\.1\.0\n[^]*- CC-BY-4\.0: 20 examples\n/)
  }

  test('the same checkpoint is not released twice, and versions only go up', async () => {
    const publish = (version: string) => publishRelease(loop, maintainer, model, version, { run: first })
    await assert.rejects(publish('0.2.0'), refusal('conflict', new RegExp(`Run ${first} is released already, as marathi/saathi 0\\.1\\.0`)))
    for (const version of ['0.1.0', '0.0.9', '0.1.0-rc.1'])
      await assert.rejects(publish(version), refusal('conflict', /is at 0\.1\.0; a new release needs a higher version/))
  })

  test('a run that does not improve on the release before is blocked, with what was measured', async () => {
    const timid = await endOf(loop, await startRun(loop, reviewer, model, { recipe: `${recipe}\nmaxSteps: 1`.replace('0.01', '0.000001') }))
    const { previous } = await evaluated(loop, reviewer, model, { run: timid.id })
    assert.equal(previous.length, 2)
    await assert.rejects(publishRelease(loop, maintainer, model, '0.2.0', { run: timid.id }), (error: unknown) => {
      assert.ok(error instanceof GateError)
      assert.match(error.message, /^marathi\/saathi 0\.2\.0 is blocked by a suite, compared with release 0\.1\.0\. marathi: \d/)
      assert.equal(error.report.passed, false)
      const [english, marathi] = error.report.suites
      assert.deepEqual([english!.passed, marathi!.passed], [true, false])
      assert.equal(marathi!.comparison.verdict, 'worse')
      assert.equal(error.details.find(({ severity }) => severity === 'error')?.check, 'marathi')
      return true
    })
    assert.equal((await listReleases(loop.db, model)).length, 1)
  })

  test('a release is exported whole into a new folder, or not at all', async (t) => {
    const folder = temporaryFolder(t)
    const full = join(folder, 'full')
    mkdirSync(full)
    writeFileSync(join(full, 'mine.txt'), 'mine')
    await assert.rejects(
      exportRelease(loop, model, '0.1.0', 'peft', full),
      refusal('conflict', /full is not empty; name a folder that does not exist yet/),
    )
    await assert.rejects(
      exportRelease(loop, model, '0.1.0', 'peft', join(full, 'mine.txt')),
      refusal('invalid', /mine\.txt is not a folder that can be written/),
    )
    await assert.rejects(
      releaseFiles(loop, model, '0.1.0', 'onnx' as 'peft'),
      refusal('invalid', /no export format "onnx"; choose peft, gguf, gguf-merged/),
    )
    const files = await exportRelease(loop, model, 'latest', 'peft', join(folder, 'a', 'b'))
    assert.deepEqual(readdirSync(join(folder, 'a', 'b')).sort(), files.map(({ path }) => path).sort())
    assert.deepEqual(readdirSync(join(folder, 'a')), ['b'], 'no draft is left')
    assert.deepEqual(readdirSync(full), ['mine.txt'])
  })

  test('a retracted release stays on record with its reason and is not served any more', async () => {
    const retract = (reason: string, actor = maintainer) => retractRelease(loop, actor, model, '0.1.0', reason)
    await assert.rejects(retract('It counts wrong.', reviewer), refusal('forbidden', /takes a maintainer/))
    await assert.rejects(retract('  '), refusal('invalid', /Say why 0\.1\.0 is retracted/))
    const release = await retract('It counts wrong')
    assert.deepEqual([release.state, release.retraction], ['retracted', 'It counts wrong.'])
    await assert.rejects(
      servedModelOf(loop.db, { release }),
      refusal('conflict', /marathi\/saathi 0\.1\.0 was retracted: It counts wrong\. Use another/),
    )
    await assert.rejects(findRelease(loop.db, model, 'latest'), refusal('not-found', /has no published release/))
    await assert.rejects(retract('Again.'), refusal('conflict', /was retracted already/))
    assert.equal((await findRelease(loop.db, model, '0.1.0')).state, 'retracted')
    assert.deepEqual(await publishedReleases(loop.db), [])

    // The same checkpoint may come again, under a version above every one there ever was, compared with the base again.
    const back = await publishRelease(loop, operator, model, '0.1.1', { run: first })
    assert.deepEqual([back.previousId, back.publishedBy, back.gate.against], [null, null, 'the base tiny'])
    assert.deepEqual(
      (await listReleases(loop.db, model)).map(({ version, state }) => [version, state]),
      [
        ['0.1.1', 'published'],
        ['0.1.0', 'retracted'],
      ],
    )
  })
})
