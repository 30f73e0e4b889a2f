import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { writeParquet } from '../../formats/parquet.ts'
import { decideContribution } from '../datasets/decide-contribution.ts'
import { addSuite } from '../models/add-suite.ts'
import { operator } from '../people/actor.ts'
import { adding, offerOf, openCommunity, personNamed, type Community } from '../testing.ts'
import { changesOf } from './contribution-queries.ts'
import { contribute } from './contribute.ts'
import { examineUpload, offerUpload } from './examine-upload.ts'
import { changeUpload, createUpload, discardUpload, editUploadRow, expireUploads, leaveOutRows } from './prepare-upload.ts'
import type { FileFormat } from './read-changes.ts'
import { formatOfText } from './read-upload.ts'
import { suggestMapping, uploadLimits, type Declared, type Upload } from './upload.ts'
import { findUpload, listUploads, uploadRows } from './upload-queries.ts'

const declared: Partial<Declared> = {
  message: 'Dates',
  licence: 'CC-BY-4.0',
  language: 'mr',
  origin: 'human',
  source: 'by hand',
  signOff: 'Asha K',
}
const bytesOf = (text: string) => new TextEncoder().encode(text)

async function uploaded(app: Community, text: string | Uint8Array, other: { format?: FileFormat; declared?: Partial<Declared> } = {}) {
  const bytes = typeof text === 'string' ? bytesOf(text) : text
  const format = other.format ?? (typeof text === 'string' ? formatOfText(text) : 'parquet')
  const upload = await createUpload(app, app.asha, app.name, { name: 'dates', format, bytes, declared: other.declared ?? declared })
  return examined(app, upload)
}

async function examined(app: Community, { id }: Upload): Promise<Upload> {
  await examineUpload(app, id)
  return findUpload(app.db, app.asha, id)
}

const verdicts = async (app: Community, upload: Upload) => (await uploadRows(app.db, upload)).map(({ row, verdict }) => [row, verdict])
const sentences = async (app: Community, upload: Upload, row: number) =>
  (await uploadRows(app.db, upload, {}, { after: row - 1, limit: 1 }))[0]!.findings.map(({ sentence }) => sentence).join('\n')

describe('uploads', () => {
  test('a pasted table is examined row by row without being offered: what fails, what is there already, what a suite asks', async (t) => {
    const app = await openCommunity(t)
    const { contribution } = await contribute(app, app.asha, app.name, offerOf(adding({ prompt: 'एक?', completion: 'one' })))
    await decideContribution(app, app.bilal, contribution.id, { decision: 'accept' })
    const asked = JSON.stringify({ prompt: 'दिनांक कोणता आहे?', expected: 'पाच मार्च' })
    await addSuite(app, operator, app.name, { name: 'everyday', kind: 'exact', samples: bytesOf(asked) })
    const upload = await uploaded(app, 'Frage\tAntwort\nदोन?\ttwo\nएक?\tone\nतीन?\t\nदोन?\ttwo\nदिनांक कोणता आहे?\tपाच मार्च\n')
    assert.deepEqual(upload.mapping, { Frage: 'prompt', Antwort: 'completion' })
    assert.deepEqual(await verdicts(app, upload), [
      [1, 'passes'],
      [2, 'fails'],
      [3, 'fails'],
      [4, 'fails'],
      [5, 'fails'],
    ])
    assert.match(await sentences(app, upload, 5), /question of the eval suite everyday/)
    assert.match(await sentences(app, upload, 2), /already teaches exactly this/)
    assert.match(await sentences(app, upload, 3), /completion must be a text|completion is empty/)
    assert.match(await sentences(app, upload, 4), /exactly what row 1 does/)
    assert.deepEqual(upload.counts, { passes: 1, remarks: 0, fails: 4, leftOut: 0, rows: 5 })
    assert.equal((await app.db.selectFrom('contributions').select('id').execute()).length, 1)
  })

  test('rows are mended or left out, the rest is offered in one step, and what was left out stays', async (t) => {
    const app = await openCommunity(t)
    let upload = await uploaded(app, 'prompt,completion\nएक?,one\nदोन?,\nतीन?,three\nएक?,one\n')
    await assert.rejects(offerUpload(app, app.asha, upload.id, upload.version), /turned away and nothing of it is stored/)
    upload = await examined(app, await editUploadRow(app, app.asha, upload.id, 2, { completion: 'two' }))
    assert.deepEqual((await verdicts(app, upload))[1], [2, 'passes'])
    upload = await examined(app, await leaveOutRows(app, app.asha, upload.id, 'failing', true))
    assert.deepEqual(upload.counts, { passes: 3, remarks: 0, fails: 0, leftOut: 1, rows: 4 })
    await assert.rejects(offerUpload(app, app.asha, upload.id, upload.version - 1), /changed meanwhile/)
    const [first, second] = await Promise.allSettled([
      offerUpload(app, app.asha, upload.id, upload.version),
      offerUpload(app, app.asha, upload.id, upload.version),
    ])
    assert.deepEqual([first, second].map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const contributions = await app.db.selectFrom('contributions').select('id').execute()
    assert.equal(contributions.length, 1, 'a second press offers nothing twice')
    const changes = await changesOf(app.db, contributions[0]!.id)
    assert.deepEqual(
      changes.map((change) => (change.kind === 'add' && 'completion' in change.example.content ? change.example.content.completion : null)),
      ['one', 'two', 'three'],
    )
    const rest = await findUpload(app.db, app.asha, upload.id)
    assert.deepEqual([rest.counts.rows, rest.counts.leftOut, rest.contributionId], [1, 1, contributions[0]!.id])
  })

  test('what every row lacks is said once, and what the columns mean can be changed', async (t) => {
    const app = await openCommunity(t)
    let upload = await uploaded(app, 'a,b,c\none,एक,x\ntwo,दोन,y\n', { declared: {} })
    assert.deepEqual(
      upload.findings.map(({ check, row }) => [check, row]),
      [
        ['provenance', null],
        ['provenance', null],
        ['language', null],
        ['licence', null],
      ],
    )
    upload = await examined(
      app,
      await changeUpload(app, app.asha, upload.id, { declared, mapping: { a: 'completion', b: 'prompt', c: 'source' } }),
    )
    assert.deepEqual([upload.findings, upload.counts.passes], [[], 2])
    await assert.rejects(changeUpload(app, app.asha, upload.id, { mapping: { a: 'prompt', b: 'prompt' } }), /both mean prompt/)
    await assert.rejects(changeUpload(app, app.asha, upload.id, { mapping: { d: 'prompt' } }), /no column "d"/)
    const { contribution } = await offerUpload(app, app.asha, upload.id, upload.version)
    const [change] = await changesOf(app.db, contribution.id)
    assert.deepEqual(change?.kind === 'add' && [change.example.content, change.example.provenance.source], [
      { prompt: 'एक', completion: 'one' },
      'x',
    ])
  })

  test('lines that cannot be read are kept as they were, and can be written anew', async (t) => {
    const app = await openCommunity(t)
    let upload = await uploaded(app, '{"text":"एक दोन तीन"}\n{"text": broken\n[1]\n{"text":"\\u0000\\ud800"}\n')
    const rows = await uploadRows(app.db, upload)
    assert.deepEqual(
      rows.map(({ cells, verdict }) => [cells, verdict]),
      [
        [{ text: 'एक दोन तीन' }, 'passes'],
        ['{"text": broken', 'fails'],
        [[1], 'fails'],
        [{ text: '\u0000\ud800' }, 'fails'],
      ],
    )
    upload = await examined(app, await editUploadRow(app, app.asha, upload.id, 2, { text: 'चार पाच सहा' }))
    assert.deepEqual((await verdicts(app, upload))[1], [2, 'passes'])
    upload = await examined(app, await editUploadRow(app, app.asha, upload.id, 2, null))
    assert.deepEqual((await verdicts(app, upload))[1], [2, 'fails'])
  })

  test('Parquet is read as the ecosystem writes it; a damaged file is refused in words', async (t) => {
    const app = await openCommunity(t)
    const turns = [
      { role: 'user', content: 'एक?' },
      { role: 'assistant', content: 'one' },
    ]
    const file = writeParquet([
      { name: 'conversations', kind: 'messages', values: [turns, null] },
      { name: 'score', kind: 'number', values: [1, 2] },
    ])
    const upload = await uploaded(app, file)
    assert.deepEqual(upload.mapping, { conversations: 'messages', score: null })
    assert.deepEqual(await verdicts(app, upload), [
      [1, 'passes'],
      [2, 'fails'],
    ])
    await assert.rejects(uploaded(app, file.slice(0, file.length - 20)), { code: 'invalid' })
    await assert.rejects(uploaded(app, '', { format: 'csv' }), /There is no row in it/)
    await assert.rejects(
      uploaded(app, Array.from({ length: 101 }, (_, i) => `c${i}`).join(',') + '\n' + '1,'.repeat(100) + '1\n'),
      /more than 100 columns/,
    )
    assert.equal((await listUploads(app.db, app.asha)).length, 1, 'a refused file leaves nothing')
  })

  test('an upload is its owner’s alone, there are only so many, and old ones are deleted', async (t) => {
    const app = await openCommunity(t)
    const upload = await uploaded(app, 'text\nएक\n')
    await assert.rejects(findUpload(app.db, app.bilal, upload.id), { code: 'not-found' })
    await assert.rejects(editUploadRow(app, app.bilal, upload.id, 1, { text: 'x' }), { code: 'not-found' })
    const stranger = await personNamed(app, 'dev', 'contributor')
    assert.deepEqual(await listUploads(app.db, stranger), [])
    for (let i = 1; i < uploadLimits.each; i++)
      await createUpload(app, app.asha, app.name, { name: `n${i}`, format: 'csv', bytes: bytesOf('text\nएक\n') })
    await assert.rejects(uploaded(app, 'text\nएक\n'), /offer or discard one/)
    await discardUpload(app, app.asha, upload.id)
    await assert.rejects(findUpload(app.db, app.asha, upload.id), { code: 'not-found' })
    assert.equal(await expireUploads(app), 0)
    assert.equal(await expireUploads(app, new Date(Date.now() + (uploadLimits.days + 1) * 86_400_000)), uploadLimits.each - 1)
    assert.deepEqual(await app.db.selectFrom('uploadRows').selectAll().execute(), [])
  })

  test('columns are understood by the names that people give them', () => {
    assert.deepEqual(suggestMapping(['Question', 'Answer', 'id']), { Question: 'prompt', Answer: 'completion', id: null })
    assert.deepEqual(suggestMapping(['instruction', 'input', 'output']), { instruction: 'prompt', input: 'input', output: 'completion' })
    assert.deepEqual(suggestMapping(['input', 'output']), { input: 'prompt', output: 'completion' })
    assert.deepEqual(suggestMapping(['वाक्य']), { वाक्य: 'text' })
    assert.deepEqual(suggestMapping(['मराठी', 'हिन्दी', 'license']), { मराठी: 'prompt', हिन्दी: 'completion', license: 'licence' })
  })
})
