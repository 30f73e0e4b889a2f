import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parquetReadObjects } from 'hyparquet'
import type { Digest } from '../../storage/blobs.ts'
import { contribute, reviseContribution } from '../contributions/contribute.ts'
import { changesOf, findContribution } from '../contributions/contribution-queries.ts'
import type { Offer, OfferedChange } from '../contributions/contribution.ts'
import { readChanges } from '../contributions/read-changes.ts'
import { concludeLicence } from '../lineage/conclude-licence.ts'
import { addSuite } from '../models/add-suite.ts'
import { createModel } from '../models/create-model.ts'
import { operator, type Actor } from '../people/actor.ts'
import { reviewsOf } from '../reviews/review-queries.ts'
import { adding, offerOf, openCommunity, personNamed, type Community } from '../testing.ts'
import { blame, diffRevisions, findRevision, latestRevision, membersOf, revisionLog } from './dataset-queries.ts'
import { decideContribution } from './decide-contribution.ts'
import { examplesOf, licenceInputsOf } from './examples-of.ts'
import { exportRevision, type ExportFormat } from './export-revision.ts'
import { revertContribution } from './revert-contribution.ts'

async function offer(app: Community, changes: Iterable<OfferedChange>, other: Partial<Offer> = {}, author: Actor = app.asha) {
  return (await contribute(app, author, app.name, offerOf(changes, other))).contribution
}

const accept = (app: Community, id: number, reviewer: Actor = app.bilal) => decideContribution(app, reviewer, id, { decision: 'accept' })

/** A contribution that is accepted at once. */
async function accepted(app: Community, changes: Iterable<OfferedChange>, other: Partial<Offer> = {}) {
  const { id } = await offer(app, changes, other)
  const { revision } = await accept(app, id)
  assert.ok(revision)
  return { id, revision }
}

const texts = (...all: string[]) => adding(...all.map((text) => ({ text })))

async function textsIn(app: Community, revision: { id: number } | null): Promise<string[]> {
  if (!revision) return []
  const examples = await Array.fromAsync(examplesOf(app.db, revision))
  return examples.map(({ content }) => ('text' in content ? content.text : '')).sort()
}

async function digestOfText(app: Community, text: string): Promise<Digest> {
  const rows = await app.db.selectFrom('examples').select(['digest', 'body']).execute()
  return rows.find(({ body }) => (body as { content: { text?: string } }).content.text === text)?.digest as Digest
}

const sign = { message: '', signOff: 'Asha K' }

describe('deciding', () => {
  test('an accepted contribution makes the next revision; what is withdrawn, rejected or open is absent from it', async (t) => {
    const app = await openCommunity(t)
    const first = await accepted(app, texts('एक', 'दोन'))
    await offer(app, texts('तीन'))
    const rejected = await offer(app, texts('चार'))
    const { contribution, revision } = await decideContribution(app, app.bilal, rejected.id, {
      decision: 'reject',
      message: 'Not Marathi.',
    })
    assert.deepEqual([contribution.state, revision], ['rejected', null])
    const second = await accepted(app, texts('पाच'))
    assert.deepEqual([first.revision.number, first.revision.count, first.revision.parentId], [1, 2, null])
    assert.deepEqual([second.revision.number, second.revision.count, second.revision.parentId], [2, 3, first.revision.id])
    assert.deepEqual(second.revision.contributions, [second.id])
    assert.deepEqual(await textsIn(app, second.revision), ['एक', 'दोन', 'पाच'].sort())
    assert.deepEqual(await textsIn(app, first.revision), ['एक', 'दोन'].sort())
    assert.deepEqual(
      (await revisionLog(app.db, app.model.id)).map(({ number }) => number),
      [2, 1],
    )
    assert.deepEqual(await findRevision(app.db, app.model.id, 1), first.revision)
    await assert.rejects(findRevision(app.db, app.model.id, 3), { code: 'not-found' })
  })

  test('nobody reviews their own, contributors review nothing, and one person has one say per round', async (t) => {
    const app = await openCommunity(t, { quorum: 2 })
    const own = await offer(app, texts('एक'), {}, app.bilal)
    await assert.rejects(accept(app, own.id), { code: 'forbidden', message: /is bilal's own; somebody else has to review it/ })
    await assert.rejects(accept(app, own.id, app.asha), { code: 'forbidden' })
    const { id } = await offer(app, texts('दोन'))
    assert.equal((await accept(app, id)).revision, null)
    await assert.rejects(accept(app, id), { code: 'conflict', message: /bilal has already reviewed round 1/ })
    assert.equal((await findContribution(app.db, id)).state, 'open')
    assert.equal((await accept(app, id, app.chitra)).contribution.state, 'accepted')
    await assert.rejects(accept(app, id, operator), { code: 'conflict', message: /is accepted; there is nothing left to review/ })
    const theirs = await offer(app, texts('तीन'), {}, operator)
    await assert.rejects(accept(app, theirs.id, operator), { code: 'forbidden' })
  })

  test('changes asked for are made in the next round, which needs its own reviews', async (t) => {
    const app = await openCommunity(t, { quorum: 2 })
    const { id } = await offer(app, texts('चूक'))
    await accept(app, id, app.chitra)
    await assert.rejects(decideContribution(app, app.bilal, id, { decision: 'request-changes' }), {
      code: 'invalid',
      message: /Say in the message what is wrong/,
    })
    await decideContribution(app, app.bilal, id, { decision: 'request-changes', message: 'A typo.' })
    await assert.rejects(accept(app, id, operator), { code: 'conflict', message: /once its author has revised it/ })
    await reviseContribution(app, app.asha, id, offerOf(texts('बरोबर')))
    assert.equal((await accept(app, id, app.chitra)).revision, null)
    const { revision } = await accept(app, id)
    assert.deepEqual(await textsIn(app, revision), ['बरोबर'])
    assert.deepEqual(
      (await reviewsOf(app.db, id)).map(({ round, reviewer, decision }) => [round, reviewer, decision]),
      [
        [1, 'chitra', 'accept'],
        [1, 'bilal', 'request-changes'],
        [2, 'chitra', 'accept'],
        [2, 'bilal', 'accept'],
      ],
    )
  })

  test('two accepted at once both come in, one after the other', async (t) => {
    const app = await openCommunity(t)
    const offers = []
    for (const text of ['एक', 'दोन', 'तीन']) offers.push(await offer(app, texts(text)))
    const decided = await Promise.all(offers.map(({ id }) => accept(app, id)))
    assert.deepEqual(decided.map(({ revision }) => revision?.number).sort(), [1, 2, 3])
    assert.deepEqual(await textsIn(app, await latestRevision(app.db, app.model.id)), ['एक', 'दोन', 'तीन'].sort())
  })

  test('what the dataset learned meanwhile is in the way, and the review is not recorded', async (t) => {
    const app = await openCommunity(t)
    const late = await offer(app, texts('एक', 'दोन'))
    await accepted(app, texts('दोन', 'तीन'))
    await assert.rejects(accept(app, late.id), (error: { code: string; message: string; details: unknown[] }) => {
      assert.equal(error.code, 'conflict')
      assert.match(
        error.message,
        /no longer fits: 1 of its changes is in the way.*Row 2: The dataset already teaches exactly this.*Ask asha to revise it/,
      )
      return error.details.length === 1
    })
    assert.deepEqual(await reviewsOf(app.db, late.id), [])
    const revised = await reviseContribution(app, app.asha, late.id, offerOf(texts('एक')))
    assert.equal((await accept(app, revised.contribution.id)).revision?.count, 3)
  })

  test('a suite added after the offer still keeps its questions out of the dataset', async (t) => {
    const app = await openCommunity(t)
    const { id } = await offer(app, adding({ prompt: 'उद्या?', completion: 'शनिवार' }))
    const samples = new TextEncoder().encode('{"prompt":"उद्या?","expected":"शनिवार"}\n')
    await addSuite(app, operator, app.name, { name: 'days', kind: 'exact', samples })
    await assert.rejects(accept(app, id), { code: 'conflict', message: /a question of the eval suite days/ })
  })
})

describe('changing what stands', () => {
  test('examples are replaced and removed by digest; what does not stand cannot be', async (t) => {
    const app = await openCommunity(t)
    const { revision: before } = await accepted(app, texts('एक', 'दोन', 'तीन'))
    const [one, two] = [await digestOfText(app, 'एक'), await digestOfText(app, 'दोन')]
    const { revision, id } = await accepted(app, [
      { kind: 'replace', target: one, content: { text: 'पहिला' } },
      { kind: 'remove', target: two },
    ])
    assert.deepEqual(await textsIn(app, revision), ['तीन', 'पहिला'].sort())
    assert.deepEqual(
      (await changesOf(app.db, id)).map((change) => 'targetExample' in change && change.targetExample.content),
      [{ text: 'एक' }, { text: 'दोन' }],
    )
    const diff = await diffRevisions(app.db, before.id, revision.id)
    assert.deepEqual(diff, { added: [await digestOfText(app, 'पहिला')], removed: [one, two].sort(), truncated: false })
    assert.equal((await diffRevisions(app.db, null, before.id, { limit: 2 })).truncated, true)
    await assert.rejects(offer(app, [{ kind: 'remove', target: two }]), { code: 'invalid', message: /The dataset has no example/ })
    await assert.rejects(offer(app, texts('तीन')), { code: 'invalid', message: /already teaches exactly this/ })
    assert.equal((await accepted(app, texts('दोन'))).revision.count, 3)
  })

  test('the provenance of an example can be corrected without touching what it teaches', async (t) => {
    const app = await openCommunity(t)
    await accepted(app, texts('एक'))
    const target = await digestOfText(app, 'एक')
    const { revision } = await accepted(app, [
      { kind: 'replace', target, content: { text: 'एक' }, provenance: { licence: 'CC-BY-SA-4.0' } },
    ])
    const examples = await Array.fromAsync(examplesOf(app.db, revision))
    assert.deepEqual(
      examples.map(({ provenance }) => provenance.licence),
      ['CC-BY-SA-4.0'],
    )
  })

  test('an accepted contribution is reverted by a new one, which takes back what still stands', async (t) => {
    const app = await openCommunity(t)
    const { revision: start } = await accepted(app, texts('मूळ', 'जुने'))
    const { id } = await accepted(app, [
      { kind: 'add', content: { text: 'वाईट' } },
      { kind: 'add', content: { text: 'वाईटच' } },
      { kind: 'replace', target: await digestOfText(app, 'मूळ'), content: { text: 'बदललेले' } },
      { kind: 'remove', target: await digestOfText(app, 'जुने') },
    ])
    await accepted(app, [{ kind: 'remove', target: await digestOfText(app, 'वाईटच') }])
    const open = await offer(app, texts('उघडे'))
    await assert.rejects(revertContribution(app, app.asha, open.id, sign), {
      code: 'conflict',
      message: /only an accepted one can be reverted/,
    })
    const { contribution } = await revertContribution(app, app.asha, id, sign)
    assert.deepEqual(
      [contribution.state, contribution.reverts, contribution.counts],
      ['open', id, { add: 1, replace: 1, remove: 1, case: 0, clause: 0 }],
    )
    assert.match(contribution.message, new RegExp(`^Reverts contribution ${id}: `))
    const { revision } = await accept(app, contribution.id)
    assert.deepEqual(await textsIn(app, revision), ['जुने', 'मूळ'].sort())
    assert.equal(revision?.digest, start.digest)
    await assert.rejects(revertContribution(app, app.asha, id, sign), { code: 'conflict', message: /Nothing of contribution \d+ is left/ })
  })

  test('blame names the contribution, author and reviews that brought an example', async (t) => {
    const app = await openCommunity(t)
    await accepted(app, texts('एक'))
    const { id } = await accepted(app, texts('दोन'), { message: 'Counting' })
    const digest = await digestOfText(app, 'दोन')
    const found = await blame(app.db, app.model.id, digest)
    assert.deepEqual(
      { ...found, reviews: found.reviews.map(({ reviewer, decision }) => [reviewer, decision]) },
      { digest, contributionId: id, message: 'Counting', author: 'asha', revision: 2, reviews: [['bilal', 'accept']] },
    )
    for (const other of ['sha256:0', 'nothing', `sha256:${'0'.repeat(64)}`])
      await assert.rejects(blame(app.db, app.model.id, other), { code: 'not-found' })
  })

  test('two models keep two datasets', async (t) => {
    const app = await openCommunity(t)
    await createModel(app, operator, 'tamil/nanban', { base: 'tiny' })
    await accepted(app, texts('एक'))
    const other = { ...app, name: 'tamil/nanban' }
    assert.deepEqual(await textsIn(app, (await accepted(other, texts('एक', 'दोन'))).revision), ['एक', 'दोन'].sort())
    assert.deepEqual(await textsIn(app, await latestRevision(app.db, app.model.id)), ['एक'])
  })
})

describe('exporting', () => {
  const contents = [
    { text: 'मजकूर' },
    { prompt: 'उद्या?', completion: 'शनिवार' },
    {
      messages: [
        { role: 'user', content: 'कसे आहात?' },
        { role: 'assistant', content: 'मी ठीक आहे.' },
      ],
    },
    { prompt: 'आज?', chosen: 'शुक्रवार', rejected: 'Friday' },
  ]

  for (const format of ['jsonl', 'parquet'] as const)
    test(`a revision written as ${format} and contributed to another model gives the same root`, async (t) => {
      const app = await openCommunity(t)
      await createModel(app, operator, 'fork/saathi', { base: 'tiny' })
      const { revision } = await accepted(app, [
        ...adding(...contents),
        { kind: 'add', content: { text: 'CLDR' }, provenance: { origin: 'generated', generator: 'CLDR 48', licence: 'Unicode-3.0' } },
      ])
      const file = Buffer.concat(await Array.fromAsync(exportRevision(app, revision, format)))
      const fork = { ...app, name: 'fork/saathi' }
      const { id } = await offer(fork, (await Array.fromAsync(readChanges(file, format))) satisfies OfferedChange[])
      const { revision: again } = await accept(app, id)
      assert.equal(again?.digest, revision.digest)
      assert.equal(again?.count, 5)
    })

  test('Parquet is readable row group by row group', async (t) => {
    const app = await openCommunity(t)
    const { revision } = await accepted(app, adding(...contents))
    const bytes = Buffer.concat(await Array.fromAsync(exportRevision(app, revision, 'parquet' satisfies ExportFormat)))
    const rows = await parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) })
    assert.deepEqual(
      rows.map((row: Record<string, unknown>) => row['digest']),
      await Array.fromAsync(membersOf(app.db, revision)),
    )
  })
})

interface Story {
  readonly lang: string
  readonly title: string
  readonly pages: readonly string[]
  readonly licence: string
  readonly text_by: string
  readonly source: string
}

const stories = join(process.env['COMMONWEIGHTS_SHARED_DATA'] ?? '../shared/data', '01-language/parallel-stories.jsonl')

test(
  'real stories in Swahili by their real authors: each row keeps its own licence, and the verdict names the contribution with the non-commercial ones',
  { skip: existsSync(stories) ? false : `there is no ${stories}` },
  async (t) => {
    const app = await openCommunity(t)
    const swahili = readFileSync(stories, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Story)
      .filter(({ lang }) => lang === 'sw')
    // African Storybook and Pratham Books state Creative Commons licences without a version in the rows; both publish under 4.0.
    const spdx = (licence: string) => `CC-${licence.replace(/^CC[ -]/, '')}-4.0`
    const authors = Map.groupBy(swahili, ({ text_by }) => text_by)
    const busiest = [...authors]
      .sort(([, a], [, b]) => b.length - a.length)
      .slice(0, 2)
      .map(([author]) => author)
    const groups = [...busiest.map((author) => authors.get(author) as Story[]), swahili.filter(({ text_by }) => !busiest.includes(text_by))]
    const nonCommercial = new Map<number, number>()
    for (const [i, group] of groups.entries()) {
      const author = await personNamed(app, `author${i}`, 'contributor')
      const seen = new Set<string>()
      const distinct = group.filter(({ pages }) => !seen.has(pages.join('\n')) && seen.add(pages.join('\n')))
      const rows = distinct.map(({ pages, licence, source, text_by, title }) => ({
        text: pages.join('\n\n'),
        licence: spdx(licence),
        source: `${title}, by ${text_by}, ${source}`.slice(0, 500),
      }))
      const file = new TextEncoder().encode(rows.map((row) => JSON.stringify(row)).join('\n'))
      const { contribution } = await contribute(
        app,
        author,
        app.name,
        offerOf(readChanges(file, 'jsonl'), { language: 'sw', licence: 'CC-BY-4.0', source: 'African Storybook' }),
      )
      assert.equal(contribution.counts.add, distinct.length)
      nonCommercial.set(contribution.id, rows.filter(({ licence }) => licence.includes('NC')).length)
      await accept(app, contribution.id)
    }
    const revision = await findRevision(app.db, app.model.id, 'latest')
    assert.equal(revision.count, (await Array.fromAsync(membersOf(app.db, revision))).length)
    const verdict = concludeLicence(await licenceInputsOf(app.db, revision))
    const named = [...nonCommercial].filter(([, count]) => count > 0)
    assert.ok(named.length > 0)
    assert.equal(verdict.commercialUse, 'not-allowed')
    for (const [id, count] of named)
      assert.match(verdict.summary, new RegExp(`\\b${count} rows? of contribution ${id} (is|are) CC-BY-NC-4\\.0`))
    assert.match(verdict.summary, /; without (them|it), yes\./)
    const counted = (await licenceInputsOf(app.db, revision)).reduce((sum, { count }) => sum + count, 0)
    assert.equal(counted, revision.count)
  },
)
