/** From a bad answer to a release that says apart what it measures, what it may have learnt by heart, and whether it keeps its charter. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { AppError } from '../../errors.ts'
import { goldenFolder } from '../../formats/testing/model-files.ts'
import { contribute } from '../contributions/contribute.ts'
import { decideContribution } from '../datasets/decide-contribution.ts'
import { addSuite } from '../models/add-suite.ts'
import { charterLog } from '../models/charter-queries.ts'
import { createModel } from '../models/create-model.ts'
import { findSuite, listSuites } from '../models/suite-queries.ts'
import type { Actor } from '../people/actor.ts'
import { startRun } from '../training/start-run.ts'
import { previewRelease, publishRelease } from './publish-release.ts'
import type { Release } from './release.ts'
import { addBaseFolder, contributeAccepted, endOf, evaluated, openLoop, personOf, type Loop } from './testing.ts'

const model = 'marathi/saathi'
const recipe = 'rank: 4\nbatchSize: 8\nmaxLength: 64\nepochs: 8\nlearningRate: 0.01'
const words = 'एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा तेरा चौदा पंधरा सोळा सतरा अठरा एकोणीस वीस'.split(' ')
const jsonl = (samples: readonly unknown[]) => Buffer.from(samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
const terms = { licence: 'CC-BY-4.0', language: 'mr', origin: 'human', source: 'written for this test', signOff: 'Asha' }

describe('fixes and the charter in a release', () => {
  const cleanUps: (() => Promise<void> | void)[] = []
  let loop: Loop
  let maintainer: Actor
  let reviewer: Actor
  let asha: Actor
  let modelId: number

  const accepted = async (changes: Parameters<typeof contribute>[3]['changes'], message: string): Promise<number> => {
    const { contribution } = await contribute(loop, asha, model, { ...terms, message, changes })
    await decideContribution(loop, reviewer, contribution.id, { decision: 'accept' })
    return contribution.id
  }
  const release = async (version: string): Promise<Release> => {
    const run = await endOf(loop, await startRun(loop, reviewer, model, { recipe }))
    assert.equal(run.state, 'finished', run.error ?? '')
    await evaluated(loop, reviewer, model)
    return publishRelease(loop, maintainer, model, version)
  }

  before(async () => {
    loop = await openLoop({ after: (cleanUp) => void cleanUps.unshift(cleanUp) })
    await addBaseFolder(loop, goldenFolder, 'tiny', 'Apache-2.0')
    maintainer = await personOf(loop, 'meera', 'maintainer')
    reviewer = await personOf(loop, 'ravi', 'reviewer')
    asha = await personOf(loop, 'asha', 'contributor')
    modelId = (await createModel(loop, maintainer, model, { base: 'tiny', charter: ['Speak plainly.'], quorum: 1 })).id
    await addSuite(loop, maintainer, model, {
      name: 'marathi',
      kind: 'text',
      samples: jsonl(words.map((word, index) => ({ text: `${words[(index + 11) % 20]!} दिवस, ${word} रात्री` }))),
    })
    await contributeAccepted(loop, asha, reviewer, model, {
      ...terms,
      contents: words.map((word, index) => ({ text: `${word} आणि ${words[(index + 3) % 20]!}, मग ${words[(index + 7) % 20]!}` })),
      message: 'Numbers in a row',
    })
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  test('a release runs the regression cases and the clauses, and reports each apart from what measures', async () => {
    const fix = await accepted(
      [
        { kind: 'add', content: { prompt: 'सात?', completion: 'seven' } },
        { kind: 'case', sample: { prompt: 'सात?', expected: 'seven' } },
      ],
      'Fixes an answer',
    )
    const charter = await accepted(
      [
        { kind: 'clause', change: { action: 'replace', number: 1, cases: [{ prompt: 'आठ', expect: { none: ['नको'] } }] } },
        {
          kind: 'clause',
          change: { action: 'add', text: 'Never at a loss for *words*.', cases: [{ prompt: 'नऊ', expect: { any: ['नक्कीच!'] } }] },
        },
        { kind: 'clause', change: { action: 'add', text: 'Kind to children.' } },
      ],
      'How it speaks',
    )
    assert.deepEqual(
      (await listSuites(loop.db, modelId)).map(({ name, role }) => [name, role]),
      [
        ['clause-1', 'charter'],
        ['clause-2', 'charter'],
        ['marathi', 'measure'],
        ['regressions', 'regression'],
      ],
    )
    const { gate, changelog, card } = await release('0.1.0')
    assert.equal(gate.passed, true)
    assert.deepEqual(
      gate.suites.map(({ name, target, passed }) => [name, target, passed]),
      [
        ['clause-1', false, true],
        ['clause-2', false, true],
        ['marathi', true, true],
        ['regressions', false, true],
      ],
    )
    assert.deepEqual(
      gate.charter?.map(({ number, state, before, cases, failed }) => [number, state, before, cases, failed]),
      [
        [1, 'kept', null, 1, 0],
        [2, 'broken', null, 1, 1],
        [3, 'not-tested', null, 0, 0],
      ],
    )
    assert.match(gate.charter[1]!.failing[0]!.why, /contains none of "नक्कीच!"/)
    assert.deepEqual(
      changelog.contributions.map(({ id, added, cases, clauses }) => [id, added, cases, clauses]),
      [
        [1, 20, 0, 0],
        [fix, 1, 1, 0],
        [charter, 0, 0, 3],
      ],
    )
    assert.deepEqual(
      [changelog.charter?.revision, changelog.charter?.added, changelog.charter?.clauses.map(({ state }) => state)],
      [2, [1, 2, 3], ['kept', 'broken', 'not-tested']],
    )

    const [measured, apart] = card.split('### Regression cases')
    assert.ok(measured!.includes('| marathi (target) |') && !measured!.includes('| regressions'))
    assert.ok(apart!.includes('may have been trained on') && apart!.includes('| regressions |'))
    assert.ok(card.includes('- Clause 1: Speak plainly. — **kept**: 1 of 1 cases'))
    assert.ok(card.includes('- Clause 2: Never at a loss for \\*words\\*. — **broken**: 1 of 1 cases fail'))
    assert.ok(card.includes('- Clause 3: Kind to children. — not tested: it has no cases'))
    const [frontMatter] = card.split('# marathi/saathi')
    assert.ok(frontMatter!.includes('saathi-marathi') && !frontMatter!.includes('regressions'), 'only what measures is a result')
  })

  test('what a measuring suite asks cannot become a case, and what a clause asks cannot be taught', async () => {
    const offer = (changes: Parameters<typeof contribute>[3]['changes']) =>
      contribute(loop, asha, model, { ...terms, message: 'More', changes })
    const turned = (suite: RegExp) => (error: unknown) => error instanceof AppError && suite.test(error.message)
    const [first] = words
    await assert.rejects(
      offer([{ kind: 'case', sample: { prompt: `${words[11]!} दिवस, ${first} रात्री`, expected: 'होय' } }]),
      turned(/question of the eval suite marathi/),
    )
    await assert.rejects(
      offer([{ kind: 'add', content: { prompt: 'आठ', completion: 'आठ आठ' } }]),
      turned(/question of the eval suite clause-1/),
    )
    const { rounds } = await offer([
      { kind: 'clause', change: { action: 'add', text: 'Counts', cases: [{ prompt: 'सात?', expect: { any: ['सात'] } }] } },
    ])
    assert.match(rounds[0]!.checks[0]!.sentence, /dataset answers the question of case 1/)
  })

  test('a clause that the release before kept blocks the next one where it is broken, and only as it says', async () => {
    const wants = (any: string, blocks: string) =>
      accepted(
        [{ kind: 'clause', change: { action: 'replace', number: 1, blocks, cases: [{ prompt: 'आठ', expect: { any: [any] } }] } }],
        'Another test',
      )
    await accepted([{ kind: 'add', content: { text: 'पुन्हा एक दोन तीन चार पाच' } }], 'More')
    const run = await endOf(loop, await startRun(loop, reviewer, model, { recipe: `${recipe}\nseed: 7` }))
    const clauseOf = async () => {
      await evaluated(loop, reviewer, model)
      const { suites, charter } = await previewRelease(loop, model, { run: run.id })
      return { gated: suites.find(({ name }) => name === 'clause-1')!, verdict: charter?.find(({ number }) => number === 1) }
    }
    // What neither release says: broken before and now, which blocks only where the clause says always.
    await wants('नक्कीच!', 'when-lost')
    const reported = await clauseOf()
    assert.deepEqual([reported.gated.passed, reported.verdict?.state, reported.verdict?.before], [true, 'broken', 'broken'])
    await wants('नक्कीच!', 'always')
    const blocked = await clauseOf()
    assert.equal(blocked.gated.passed, false)
    assert.match(blocked.gated.reason, /clause 1 of the charter is broken, and no release may break it/)
    // A clause without cases is no longer tested, and its suite is gone.
    await accepted([{ kind: 'clause', change: { action: 'remove', number: 1 } }], 'Clause 2 says it')
    await assert.rejects(findSuite(loop.db, modelId, 'clause-1'), /no suite "clause-1"/)
    assert.equal((await clauseOf()).verdict, undefined)
  })

  test('the log of the charter says who changed what', async () => {
    const log = await charterLog(loop.db, modelId)
    assert.deepEqual(
      log.map(({ revision, author, removed }) => [revision, author, removed.map(({ number }) => number)]),
      [
        [5, 'asha', [1]],
        [4, 'asha', []],
        [3, 'asha', []],
        [2, 'asha', []],
        [1, null, []],
      ],
    )
  })
})
