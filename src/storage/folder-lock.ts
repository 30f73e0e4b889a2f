/**
 * One process per folder, by a lock of the operating system. SQLite, which Node carries, takes it (fcntl on Linux and macOS, LockFileEx on
 * Windows), so it ends with the process however that dies, and no stale lock needs to be told from a live one.
 */

import { readFileSync, writeFileSync, mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '../errors.ts'

const SQLITE_BUSY = 5

export interface FolderLock {
  release(): void
}

/** Makes the folder if need be and locks it. Throws `conflict` naming the holder where somebody has it, `unavailable` where the folder cannot be written. */
export function lockFolder(folder: string): FolderLock {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    database = new DatabaseSync(join(folder, 'lock'))
    // journal_mode=memory: the lock file stays empty and nothing is ever left beside it.
    database.exec('pragma busy_timeout = 0; pragma journal_mode = memory; begin exclusive')
    writeFileSync(join(folder, 'holder.json'), JSON.stringify({ pid: process.pid, host: hostname() }))
  } catch (error) {
    database?.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY)
      throw new AppError(
        'conflict',
        `The data folder ${folder} is in use by ${holderOf(folder)}. Stop that process, or choose another folder with --home or COMMONWEIGHTS_HOME.`,
      )
    throw new AppError('unavailable', `The data folder ${folder} cannot be opened for writing: ${(error as Error).message}.`, {
      cause: error,
    })
  }
  const held = database
  let released = false
  return {
    release() {
      if (released) return
      released = true
      held.close()
    },
  }
}

/** Only for the sentence: what the holder wrote may be a moment old. */
function holderOf(folder: string): string {
  try {
    const { pid, host } = JSON.parse(readFileSync(join(folder, 'holder.json'), 'utf8')) as { pid: unknown; host: unknown }
    return `process ${Number(pid)}${host === hostname() ? '' : ` on ${String(host)}`}`
  } catch {
    return 'another process'
  }
}
