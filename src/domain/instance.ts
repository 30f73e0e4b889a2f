/** What whoever runs the instance looks at: health, the queue, disk, database, people, limits. */

import { statfs } from 'node:fs/promises'
import { sql } from 'kysely'
import type { Engine } from '../engines/engine.ts'
import type { Blobs } from '../storage/blobs.ts'
import type { Database } from '../storage/database.ts'
import type { Job, Jobs } from '../storage/jobs.ts'
import { keptBlobCount, type BlobCount } from './kept-counts.ts'
import { uploadLimits } from './contributions/upload.ts'
import { requireRole, type Actor } from './people/actor.ts'
import { signInLimits } from './people/sign-in-limits.ts'

export interface OperatorApp {
  readonly db: Database
  readonly blobs: Blobs
  readonly jobs: Jobs
  readonly engine: Pick<Engine, 'loaded'>
  readonly version: string
  /** On the disk of the blobs. */
  readonly workFolder: string
  /** Everything in one file, as it is read. */
  readonly backup: (signal?: AbortSignal) => AsyncIterable<Uint8Array>
}

export const jobStates = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const

export interface Overview {
  readonly version: string
  readonly node: string
  /** Seconds since the process began. */
  readonly up: number
  /** Bytes the process holds. */
  readonly memory: number
  readonly database: { readonly kind: 'embedded' | 'postgres'; readonly bytes: number }
  /** As of the last night. */
  readonly blobs: BlobCount
  readonly disk: { readonly free: number; readonly total: number }
  readonly jobs: Awaited<ReturnType<Jobs['counts']>>
  /** Names of what the engine has loaded. */
  readonly loaded: number
  readonly people: number
  readonly communities: number
  readonly limits: readonly { readonly name: string; readonly most: number; readonly minutes: number | null }[]
}

/** For the operator and for maintainers of the whole instance. */
export async function instanceOverview(app: OperatorApp, actor: Actor): Promise<Overview> {
  requireRole(actor, 'maintainer')
  const { rows } = await sql<{ bytes: number; people: number; communities: number }>`
    select pg_database_size(current_database()) as bytes, (select count(*)::integer from people) as people,
      (select count(*)::integer from community_models) as communities`.execute(app.db)
  const { bytes = 0, people = 0, communities = 0 } = rows[0] ?? {}
  const { bavail, blocks, bsize } = await statfs(app.workFolder).catch(() => statfs('.'))
  return {
    version: app.version,
    node: process.version,
    up: Math.floor(process.uptime()),
    memory: process.memoryUsage.rss(),
    database: { kind: app.db.kind, bytes: Number(bytes) },
    blobs: await keptBlobCount(app),
    disk: { free: bavail * bsize, total: blocks * bsize },
    jobs: await app.jobs.counts(),
    loaded: app.engine.loaded().length,
    people,
    communities,
    limits: [
      ...Object.entries(signInLimits).map(([name, limit]) => ({
        name: `signIn.${name}`,
        most: limit.most,
        minutes: limit.minutes,
      })),
      { name: 'upload.rows', most: uploadLimits.rows, minutes: null },
      { name: 'upload.bytes', most: uploadLimits.bytes, minutes: null },
      { name: 'upload.each', most: uploadLimits.each, minutes: null },
    ],
  }
}

export async function listJobs(app: OperatorApp, actor: Actor, filter: Parameters<Jobs['list']>[0]): Promise<readonly Job[]> {
  requireRole(actor, 'maintainer')
  return app.jobs.list(filter)
}

export async function changeJob(app: OperatorApp, actor: Actor, verb: 'retry' | 'cancel', job: number): Promise<Job> {
  requireRole(actor, 'maintainer')
  await (verb === 'retry' ? app.jobs.retry(job) : app.jobs.cancel(job))
  return app.jobs.find(job)
}
