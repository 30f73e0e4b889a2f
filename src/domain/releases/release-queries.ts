/** Reads of releases, and what serving one takes. */

import type { ServedModel } from '../../engines/engine.ts'
import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import type { LicenceVerdict } from '../lineage/licence-verdict.ts'
import { findBase, findModel } from '../models/model-queries.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import type { ReleaseOpenness } from './release-openness.ts'
import type { Changelog, GateReport, Release } from './release.ts'

/** @param version a semantic version, or 'latest' for the newest that is not retracted */
export async function findRelease(db: Db, model: string, version: string): Promise<Release> {
  const { id } = await findModel(db, model)
  if (version === 'latest') {
    const latest = await latestRelease(db, id)
    if (!latest)
      throw new AppError(
        'not-found',
        `${model} has no published release; "release ${model} --version 0.1.0" makes one from its newest run.`,
      )
    return latest
  }
  const row = await releases(db).where('releases.modelId', '=', id).where('releases.version', '=', version).executeTakeFirst()
  if (!row)
    throw new AppError(
      'not-found',
      `${model} has no release ${JSON.stringify(version.slice(0, 60))}; "model show ${model}" lists those it has.`,
    )
  return toRelease(row)
}

/** The newest that is not retracted; a candidate (0.2.0-rc.1) only where there is nothing else. */
export async function latestRelease(db: Db, modelId: number): Promise<Release | null> {
  const head = await latestReleaseHead(db, modelId)
  return head && findReleaseById(db, head.id)
}

/** Which that is, without its record. */
export async function latestReleaseHead(db: Db, modelId: number): Promise<Pick<Release, 'id' | 'version' | 'createdAt'> | null> {
  const row = await db
    .selectFrom('releases')
    .select(['id', 'version', 'createdAt'])
    .where('modelId', '=', modelId)
    .where('state', '=', 'published')
    .orderBy((order) => order('version', 'like', '%-%'))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

export async function findReleaseById(db: Db, id: number): Promise<Release> {
  const row = await releases(db).where('releases.id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no release with id ${id}.`)
  return toRelease(row)
}

/** A release without its changelog and card, which name everybody whose work is new in it: thousands in a large community. */
export type BriefRelease = Omit<Release, 'changelog' | 'card'>

/** As latestRelease. */
export async function latestBriefRelease(db: Db, modelId: number): Promise<BriefRelease | null> {
  const head = await latestReleaseHead(db, modelId)
  const row = head && (await briefReleases(db).where('releases.id', '=', head.id).executeTakeFirst())
  return row ? toBrief(row) : null
}

/** As findRelease. */
export async function findBriefRelease(db: Db, model: string, version: string): Promise<BriefRelease> {
  const { id } = await findModel(db, model)
  const row = await briefReleases(db).where('releases.modelId', '=', id).where('releases.version', '=', version).executeTakeFirst()
  return row ? toBrief(row) : findRelease(db, model, version)
}

/** Newest first, retracted ones included; `after` is the id to go on below. */
export async function listReleases(db: Db, model: string, page: Page = {}): Promise<Release[]> {
  const { id } = await findModel(db, model)
  let query = releases(db).where('releases.modelId', '=', id)
  if (page.after !== undefined) query = query.where('releases.id', '<', page.after)
  return (await query.orderBy('releases.id', 'desc').limit(pageLimit(page)).execute()).map(toRelease)
}

/** What a list says of a release, whose changelog may name thousands. */
export type ReleaseLine = Pick<Release, 'id' | 'version' | 'state' | 'retraction' | 'licence' | 'openness' | 'createdAt'> & {
  readonly dataset: Changelog['dataset']
  /** Everybody whose work is new in it, each once. */
  readonly authors: readonly string[]
}

/** Newest first, retracted ones included; `after` is the id to go on below. */
export async function releaseLines(db: Db, modelId: number, page: Page = {}): Promise<readonly ReleaseLine[]> {
  let query = db
    .selectFrom('releases')
    .select(['id', 'version', 'state', 'retraction', 'licence', 'openness', 'createdAt'])
    .select(sql<Changelog['dataset']>`changelog->'dataset'`.as('dataset'))
    .select(sql<string[]>`jsonb_path_query_array(changelog, '$.contributions[*].author')`.as('authors'))
    .where('modelId', '=', modelId)
  if (page.after !== undefined) query = query.where('id', '<', page.after)
  const rows = await query.orderBy('id', 'desc').limit(pageLimit(page)).execute()
  return rows.map(({ licence, openness, authors, ...row }) => ({
    ...row,
    authors: [...new Set(authors)],
    licence: licence as LicenceVerdict,
    openness: openness as ReleaseOpenness | null,
  }))
}

/** Which release an id is, without its record. */
export async function releaseHead(db: Db, id: number): Promise<Pick<Release, 'version' | 'createdAt'>> {
  const row = await db.selectFrom('releases').select(['version', 'createdAt']).where('id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no release with id ${id}.`)
  return row
}

/** What a list of served models says of a release: none of the records that name everybody in it. */
export type ServedRelease = Pick<Release, 'id' | 'model' | 'version' | 'createdAt' | 'licence' | 'artefacts'>

/** Every release that can be served, of every model, newest first: what an OpenAI-compatible list of models shows. At most 1,000. */
export async function publishedReleases(db: Db): Promise<readonly ServedRelease[]> {
  const rows = await db
    .selectFrom('releases')
    .innerJoin('communityModels', 'communityModels.id', 'releases.modelId')
    .select(['releases.id', 'version', 'releases.createdAt', 'licence', 'artefacts', 'owner', 'communityModels.name'])
    .where('releases.state', '=', 'published')
    .orderBy('releases.id', 'desc')
    .limit(1000)
    .execute()
  return rows.map(({ owner, name, licence, ...row }) => ({ ...row, model: `${owner}/${name}`, licence: licence as LicenceVerdict }))
}

/** Newest first, retracted ones included. */
export async function releaseVersions(db: Db, modelId: number, page: Page = {}): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('releases')
    .select('version')
    .where('modelId', '=', modelId)
    .orderBy('id', 'desc')
    .limit(pageLimit(page))
    .execute()
  return rows.map(({ version }) => version)
}

/** What an engine serves for a release, or for a base model by its name. A retracted release is refused with its reason. */
export async function servedModelOf(db: Db, subject: { readonly release: Release } | { readonly base: string }): Promise<ServedModel> {
  if ('base' in subject) {
    const base = await findBase(db, subject.base)
    const [form] = base.served
    if (!form) throw new AppError('unavailable', `The base model ${base.name} has no form an engine can load; add it again.`)
    return { base: form.digest, adapter: null }
  }
  const { release } = subject
  if (release.state === 'retracted')
    throw new AppError('conflict', `${release.model} ${release.version} was retracted: ${release.retraction ?? ''} Use another release.`)
  const digestOf = (path: string) => {
    const artefact = release.artefacts.find((one) => one.path === path)
    if (!artefact) throw new AppError('unavailable', `${release.model} ${release.version} has no ${path}; export and release it again.`)
    return artefact.digest
  }
  return { base: digestOf(servedPaths.base), adapter: digestOf(servedPaths.adapter) }
}

/** Names of the two artefacts an engine loads. */
export const servedPaths = { base: 'base.gguf', adapter: 'adapter.gguf' } as const

function releases(db: Db) {
  return db
    .selectFrom('releases')
    .innerJoin('communityModels', 'communityModels.id', 'releases.modelId')
    .selectAll('releases')
    .select(['communityModels.owner as owner', 'communityModels.name as modelName'])
}

type ReleaseRow = Awaited<ReturnType<ReturnType<typeof releases>['execute']>>[number]

function toRelease({ owner, modelName, gate, changelog, licence, openness, ...row }: ReleaseRow): Release {
  return {
    ...row,
    model: `${owner}/${modelName}`,
    gate: gate as GateReport,
    changelog: changelog as Changelog,
    licence: licence as LicenceVerdict,
    openness: openness as ReleaseOpenness | null,
  }
}

function briefReleases(db: Db) {
  return db
    .selectFrom('releases')
    .innerJoin('communityModels', 'communityModels.id', 'releases.modelId')
    .select(['releases.id', 'releases.modelId', 'releases.version', 'releases.previousId', 'releases.checkpointId', 'releases.state'])
    .select(['releases.gate', 'releases.licence', 'releases.openness', 'releases.artefacts', 'releases.retraction'])
    .select(['releases.publishedBy', 'releases.createdAt', 'communityModels.owner as owner', 'communityModels.name as modelName'])
}

function toBrief({
  owner,
  modelName,
  gate,
  licence,
  openness,
  ...row
}: Awaited<ReturnType<ReturnType<typeof briefReleases>['execute']>>[number]): BriefRelease {
  return {
    ...row,
    model: `${owner}/${modelName}`,
    gate: gate as GateReport,
    licence: licence as LicenceVerdict,
    openness: openness as ReleaseOpenness | null,
  }
}
