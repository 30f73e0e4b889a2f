/**
 * One small community in which everything happened for real: releases, a preview, a train, a forecast, answers, an upload. What pages show of the large community
 * is copied from its records (multiply.ts), so that the copies have the shape that the program gives them.
 */

import type { App } from '../../src/app.ts'
import { contribute } from '../../src/domain/contributions/contribute.ts'
import { examineSoon } from '../../src/domain/contributions/examine-upload.ts'
import { createUpload } from '../../src/domain/contributions/prepare-upload.ts'
import { findUpload } from '../../src/domain/contributions/upload-queries.ts'
import { startThread } from '../../src/domain/conversation/write-comment.ts'
import { decideContribution } from '../../src/domain/datasets/decide-contribution.ts'
import { watchEvaluations } from '../../src/domain/evaluation/watch-evaluations.ts'
import { askModel } from '../../src/domain/feedback/ask-model.ts'
import { rateAnswer } from '../../src/domain/feedback/rate-answer.ts'
import { watchForecast } from '../../src/domain/forecasts/forecast-queries.ts'
import { requestForecast } from '../../src/domain/forecasts/request-forecast.ts'
import { changeSuiteGate } from '../../src/domain/models/change-suite.ts'
import { addBase } from '../../src/domain/models/add-base.ts'
import { addSuite } from '../../src/domain/models/add-suite.ts'
import { createModel } from '../../src/domain/models/create-model.ts'
import { operator } from '../../src/domain/people/actor.ts'
import { requestPreview } from '../../src/domain/previews/request-preview.ts'
import { watchPreview } from '../../src/domain/previews/watch-preview.ts'
import { startTrain } from '../../src/domain/release-train/depart.ts'
import { publishTrain } from '../../src/domain/release-train/publish-train.ts'
import { watchTrain } from '../../src/domain/release-train/train-queries.ts'
import { evaluateSubject } from '../../src/domain/releases/evaluate-subject.ts'
import { publishRelease } from '../../src/domain/releases/publish-release.ts'
import { startRun } from '../../src/domain/training/start-run.ts'
import { watchRun } from '../../src/domain/training/watch-run.ts'
import { goldenFolder } from '../../src/formats/testing/model-files.ts'
import { answers, guard, hours, jsonl } from '../../src/web/releases/testing.ts'
import { actorNamed, living, visitors } from './visitors.ts'

const recipe = 'rank: 4\nbatchSize: 8\nmaxLength: 64\nepochs: 12\nlearningRate: 0.01'
/** What somebody pastes from a spreadsheet on a long evening. */
const uploadedRows = 2_000

/** The app must work on its queue. */
export async function seedLiving(app: App, say: (text: string) => void): Promise<void> {
  const [author, reviewer, maintainer] = await Promise.all(Object.values(visitors).map((name) => actorNamed(app, name)))
  if (!author || !reviewer || !maintainer) throw new Error('people are missing')
  await addBase(app, operator, { from: { folder: goldenFolder }, name: 'tiny', licence: 'Apache-2.0' })
  await createModel(app, maintainer, living, { base: 'tiny', recipe, charter: ['Answers are short.', 'It says where it is unsure.'] })
  await addSuite(app, maintainer, living, { name: 'answers', kind: 'choice', samples: guard })

  const offer = async (contents: ReturnType<typeof answers> | ReturnType<typeof hours>, message: string) => {
    const { contribution } = await contribute(app, author, living, {
      message,
      licence: 'CC-BY-4.0',
      language: 'mr',
      source: 'written for measuring',
      origin: 'human',
      signOff: 'the author',
      changes: contents.map((content) => ({ kind: 'add' as const, content })),
    })
    return contribution.id
  }
  const accept = (id: number) => decideContribution(app, reviewer, id, { decision: 'accept', message: 'Read and found good.' })
  const release = async (version: string) => {
    const run = await startRun(app, maintainer, living)
    await lastOf(watchRun(app, run.id))
    const { subject, base, previous } = await evaluateSubject(app, maintainer, living, { run: run.id })
    const asked = [...subject, ...base, ...previous].map(({ id }) => id)
    await lastOf(watchEvaluations(app, asked))
    await publishRelease(app, maintainer, living, version)
  }

  say('a living community: releases')
  await accept(await offer(answers(24, 104, 'ok'), 'Answers'))
  await release('0.1.0')
  await addSuite(app, maintainer, living, { name: 'answers', kind: 'choice', samples: guard, target: false, tolerance: 0.9 })
  await addSuite(app, maintainer, living, { name: 'hours', kind: 'text', samples: jsonl(hours(12, 20)) })
  await accept(await offer(hours(0, 12), 'Hours'))
  await release('0.2.0')

  say('a preview, a train, a forecast')
  const open = await offer(answers(104, 124, 'ok'), 'More answers')
  await requestPreview(app, reviewer, open)
  await lastOf(watchPreview(app, open))
  await accept(open)
  await changeSuiteGate(app, maintainer, living, 'hours', { target: false, tolerance: 0.9 })
  const train = await startTrain(app, maintainer, living)
  // Whether it passes its gate is not the point here: a train that stopped has a page too.
  if ((await lastOf(watchTrain(app, train.id))).state === 'proposed') await publishTrain(app, maintainer, train.id)
  const { id: forecast } = await requestForecast(app, maintainer, living, { budgetSeconds: 300 })
  await lastOf(watchForecast(app, forecast))

  say('answers, talk, an upload')
  const turns = [{ role: 'user' as const, content: 'एक दोन?' }]
  const { id: answer } = await askModel(app, author, { model: living, turns, temperature: 0, maxTokens: 16 })
  if (answer !== null) await rateAnswer(app, author, answer, { rating: 'down' })
  await startThread(app, author, { subject: { kind: 'release', id: `${living}@0.1.0` }, text: 'What of **numbers**, @person10?' })
  const rows = Array.from({ length: uploadedRows }, (_, i) => ({ prompt: `Question ${i}, नंबर ${i}?`, completion: `Answer ${i}` }))
  const declared = { licence: 'CC-BY-4.0', language: 'mr', origin: 'human', source: 'written for measuring' }
  const upload = await createUpload(app, author, living, { name: 'evening.jsonl', format: 'jsonl', bytes: jsonl(rows), declared })
  await examineSoon(app, author, upload)
  while (!(await findUpload(app.db, author, upload.id)).examined) await new Promise((done) => setTimeout(done, 200))
}

async function lastOf<T>(updates: AsyncIterable<T>): Promise<T> {
  let last: T | undefined
  for await (const update of updates) last = update
  if (last === undefined) throw new Error('nothing was said')
  return last
}
