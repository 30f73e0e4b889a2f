import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { AppError } from '../../errors.ts'
import { goldenFolder } from '../../formats/testing/model-files.ts'
import { openFiles } from '../../storage/files.ts'
import { temporaryDatabase, temporaryFolder, type Lifetime } from '../../storage/testing.ts'
import { listContributions } from '../contributions/contribution-queries.ts'
import { addBase } from '../models/add-base.ts'
import { createModel } from '../models/create-model.ts'
import { addPerson } from '../people/add-person.ts'
import { operator, type Actor, type RoleName } from '../people/actor.ts'
import { contributeCorrection } from './contribute-correction.ts'
import { findFeedback, listFeedback } from './feedback-queries.ts'
import { giveFeedback } from './give-feedback.ts'

const model = 'marathi/saathi'
const turns = [
  { role: 'user', content: 'सात कसे लिहितात?' },
  { role: 'assistant', content: 'seven' },
] as const
const terms = { licence: 'CC0-1.0', language: 'mr', signOff: 'Asha' }

async function community(t: Lifetime) {
  const app = { db: await temporaryDatabase(t), blobs: await openFiles(join(temporaryFolder(t), 'blobs')) }
  await addBase(app, operator, { from: { folder: goldenFolder }, name: 'tiny', licence: 'MIT' })
  await createModel(app, operator, model, { base: 'tiny' })
  const person = async (name: string, role: RoleName): Promise<Actor> => ({
    kind: 'person',
    ...(await addPerson(app, operator, { name, role })).person,
  })
  return {
    app,
    asha: await person('asha', 'contributor'),
    imran: await person('imran', 'contributor'),
    ravi: await person('ravi', 'reviewer'),
  }
}

const refusal = (code: string, sentence: RegExp) => (error: unknown) =>
  error instanceof AppError && error.code === code && sentence.test(error.message)

test('a correction of an answer becomes a contribution that names the feedback it came from', async (t) => {
  const { app, asha } = await community(t)
  const given = await giveFeedback(app, asha, model, { turns, rating: 'down', correction: ' सात ' })
  assert.deepEqual([given.rating, given.correction, given.releaseId, given.contributions], ['down', 'सात', null, []])
  const { contribution } = await contributeCorrection(app, asha, given.id, terms)
  assert.equal(contribution.feedbackId, given.id)
  assert.equal(contribution.author, 'asha')
  assert.deepEqual((await findFeedback(app.db, given.id)).contributions, [contribution.id])
  await assert.rejects(
    contributeCorrection(app, asha, given.id, terms),
    refusal('conflict', new RegExp(`Feedback ${given.id} became contribution ${contribution.id} already`)),
  )
  const [listed] = await listContributions(app.db)
  assert.equal(listed?.counts.add, 1)
})

test('somebody else’s correction may be offered by a reviewer, not by any contributor', async (t) => {
  const { app, asha, imran, ravi } = await community(t)
  const given = await giveFeedback(app, asha, model, { turns, rating: 'down', correction: 'सात' })
  await assert.rejects(
    contributeCorrection(app, imran, given.id, terms),
    refusal('forbidden', /imran is a contributor here; this takes a reviewer/),
  )
  assert.equal((await contributeCorrection(app, ravi, given.id, terms)).contribution.author, 'ravi')
})

test('feedback that says nothing usable is refused in words', async (t) => {
  const { app, asha } = await community(t)
  const give = (given: Partial<Parameters<typeof giveFeedback>[3]>) => giveFeedback(app, asha, model, { turns, rating: 'up', ...given })
  await assert.rejects(give({ turns: turns.slice(0, 1) }), refusal('invalid', /must end with the user asking and the assistant answering/))
  await assert.rejects(give({ correction: 'seven' }), refusal('invalid', /The correction is the answer itself/))
  await assert.rejects(give({ correction: 'x'.repeat(200_001) }), refusal('invalid', /longer than 200000 characters/))
  await assert.rejects(give({ release: '0.1.0' }), refusal('not-found', /has no release "0\.1\.0"/))
  const thumb = await give({})
  await assert.rejects(contributeCorrection(app, asha, thumb.id, terms), refusal('conflict', /says no better answer/))
  const second = await give({ rating: 'down' })
  assert.deepEqual(
    (await listFeedback(app.db, model)).map(({ id }) => id),
    [second.id, thumb.id],
  )
  assert.deepEqual(
    (await listFeedback(app.db, model, { after: second.id })).map(({ id }) => id),
    [thumb.id],
  )
})
