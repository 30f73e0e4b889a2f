/** Reads base models and community models. */

import type { HfConfig } from '../../formats/hf-config.ts'
import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import type { BaseModel } from './base-model.ts'
import type { CommunityModel } from './community-model.ts'
import { formatModelName, parseModelName, type ModelName } from './model-name.ts'

function bases(db: Db) {
  return db.selectFrom('baseModels').selectAll()
}

type BaseRow = Awaited<ReturnType<ReturnType<typeof bases>['executeTakeFirstOrThrow']>>

function toBase(row: BaseRow): BaseModel {
  return { ...row, config: row.config as HfConfig, parameters: Number(row.parameters) }
}

export async function listBases(db: Db, page: Page = {}): Promise<readonly BaseModel[]> {
  const rows = await bases(db)
    .where('id', '>', page.after ?? 0)
    .orderBy('id')
    .limit(pageLimit(page))
    .execute()
  return rows.map(toBase)
}

export async function findBase(db: Db, name: string): Promise<BaseModel> {
  const row = await bases(db).where('name', '=', name).executeTakeFirst()
  if (!row)
    throw new AppError(
      'not-found',
      `There is no base model called ${JSON.stringify(name.slice(0, 100))}; "base list" shows those there are.`,
    )
  return toBase(row)
}

export async function findBaseById(db: Db, id: number): Promise<BaseModel> {
  const row = await bases(db).where('id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no base model ${id}.`)
  return toBase(row)
}

function models(db: Db) {
  return db
    .selectFrom('communityModels')
    .innerJoin('baseModels', 'baseModels.id', 'communityModels.baseId')
    .selectAll('communityModels')
    .select('baseModels.name as base')
}

export async function listModels(db: Db, page: Page = {}): Promise<readonly CommunityModel[]> {
  return models(db)
    .where('communityModels.id', '>', page.after ?? 0)
    .orderBy('communityModels.id')
    .limit(pageLimit(page))
    .execute()
}

/** @param name `owner/name` */
export async function findModel(db: Db, name: string | ModelName): Promise<CommunityModel> {
  const wanted = typeof name === 'string' ? parseModelName(name) : name
  const row = await models(db)
    .where('communityModels.owner', '=', wanted.owner)
    .where('communityModels.name', '=', wanted.name)
    .executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no community model ${formatModelName(wanted)}; "model create" makes one.`)
  return row
}

export async function findModelById(db: Db, id: number): Promise<CommunityModel> {
  const row = await models(db).where('communityModels.id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no community model ${id}.`)
  return row
}

/** Makes others who change this model's dataset, suites or releases wait until the transaction ends. */
export async function lockModel(db: Db, id: number): Promise<void> {
  await db.selectFrom('communityModels').select('id').where('id', '=', id).forUpdate().executeTakeFirst()
}
