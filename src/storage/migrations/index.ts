/** The migrations in order, and running them. Append only: what has been released is never edited. */

import { Migrator, type Migration } from 'kysely/migration'
import { AppError, sentenceOf } from '../../errors.ts'
import type { Database } from '../database.ts'
import * as jobs from './0000-jobs.ts'
import * as theLoop from './0001-the-loop.ts'
import * as builds from './0002-builds.ts'
import * as fixesAndCharter from './0003-fixes-and-charter.ts'
import * as releaseTrain from './0004-release-train.ts'
import * as notificationsAndConversation from './0005-notifications-and-conversation.ts'
import * as reviewRules from './0006-review-rules.ts'
import * as forecasts from './0007-forecasts.ts'
import * as previews from './0008-previews.ts'
import * as accounts from './0009-accounts.ts'
import * as searchAndLists from './0010-search-and-lists.ts'
import * as settings from './0012-settings.ts'
import * as openness from './0013-openness.ts'
import * as suiteSource from './0014-suite-source.ts'
import * as whatPagesRead from './0015-what-pages-read.ts'
import * as suiteRetirements from './0016-suite-retirements.ts'
import * as studies from './0018-studies.ts'

export const migrations: readonly { readonly name: string; readonly up: Migration['up'] }[] = [
  { name: '0000-jobs', up: jobs.up },
  { name: '0001-the-loop', up: theLoop.up },
  { name: '0002-builds', up: builds.up },
  { name: '0003-fixes-and-charter', up: fixesAndCharter.up },
  { name: '0004-release-train', up: releaseTrain.up },
  { name: '0005-notifications-and-conversation', up: notificationsAndConversation.up },
  { name: '0006-review-rules', up: reviewRules.up },
  { name: '0007-forecasts', up: forecasts.up },
  { name: '0008-previews', up: previews.up },
  { name: '0009-accounts', up: accounts.up },
  { name: '0010-search-and-lists', up: searchAndLists.up },
  { name: '0012-settings', up: settings.up },
  { name: '0013-openness', up: openness.up },
  { name: '0014-suite-source', up: suiteSource.up },
  { name: '0015-what-pages-read', up: whatPagesRead.up },
  { name: '0016-suite-retirements', up: suiteRetirements.up },
  { name: '0018-studies', up: studies.up },
]

/**
 * Brings the database to this program's schema: all missing migrations in one transaction, under an advisory lock where several servers
 * start at once. Returns the names of those it ran. Throws `conflict` where a newer program has been here, and changes nothing then.
 * @param upTo the name of the last to run; where nothing is said, all
 */
export async function migrate(database: Database, upTo?: string): Promise<string[]> {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => Object.fromEntries(migrations.map(({ name, up }) => [name, { up }])) },
  })
  const known = new Set(migrations.map(({ name }) => name))
  const { error, results } = await (upTo === undefined ? migrator.migrateToLatest() : migrator.migrateTo(upTo))
  if (error) {
    const newer = await appliedMigrations(database).then((names) => names.filter((name) => !known.has(name)))
    if (newer.length > 0)
      throw new AppError(
        'conflict',
        `The database has been migrated by a newer Commonweights (${newer.join(', ')}); run that version, or a copy of the database from before.`,
        { cause: error },
      )
    const failed = results?.find(({ status }) => status === 'Error')
    throw new Error(`Migration ${failed?.migrationName ?? ''} failed and was rolled back: ${sentenceOf(error)}`, { cause: error })
  }
  return (results ?? []).map(({ migrationName }) => migrationName)
}

/** Migrations of this program that the database lacks. */
export async function pendingMigrations(database: Database): Promise<string[]> {
  const applied = new Set(await appliedMigrations(database))
  return migrations.map(({ name }) => name).filter((name) => !applied.has(name))
}

/** Those the database has, in order. */
export async function appliedMigrations(database: Database): Promise<string[]> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === 'kysely_migration')) return []
  const untyped = database.withoutPlugins().withTables<{ kysely_migration: { name: string } }>()
  const rows = await untyped.selectFrom('kysely_migration').select('name').orderBy('name').execute()
  return rows.map(({ name }) => name)
}
