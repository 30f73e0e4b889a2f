/** upload, example, changes, proposals and health from the command line, against a running server. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { UploadAnswer, UploadRowAnswer } from '../http/api/uploads.ts'
import type { ExamplePageAnswer, FoundExamplesAnswer, HealthAnswer, ProposalPageAnswer, RecentChangesAnswer } from '../http/api/search.ts'
import { bundledFolder } from '../http/testing.ts'
import { serving } from './testing.ts'

const model = 'marathi/saathi'

/** Three rows in order, one without an answer, one that says the same as another. */
const file = `frage,antwort
पाच मार्च?,५ मार्च
सहा मार्च?,६ मार्च
सात मार्च?,७ मार्च
आठ मार्च?,
पाच मार्च?,५ मार्च
`

test('what is in a dataset and what happens in a community, from the command line', async (t) => {
  const { cw, json, home, as } = await serving(t)
  assert.equal((await cw('base', 'add', bundledFolder, '--name', 'bundled', '--licence', 'Apache-2.0')).code, 0)
  assert.equal((await cw('model', 'create', model, '--base', 'bundled', '--quorum', '1')).code, 0)
  const asha = as((await json<{ token: string }>('person', 'add', 'asha', '--role', 'contributor')).token)
  await writeFile(join(home, 'dates.csv'), file)

  await t.test('a file is kept, its columns named, a row mended and the rest left out before it is offered', async () => {
    const added = await asha.json<UploadAnswer>(
      'upload',
      'add',
      model,
      join(home, 'dates.csv'),
      '--licence',
      'CC-BY-4.0',
      '--language',
      'mr',
    )
    assert.deepEqual([added.name, added.counts.rows], ['dates.csv', 5])
    const id = String(added.id)
    // Two columns whose names say nothing: the first asks, the second answers.
    assert.deepEqual(added.mapping, { frage: 'prompt', antwort: 'completion' })
    assert.match((await asha.cw('upload', 'change', id, '--column', 'frage=answer')).err, /cannot mean "answer"/)
    assert.match((await asha.cw('upload', 'change', id, '--column', 'frage')).err, /should read name=value/)
    const changed = await asha.json<UploadAnswer>('upload', 'change', id, '--origin', 'human', '--source', 'written', '--message', 'Dates')
    assert.deepEqual([changed.declared.source, changed.version > added.version], ['written', true])
    assert.equal(changed.counts.fails, 2)

    const { rows } = await asha.json<{ rows: UploadRowAnswer[] }>('upload', 'show', id)
    assert.deepEqual(
      rows.filter(({ verdict }) => verdict === 'fails').map(({ row }) => row),
      [4, 5],
    )
    assert.match((await asha.cw('upload', 'edit', id, '4')).err, /Say either what a cell should read/)
    const mended = await asha.json<UploadAnswer>('upload', 'edit', id, '4', '--cell', 'antwort=८ मार्च')
    assert.equal(mended.counts.fails, 1)
    const undone = await asha.json<UploadAnswer>('upload', 'edit', id, '4', '--undo')
    assert.equal(undone.counts.fails, 2)
    assert.deepEqual((await asha.json<UploadAnswer>('upload', 'leave-out', id)).counts.leftOut, 2)
    assert.match((await asha.cw('upload', 'take-in', id)).err, /Name the rows to take in again/)
    assert.equal((await asha.json<UploadAnswer>('upload', 'take-in', id, '4')).counts.leftOut, 1)
    assert.equal((await asha.json<UploadAnswer>('upload', 'leave-out', id, '4')).counts.leftOut, 2)
    assert.match((await asha.cw('upload', 'show', id, '--all')).out, /5 rows: .*2 left out\n.*Ready: upload offer/s)

    assert.match((await cw('upload', 'show', id)).err, new RegExp(`upload ${id}`))
    assert.match((await asha.cw('upload', 'list')).out, /dates\.csv/)
    const { contribution } = await asha.json<{ contribution: { id: number; state: string } }>('upload', 'offer', id)
    assert.deepEqual(contribution.state, 'open')
    const another = await asha.json<UploadAnswer>('upload', 'add', model, join(home, 'dates.csv'))
    assert.match((await asha.cw('upload', 'discard', String(another.id))).out, new RegExp(`Upload ${another.id} is gone\\.`))
    assert.match((await asha.cw('upload', 'show', String(another.id))).err, /no upload/)
  })

  await t.test('a proposal is found by its state and author, and is decided', async () => {
    const [waiting] = (await json<ProposalPageAnswer>('proposals', model, '--state', 'open')).proposals
    assert.deepEqual([waiting?.author, waiting?.message], ['asha', 'Dates'])
    assert.match((await cw('proposals', '--author', 'asha')).out, /open.*asha.*Dates/)
    assert.match((await cw('proposals', model, '--kind', 'clause')).out, /None here\./)
    assert.match((await cw('proposals', model, '--conflicting')).out, /None here\./)
    assert.match((await cw('proposals', '--author', 'nobody')).err, /no person called "nobody"/)
    assert.match((await cw('health', model)).out, /open proposals +1\b.*no release yet/s)
    assert.equal((await cw('review', String(waiting?.id), '--accept', '--message', 'Read')).code, 0)
    const { openProposals, examples } = await json<HealthAnswer>('health', model)
    assert.deepEqual([openProposals, examples], [{ count: 0, more: false }, 3])
  })

  await t.test('an example is found by the beginning of a word, shown with who brought it, and taken back', async () => {
    const found = await json<FoundExamplesAnswer>('example', 'search', model, 'मार्च', 'सा')
    assert.deepEqual(
      found.examples.map(({ content, author }) => [content['completion'], author]),
      [['७ मार्च', 'asha']],
    )
    const first = await json<FoundExamplesAnswer>('example', 'search', model, '--language', 'mr', '--contributor', 'asha', '--limit', '2')
    assert.equal(first.examples.length, 2)
    assert.match((await cw('example', 'search', model, '--limit', '2')).out, new RegExp(`More: --after ${first.next}`))
    const rest = await json<FoundExamplesAnswer>('example', 'search', model, '--limit', '2', '--after', String(first.next))
    assert.equal(new Set([...first.examples, ...rest.examples].map(({ digest }) => digest)).size, 3)
    assert.match((await cw('example', 'search', model, 'नाही')).out, /Nothing found\./)

    const digest = found.examples[0]?.digest ?? ''
    const page = await json<ExamplePageAnswer>('example', 'show', model, digest)
    assert.deepEqual([page.standing, page.blame?.author, page.provenance.source], [true, 'asha', 'written'])
    assert.match(
      (await cw('example', 'show', model, digest)).out,
      /Brought by asha in contribution 1 .*\n {2}accept by operator: Read\nReleases: none has it/s,
    )
    const { contribution } = await asha.json<{ contribution: { id: number } }>('example', 'revert', model, digest, '--message', 'Doubtful')
    assert.match((await cw('proposals', model, '--kind', 'remove')).out, /Doubtful/)
    assert.equal((await cw('review', String(contribution.id), '--accept', '--message', 'So it is')).code, 0)
    assert.equal((await json<ExamplePageAnswer>('example', 'show', model, digest)).standing, false)
    assert.match((await cw('example', 'show', model, `sha256:${'0'.repeat(64)}`)).err, /has an example sha256:0+;/)
  })

  await t.test('changes are told everywhere, in one community, by person and by kind, page by page', async () => {
    const all = await json<RecentChangesAnswer>('changes')
    const here = await json<RecentChangesAnswer>('changes', model)
    assert.deepEqual(here, all)
    assert.deepEqual(
      all.changes.filter(({ person }) => person === 'asha').map(({ kind }) => kind),
      ['proposal', 'proposal'],
    )
    const one = await json<RecentChangesAnswer>('changes', model, '--kinds', 'decision', '--limit', '1')
    assert.deepEqual([one.changes[0]?.outcome, one.changes.length], ['accepted', 1])
    assert.ok(one.next)
    const two = await json<RecentChangesAnswer>('changes', model, '--kinds', 'decision', '--limit', '1', '--after', one.next)
    assert.notEqual(two.changes[0]?.contribution, one.changes[0]?.contribution)
    assert.match((await cw('changes', '--person', 'asha')).out, /proposal 1 +asha +Dates/)
    assert.match((await cw('changes', '--kinds', 'gossip')).err, /"gossip" is no kind of change; there are proposal/)
  })
})
