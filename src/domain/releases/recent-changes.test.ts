import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openDatabase } from '../../storage/database.ts'
import { migrate } from '../../storage/migrations/index.ts'
import { startPostgres } from '../../storage/test-postgres.ts'
import { contribute, withdrawContribution } from '../contributions/contribute.ts'
import { listProposals } from '../contributions/proposal-lists.ts'
import { decideContribution } from '../datasets/decide-contribution.ts'
import { revertContribution } from '../datasets/revert-contribution.ts'
import { communityHealth } from '../feedback/community-health.ts'
import { communityCards } from './community-cards.ts'
import { adding, offerOf, openCommunity, type Community } from '../testing.ts'
import { recentChanges, type ChangesFilter } from './recent-changes.ts'

const postgres = await startPostgres({ after })

for (const kind of ['embedded', 'server'] as const) {
  const skip = kind === 'server' && typeof postgres === 'string' ? postgres : false
  const open = async (t: { after(cleanUp: () => Promise<void> | void): void }): Promise<Community> => {
    if (kind === 'embedded' || typeof postgres === 'string') return openCommunity(t)
    const db = await openDatabase({ kind: 'postgres', url: await postgres.freshDatabase() })
    t.after(() => db.close())
    await migrate(db)
    return openCommunity(t, {}, db)
  }
  const offer = async (app: Community, ...texts: string[]) =>
    (await contribute(app, app.asha, app.name, offerOf(adding(...texts.map((text) => ({ text }))), { message: texts.join() }))).contribution
      .id

  test(`what happened is listed once, newest first, page by page, and by kind and person (${kind})`, { skip }, async (t) => {
    const app = await open(t)
    const first = await offer(app, 'एक')
    const second = await offer(app, 'दोन')
    await decideContribution(app, app.bilal, first, { decision: 'accept' })
    await decideContribution(app, app.chitra, second, { decision: 'reject', message: 'Not this one.' })
    const third = await offer(app, 'तीन')
    await withdrawContribution(app, app.asha, third)
    const revert = (await revertContribution(app, app.bilal, first, { message: 'Wrong', signOff: 'Bilal' })).contribution.id
    const all = [
      ['revert', revert, 'bilal', null],
      ['decision', third, 'asha', 'withdrawn'],
      ['proposal', third, 'asha', null],
      ['decision', second, 'chitra', 'rejected'],
      ['decision', first, 'bilal', 'accepted'],
      ['proposal', second, 'asha', null],
      ['proposal', first, 'asha', null],
    ]
    const read = async (filter: Partial<ChangesFilter>, limit: number) => {
      const seen: unknown[] = []
      for (let after: string | null = ''; after !== null;) {
        const page = await recentChanges(app.db, { modelId: null, ...filter }, { limit, ...(after !== '' && { after }) })
        seen.push(...page.changes.map(({ kind, contribution, person, outcome }) => [kind, contribution, person, outcome]))
        after = page.next
      }
      return seen
    }
    for (const limit of [1, 2, 3, 50]) assert.deepEqual(await read({}, limit), all, `pages of ${limit}`)
    assert.deepEqual(
      await read({ modelId: app.model.id, kinds: ['decision'] }, 2),
      all.filter(([kind]) => kind === 'decision'),
    )
    assert.deepEqual(
      await read({ person: 'bilal' }, 2),
      all.filter(([, , person]) => person === 'bilal'),
    )
    assert.deepEqual(await read({ modelId: 999 }, 2), [])
    await assert.rejects(read({ person: 'nobody' }, 2), /no person called/)
    await assert.rejects(recentChanges(app.db, { modelId: null }, { after: 'x' }), /no place in the recent changes/)
  })

  test(`proposals are listed by state, author, kind and conflict, and counted up to a bound (${kind})`, { skip }, async (t) => {
    const app = await open(t)
    const first = await offer(app, 'एक', 'दोन')
    await decideContribution(app, app.bilal, first, { decision: 'accept' })
    const example = (await app.db.selectFrom('standingExamples').select('digest').orderBy('place').executeTakeFirstOrThrow()).digest
    const removing = (await contribute(app, app.asha, app.name, offerOf([{ kind: 'remove', target: example }]))).contribution.id
    const replacing = (
      await contribute(app, app.chitra, app.name, offerOf([{ kind: 'replace', target: example, content: { text: 'uno' } }]))
    ).contribution.id
    const revert = (await revertContribution(app, app.bilal, first, { message: '', signOff: 'Bilal' })).contribution.id
    const { id } = app.model
    const ids = async (filter: Parameters<typeof listProposals>[2], page = {}) =>
      (await listProposals(app.db, id, filter, page)).proposals.map((it) => it.id)
    assert.deepEqual(await ids({}), [revert, replacing, removing, first])
    assert.deepEqual(await ids({ state: 'open' }), [revert, replacing, removing])
    assert.deepEqual(await ids({ author: 'asha' }), [removing, first])
    assert.deepEqual(await ids({ kind: 'remove' }), [revert, removing])
    assert.deepEqual(await ids({ kind: 'revert' }), [revert])
    assert.deepEqual(await ids({ conflicting: true }), [revert, replacing, removing])
    assert.deepEqual(await ids({ conflicting: true, kind: 'replace' }), [replacing])
    const page = await listProposals(app.db, id, { conflicting: true }, { limit: 2 })
    assert.deepEqual(await ids({ conflicting: true }, { limit: 2, after: page.next }), [removing])
    const every = await listProposals(app.db, null, {}, { limit: 3 })
    assert.deepEqual([every.proposals.length, (await ids({}, { limit: 3, after: every.next })).length], [3, 1])
    assert.deepEqual(await communityHealth(app.db, id), {
      openProposals: { count: 3, more: false },
      conflicts: { count: 3, more: false },
      answersWaiting: { count: 0, more: false },
      daysSinceRelease: null,
      release: null,
      examples: 2,
    })
    assert.deepEqual(
      (await communityCards(app.db)).map(({ owner, name, base, languages, release }) => ({
        model: `${owner}/${name}`,
        base,
        languages,
        release,
      })),
      [{ model: app.name, base: 'tiny', languages: ['mr'], release: null }],
    )
  })
}
