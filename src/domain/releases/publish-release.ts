/** Publishes a checkpoint once its gate holds: the first thing that makes weights public. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import { findModel, lockModel } from '../models/model-queries.ts'
import { splitOtherwise } from '../models/read-base.ts'
import { actorId, requireRole, type Actor } from '../people/actor.ts'
import { patrolHold } from '../reviews/patrol-queries.ts'
import { findCandidate, type Candidate } from './candidate.ts'
import { changelogOf } from './changelog.ts'
import { blockedSentence, GateError } from './gate.ts'
import { writeModelCard } from './model-card.ts'
import { dataCardPath, writeDataCard } from './data-card.ts'
import { gateCandidate } from './release-gate.ts'
import { factsOfExamples } from './release-licence.ts'
import { gradeRelease } from './release-openness.ts'
import { findReleaseById, servedPaths } from './release-queries.ts'
import type { Artefact, GateReport, Release } from './release.ts'
import { compareVersions, parseVersion } from './version.ts'

interface ReleaseApp {
  readonly db: Database
  readonly blobs: Blobs
}

/** What the gate would say of a run (the newest finished one where none is named), without publishing anything. */
export async function previewRelease(app: ReleaseApp, model: string, options: { readonly run?: number } = {}): Promise<GateReport> {
  return (await gateCandidate(app, await findCandidate(app.db, model, options))).report
}

/**
 * Maintainers. Releases the run named, or the newest finished one. `conflict` where evaluations as served are missing, where the version is not
 * above all before it, where the checkpoint is released already, where the community waits for a patrol, and as a GateError, with its report, where the gate does not hold. Receipts for those
 * whose work is in it are left to the queue.
 */
export async function publishRelease(
  app: ReleaseApp & { readonly jobs: Pick<Jobs, 'enqueue'> },
  actor: Actor,
  model: string,
  version: string,
  options: { readonly run?: number } = {},
): Promise<Release> {
  requireRole(actor, 'maintainer', (await findModel(app.db, model)).id)
  parseVersion(version)
  const candidate = await findCandidate(app.db, model, options)
  await refuseTaken(app.db, candidate, version)
  const hold = await patrolHold(app.db, candidate.model.id, candidate.run.revision.number ?? undefined)
  if (hold !== null) throw new AppError('conflict', hold)
  const { report, evaluations } = await gateCandidate(app, candidate)
  if (!report.passed) throw new GateError(blockedSentence(model, version, report), report)

  const changelog = await changelogOf(app.db, candidate, report.charter)
  const facts = await factsOfExamples(app.db, candidate.run, candidate.base)
  const openness = await gradeRelease(app.db, candidate, { version, facts, gate: report })
  const splits = await splitOtherwise(app.blobs, candidate.base.files)
  const card = writeModelCard({ candidate, version, gate: report, changelog, facts, openness, splits })
  const dataCard = writeDataCard({ candidate, version, changelog, facts })
  const artefacts = await artefactsOf(app.blobs, candidate, { 'README.md': card, [dataCardPath]: dataCard })

  return app.db.transaction().execute(async (db) => {
    await lockModel(db, candidate.model.id)
    const now = await findCandidate(db, model, { run: candidate.run.id })
    await refuseTaken(db, now, version)
    if (now.previous?.id !== candidate.previous?.id)
      throw new AppError(
        'conflict',
        `Another release of ${model} was published or retracted in the meantime; try again, so that the gate compares with it.`,
      )
    const { id } = await db
      .insertInto('releases')
      .values({
        modelId: candidate.model.id,
        version,
        previousId: candidate.previous?.id ?? null,
        checkpointId: candidate.checkpoint.id,
        state: 'published',
        gate: JSON.stringify(report),
        changelog: JSON.stringify(changelog),
        licence: JSON.stringify(facts.verdict),
        openness: JSON.stringify(openness),
        card,
        artefacts: JSON.stringify(artefacts),
        retraction: null,
        publishedBy: actorId(actor),
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await db
      .insertInto('releaseEvaluations')
      .values(evaluations.map((evaluation) => ({ releaseId: id, evaluationId: evaluation.id })))
      .execute()
    await app.jobs.enqueue(db, 'receipts', { releaseId: id })
    return findReleaseById(db, id)
  })
}

async function refuseTaken(db: Db, { model, name, checkpoint, run }: Candidate, version: string): Promise<void> {
  const there = await db.selectFrom('releases').select(['version', 'checkpointId', 'state']).where('modelId', '=', model.id).execute()
  const wanted = parseVersion(version)
  const highest = there.map((row) => row.version).sort((a, b) => compareVersions(parseVersion(b), parseVersion(a)))[0]
  if (highest !== undefined && compareVersions(wanted, parseVersion(highest)) <= 0)
    throw new AppError('conflict', `${name} is at ${highest}; a new release needs a higher version than ${version}.`)
  const same = there.find((row) => row.checkpointId === checkpoint.id && row.state === 'published')
  if (same) throw new AppError('conflict', `Run ${run.id} is released already, as ${name} ${same.version}; train again before you release.`)
}

/** What the release consists of, by digest: the PEFT adapter, the two files an engine loads, and the cards. */
async function artefactsOf(
  blobs: Blobs,
  { base, checkpoint, served }: Candidate,
  cards: Readonly<Record<string, string>>,
): Promise<Artefact[]> {
  const form = base.served.find(({ digest }) => digest === served.base)
  if (!form) throw new AppError('conflict', `The base ${base.name} is served in another form than the one evaluated; evaluate again.`)
  const stored: Artefact[] = []
  for (const [path, text] of Object.entries(cards)) stored.push({ format: 'card', path, ...(await blobs.put(Buffer.from(text))) })
  return [
    ...checkpoint.files.map((file): Artefact => ({ format: 'peft', ...file })),
    { format: 'gguf', path: servedPaths.base, digest: form.digest, size: form.size },
    { format: 'gguf', path: servedPaths.adapter, digest: checkpoint.served, size: await blobs.size(checkpoint.served) },
    ...stored,
  ]
}
