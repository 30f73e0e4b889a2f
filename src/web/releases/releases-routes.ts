/** Releases: read, compared, measured, published, taken back. */

import { Hono, type Context } from 'hono'
import { findEvaluation } from '../../domain/evaluation/evaluation-queries.ts'
import { casesOf } from '../../domain/evaluation/suite-cases.ts'
import { findBase, findModel } from '../../domain/models/model-queries.ts'
import { questionOf } from '../../domain/models/suite-samples.ts'
import { namesOf } from '../../domain/people/people-names.ts'
import { leftOutOf } from '../../domain/release-train/left-out.ts'
import { suggestVersion } from '../../domain/release-train/suggest-version.ts'
import { trainSummaries } from '../../domain/release-train/train-summaries.ts'
import { findCandidate } from '../../domain/releases/candidate.ts'
import { changedAnswers, compareReleases, compareTraining, type ChangeKind } from '../../domain/releases/compare-releases.ts'
import { evaluateSubject } from '../../domain/releases/evaluate-subject.ts'
import { measuredOf } from '../../domain/releases/measured.ts'
import { previewRelease, publishRelease } from '../../domain/releases/publish-release.ts'
import { findBriefRelease, findRelease, releaseHead, releaseLines, releaseVersions } from '../../domain/releases/release-queries.ts'
import type { Release } from '../../domain/releases/release.ts'
import { releasesOfCheckpoints } from '../../domain/releases/releases-of-checkpoint.ts'
import { retractRelease } from '../../domain/releases/retract-release.ts'
import { scoresOverReleases } from '../../domain/releases/suite-scores.ts'
import { findCheckpoint, newestFinishedRun } from '../../domain/training/run-queries.ts'
import type { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import { discussion } from '../discussion/discussion-part.ts'
import { readDiscussion } from '../discussion/read-discussion.ts'
import { attempt, typedIn, type Typed } from '../form.ts'
import { address, modelPath } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { idIn, keyIn } from '../parts/numbers-in-paths.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { comparePage, nothingToCompare } from './compare-page.ts'
import { nothingToPropose, proposePage } from './propose-page.ts'
import { releasePage } from './release-page.ts'
import { releasesPage } from './releases-page.ts'

interface ReleasesApp {
  readonly db: Database
  readonly blobs: Blobs
  readonly jobs: Pick<Jobs, 'enqueue'>
}

const perPage = 10
/** Releases that the form of a comparison offers; any other can be named in the address. */
const offered = 50

export function releasesRoutes(app: ReleasesApp): Hono {
  return new Hono()
    .get('/models/:owner/:name/releases', async (c) => showReleases(app, c))
    .get('/models/:owner/:name/releases/new', async (c) => showProposal(app, c))
    .post('/models/:owner/:name/releases/new/measure', async (c) => {
      const actor = requireVisitor(c)
      const run = idIn(c.req.query('run'))
      const { refused } = await attempt(() => evaluateSubject(app, actor, nameOf(c), { run }))
      if (refused) return showProposal(app, c, {}, refused)
      return goOn(c, address(modelPath(nameOf(c), '/releases/new'), { run }))
    })
    .post('/models/:owner/:name/releases/new', async (c) => {
      const actor = requireVisitor(c)
      const run = idIn(c.req.query('run'))
      const typed = await typedIn(c)
      const { done, refused } = await attempt(() => publishRelease(app, actor, nameOf(c), (typed['version'] ?? '').trim(), { run }))
      if (refused) return showProposal(app, c, typed, refused)
      sayNext(c, 'releases.saidPublished', { version: done.version })
      return goOn(c, modelPath(nameOf(c), `/releases/${done.version}`))
    })
    .get('/models/:owner/:name/releases/:version', async (c) => showRelease(app, c))
    .post('/models/:owner/:name/releases/:version/retract', async (c) => {
      const actor = requireVisitor(c)
      const typed = await typedIn(c)
      const { refused } = await attempt(() => retractRelease(app, actor, nameOf(c), c.req.param('version'), typed['reason'] ?? ''))
      if (refused) return showRelease(app, c, typed, refused)
      sayNext(c, 'releases.saidRetracted')
      return goOn(c, modelPath(nameOf(c), `/releases/${c.req.param('version')}`))
    })
    .get('/models/:owner/:name/compare', async (c) => showComparison(app, c))
}

const nameOf = (c: Context) => `${c.req.param('owner')}/${c.req.param('name')}`

async function showReleases(app: ReleasesApp, c: Context) {
  const model = await findModel(app.db, nameOf(c))
  const after = keyIn(c.req.query('after'))
  const found = await releaseLines(app.db, model.id, { limit: perPage + 1, ...(after !== undefined && { after }) })
  const releases = found.slice(0, perPage)
  const newest = await newestFinishedRun(app.db, model.id)
  const taken = newest?.checkpoint ? await releasesOfCheckpoints(app.db, [newest.checkpoint.id]) : []
  const data = {
    model,
    releases,
    scores: await scoresOverReleases(app.db, model.id, { releases: perPage }),
    train: (await trainSummaries(app.db, model.id, { limit: 1, underWay: true }))[0] ?? null,
    older: found.length > perPage ? (releases.at(-1)?.id ?? null) : null,
    candidate: newest && taken.length === 0 ? newest.id : null,
  }
  return show(c, releasesPage(c.get('visit'), data))
}

async function showRelease(app: ReleasesApp, c: Context, typed: Typed = {}, refused: AppError | null = null) {
  const visit = c.get('visit')
  const release = await findRelease(app.db, nameOf(c), c.req.param('version') ?? '')
  if (c.req.param('version') === 'latest') return goOn(c, modelPath(nameOf(c), `/releases/${release.version}`))
  const data = {
    model: await findModel(app.db, nameOf(c)),
    release,
    base: await findBase(app.db, release.changelog.base),
    question: await questionFor(app, release),
    origin: visit.url.origin,
    previous: release.previousId === null ? null : (await releaseHead(app.db, release.previousId)).version,
    publishedBy: (await namesOf(app.db, [release.publishedBy]))(release.publishedBy),
    runId: (await findCheckpoint(app.db, release.checkpointId)).runId,
    leftOut: await leftOutOf(app.db, release),
    discussion: discussion(visit, await readDiscussion(app.db, visit, { kind: 'release', id: `${release.model}@${release.version}` })),
    typed,
    refused,
  }
  return show(c, releasePage(visit, data))
}

/** The first question of a suite it was measured by: a command to copy should ask what the model is for. */
async function questionFor(app: ReleasesApp, { gate }: Release): Promise<string> {
  const gated =
    gate.suites.find(({ target, comparison }) => target && comparison.suite.kind !== 'text') ??
    gate.suites.find(({ comparison }) => comparison.suite.kind !== 'text')
  if (!gated) return 'Hello!'
  const { suite } = await findEvaluation(app.db, gated.comparison.subject.evaluationId)
  const [first] = (await casesOf(app, suite, { limit: 1 })).cases
  return first ? questionOf(first.sample).slice(0, 200) : 'Hello!'
}

async function showProposal(app: ReleasesApp, c: Context, typed: Typed = {}, refused: AppError | null = null) {
  const visit = c.get('visit')
  const model = await findModel(app.db, nameOf(c))
  const asked = c.req.query('run')
  const { done: candidate, refused: none } = await attempt(() =>
    findCandidate(app.db, nameOf(c), asked === undefined ? {} : { run: idIn(asked) }),
  )
  if (none) return show(c, nothingToPropose(visit, model, none))
  const measured = await measuredOf(app.db, candidate)
  const complete = measured.every(({ evaluation }) => evaluation?.state === 'finished')
  const gate = complete ? await attempt(() => previewRelease(app, nameOf(c), { run: candidate.run.id })) : null
  const [released] = await releasesOfCheckpoints(app.db, [candidate.checkpoint.id])
  const data = {
    model,
    candidate,
    measured,
    gate: gate?.done ?? null,
    noGate: gate?.refused ?? null,
    released: released?.state === 'published' ? released.version : null,
    version: await suggestVersion(app.db, model.id),
    typed,
    refused,
  }
  return show(c, proposePage(visit, data))
}

async function showComparison(app: ReleasesApp, c: Context) {
  const visit = c.get('visit')
  const model = await findModel(app.db, nameOf(c))
  const versions = await releaseVersions(app.db, model.id, { limit: offered })
  const [newest, before] = versions
  const [from, to] = [c.req.query('from') ?? before, c.req.query('to') ?? newest]
  if (from === undefined || to === undefined) return show(c, nothingToCompare(visit, model))
  const [older, newer] = [await findBriefRelease(app.db, nameOf(c), from), await findBriefRelease(app.db, nameOf(c), to)]
  const compared = await compareReleases(app, older, newer)
  const wanted = c.req.query('suite')
  const chosen = compared.suites.find(({ name }) => name === wanted) ?? compared.suites[0] ?? null
  const only = kindOf(c.req.query('only'))
  const data = {
    model,
    versions,
    from: older,
    to: newer,
    compared,
    chosen,
    changed: chosen && (await changedAnswers(app, chosen, { after: keyIn(c.req.query('after')) ?? 0, ...(only && { only }) })),
    only,
    training: await compareTraining(app.db, older, newer),
  }
  return show(c, comparePage(visit, data))
}

const kindOf = (text: string | undefined): ChangeKind | null => (text === 'better' || text === 'worse' || text === 'other' ? text : null)
