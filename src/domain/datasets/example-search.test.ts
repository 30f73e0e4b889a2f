import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { openDatabase, type Database } from '../../storage/database.ts'
import { migrate } from '../../storage/migrations/index.ts'
import { startPostgres } from '../../storage/test-postgres.ts'
import { conflictsOf } from '../contributions/claims.ts'
import { contribute, withdrawContribution } from '../contributions/contribute.ts'
import type { Offer, OfferedChange } from '../contributions/contribution.ts'
import { foundIn, parseSearch } from '../contributions/search-query.ts'
import { adding, offerOf, openCommunity, type Community } from '../testing.ts'
import { decideContribution } from './decide-contribution.ts'
import { examplePage } from './example-page.ts'
import { exampleTallies, searchExamples, type ExampleFilter } from './example-search.ts'
import { indexWhereBehind, rebuildExampleIndex } from './index-examples.ts'
import { revertContribution } from './revert-contribution.ts'

const postgres = await startPostgres({ after })

async function accepted(app: Community, changes: Iterable<OfferedChange>, other: Partial<Offer> = {}): Promise<number> {
  const { contribution } = await contribute(app, app.asha, app.name, offerOf(changes, other))
  await decideContribution(app, app.bilal, contribution.id, { decision: 'accept' })
  return contribution.id
}

const pairs = (...all: readonly (readonly [string, string])[]) => adding(...all.map(([prompt, completion]) => ({ prompt, completion })))

async function prompts(app: Community, filter: ExampleFilter): Promise<string[]> {
  const { examples } = await searchExamples(app.db, app.model.id, filter)
  return examples.map(({ content }) => ('prompt' in content ? content.prompt : '')).sort()
}

/** Found alike in the embedded database and on a server. */
function onBoth(title: string, check: (open: () => Promise<Community>) => Promise<void>) {
  test(`${title} (embedded)`, (t) => check(() => openCommunity(t)))
  test(`${title} (server)`, { skip: typeof postgres === 'string' ? postgres : false }, async (t) => {
    if (typeof postgres === 'string') return
    const db: Database = await openDatabase({ kind: 'postgres', url: await postgres.freshDatabase() })
    t.after(() => db.close())
    await migrate(db)
    await check(() => openCommunity(t, {}, db))
  })
}

describe('searching examples', () => {
  onBoth('words of any script are found, folded, by their beginnings and not by other endings of a quoted word', async (open) => {
    const app = await open()
    await accepted(
      app,
      pairs(
        ['तारीख़ें क्या हैं?', 'तारीख २८ मार्च'],
        ['ᱥᱟᱱᱛᱟᱲᱤ ᱯᱟᱹᱨᱥᱤ ᱛᱮ ᱚᱞ ᱢᱮ', 'ᱡᱚᱦᱟᱨ'],
        ['يہ كتاب کس کی ہے؟', 'میری'],
        ['José wrote it', 'Yes, e-mail him'],
        ['日本語を話しますか', 'はい'],
        ['ꯃꯤꯇꯩꯂꯣꯟ ꯉꯥꯡꯕꯔꯥ', 'ꯍꯣꯏ'],
      ),
    )
    for (const [text, found] of [
      ['तारीख', ['तारीख़ें क्या हैं?']],
      ['28', ['तारीख़ें क्या हैं?']],
      ['"तारीखे"', []],
      ['ᱥᱟᱱᱛᱟ', ['ᱥᱟᱱᱛᱟᱲᱤ ᱯᱟᱹᱨᱥᱤ ᱛᱮ ᱚᱞ ᱢᱮ']],
      ['یہ کتاب', ['يہ كتاب کس کی ہے؟']],
      ['jose E-Mail', ['José wrote it']],
      ['jose -email', ['José wrote it']],
      ['jose -mail', []],
      ['本語', ['日本語を話しますか']],
      ['ꯃꯤꯇꯩ', ['ꯃꯤꯇꯩꯂꯣꯟ ꯉꯥꯡꯕꯔꯥ']],
      ['nowhere', []],
    ] as const)
      assert.deepEqual(await prompts(app, { text }), found, text)
    await assert.rejects(prompts(app, { text: '-mail' }), /add a word to look for/)
    await assert.rejects(prompts(app, { text: "x' | 'y".repeat(100) }), /at most 500/)
    assert.deepEqual(await prompts(app, { text: "jose' | 'x \\ : * & !" }), [])
  })

  onBoth('filters narrow down, tallies say what there is, and pages go on where the last one ended', async (open) => {
    const app = await open()
    await accepted(app, pairs(...Array.from({ length: 7 }, (_, i) => [`प्रश्न ${i}`, `उत्तर ${i}`] as const)))
    await accepted(app, pairs(['question', 'answer']), { language: 'en-IN', licence: 'CC0-1.0', origin: 'translated' })
    assert.deepEqual(await prompts(app, { language: 'en' }), ['question'])
    assert.deepEqual(await prompts(app, { language: 'mr', text: 'question' }), [])
    assert.equal((await prompts(app, { licence: 'CC-BY-4.0' })).length, 7)
    assert.deepEqual(await prompts(app, { origin: 'translated', contributor: 'asha' }), ['question'])
    assert.deepEqual(await prompts(app, { contributor: 'operator' }), [])
    await assert.rejects(prompts(app, { contributor: 'nobody' }), /no person called/)
    assert.deepEqual(await exampleTallies(app.db, app.model.id), {
      language: [
        { value: 'mr', count: 7 },
        { value: 'en-IN', count: 1 },
      ],
      origin: [
        { value: 'human', count: 7 },
        { value: 'translated', count: 1 },
      ],
      licence: [
        { value: 'CC-BY-4.0', count: 7 },
        { value: 'CC0-1.0', count: 1 },
      ],
      contributor: [{ value: 'asha', count: 8 }],
    })
    const seen: string[] = []
    let after: number | undefined
    for (;;) {
      const { examples, next } = await searchExamples(
        app.db,
        app.model.id,
        { text: 'प्रश्न' },
        { limit: 3, ...(after !== undefined && { after }) },
      )
      seen.push(...examples.map(({ content }) => ('prompt' in content ? content.prompt : '')))
      if (next === null) break
      after = next
    }
    assert.deepEqual(
      seen,
      [6, 5, 4, 3, 2, 1, 0].map((i) => `प्रश्न ${i}`),
    )
  })

  test('what is replaced, removed or reverted is found no more, and the index made again finds the same', async (t) => {
    const app = await openCommunity(t)
    const first = await accepted(app, pairs(['एक', 'one'], ['दोन', 'two'], ['तीन', 'three']))
    const one = (await searchExamples(app.db, app.model.id, { text: 'one' })).examples[0]!
    const two = (await searchExamples(app.db, app.model.id, { text: 'two' })).examples[0]!
    await accepted(app, [
      { kind: 'replace', target: one.digest, content: { prompt: 'एक', completion: 'uno' } },
      { kind: 'remove', target: two.digest },
    ])
    assert.deepEqual(await prompts(app, {}), ['एक', 'तीन'])
    assert.deepEqual(await prompts(app, { text: 'one' }), [])
    const { contribution } = await revertContribution(app, app.asha, first, { message: '', signOff: 'Asha K' })
    await decideContribution(app, app.bilal, contribution.id, { decision: 'accept' })
    assert.deepEqual(await prompts(app, {}), ['एक'])
    const rows = () => app.db.selectFrom('standingExamples').select(['digest', 'contributionId', 'modelId']).orderBy('digest').execute()
    const [before, tallies] = [await rows(), await exampleTallies(app.db, app.model.id)]
    await rebuildExampleIndex(app, app.model.id)
    assert.deepEqual(await rows(), before)
    assert.deepEqual(await exampleTallies(app.db, app.model.id), tallies)
    assert.deepEqual(await prompts(app, { text: 'uno' }), ['एक'])
  })

  test('a database from before the index says that not everything is found, and has it made', async (t) => {
    const app = await openCommunity(t)
    await accepted(app, pairs(['एक', 'one']))
    await app.db.deleteFrom('standingExamples').execute()
    await app.db.deleteFrom('exampleIndexes').execute()
    const { complete, examples } = await searchExamples(app.db, app.model.id, {})
    assert.deepEqual([complete, examples.length], [false, 0])
    const asked: unknown[] = []
    const jobs = { enqueue: async (_db: unknown, kind: string, payload: unknown) => asked.push([kind, payload]) }
    assert.deepEqual(await indexWhereBehind({ db: app.db, jobs }), [app.model.id])
    assert.deepEqual(asked, [['index-examples', { modelId: app.model.id }]])
    // What is accepted meanwhile is left to whoever makes it again.
    await accepted(app, pairs(['दोन', 'two']))
    await rebuildExampleIndex(app, app.model.id)
    assert.deepEqual(await prompts(app, {}), ['एक', 'दोन'])
    assert.deepEqual(await indexWhereBehind({ db: app.db, jobs }), [])
  })

  test('what was found is shown in the text as it was written', () => {
    const found = (text: string, query: string) => foundIn(text, parseSearch(query)).map(([start, end]) => text.slice(start, end))
    assert.deepEqual(found('यह तारीख़ें २८ और 日本語を', 'तारीख "28" 日本語'), ['तारीख़ें', '२८', '日本語'])
    assert.deepEqual(found('José, e-mail', 'jos -mail'), ['José'])
  })
})

describe('one example', () => {
  test('its page says who brought it, what it replaced, what else is answered to its question, and whether it stands', async (t) => {
    const app = await openCommunity(t)
    const first = await accepted(app, pairs(['एक?', 'one']))
    const old = (await searchExamples(app.db, app.model.id, {})).examples[0]!
    const second = await accepted(app, [{ kind: 'replace', target: old.digest, content: { prompt: 'एक?', completion: 'uno' } }])
    const { contribution: open } = await contribute(app, app.chitra, app.name, offerOf(pairs(['एक?', 'eins'])))
    const now = (await searchExamples(app.db, app.model.id, {})).examples[0]!
    const page = await examplePage(app.db, app.model.id, now.digest)
    assert.equal(page.standing, true)
    assert.equal(page.blame?.contributionId, second)
    assert.deepEqual(
      page.blame?.reviews.map(({ reviewer }) => reviewer),
      ['bilal'],
    )
    assert.deepEqual(
      page.history.map(({ contribution, kind, other, revision }) => ({ contribution, kind, other, revision })),
      [{ contribution: second, kind: 'replaced', other: old.digest, revision: 2 }],
    )
    assert.deepEqual(
      page.competing.map(({ answer, contribution, state, standing }) => ({ answer, contribution, state, standing })),
      [
        { answer: 'eins', contribution: open.id, state: 'open', standing: false },
        { answer: 'one', contribution: first, state: 'accepted', standing: false },
      ],
    )
    const gone = await examplePage(app.db, app.model.id, old.digest)
    assert.equal(gone.standing, false)
    assert.deepEqual(
      gone.history.map(({ kind }) => kind),
      ['replaced-by', 'brought'],
    )
    await assert.rejects(examplePage(app.db, app.model.id, `sha256:${'0'.repeat(64)}`), /search for it/)
  })
})

describe('claims', () => {
  test('two proposals about the same example or question are in conflict until one of them is decided', async (t) => {
    const app = await openCommunity(t)
    await accepted(app, pairs(['एक?', 'one'], ['दोन?', 'two']))
    const example = (await searchExamples(app.db, app.model.id, { text: 'one' })).examples[0]!
    const offer = async (changes: OfferedChange[]) => (await contribute(app, app.asha, app.name, offerOf(changes))).contribution.id
    const removing = await offer([{ kind: 'remove', target: example.digest }])
    const replacing = await offer([{ kind: 'replace', target: example.digest, content: { prompt: 'एक?', completion: 'uno' } }])
    const other = await offer(pairs(['एक?', 'ein']))
    const conflicts = async (id: number) =>
      (await conflictsOf(app.db, id)).map(({ contribution, examples, questions }) => [contribution, examples, questions])
    assert.deepEqual(await conflicts(removing), [[replacing, 1, 0]])
    assert.deepEqual(await conflicts(replacing), [
      [removing, 1, 0],
      [other, 0, 1],
    ])
    await withdrawContribution(app, app.asha, removing)
    assert.deepEqual(await conflicts(removing), [])
    assert.deepEqual(await conflicts(replacing), [[other, 0, 1]])
    await decideContribution(app, app.bilal, other, { decision: 'accept' })
    assert.deepEqual(await conflicts(replacing), [])
    assert.deepEqual(await app.db.selectFrom('claims').select('contested').distinct().execute(), [{ contested: false }])
  })
})
