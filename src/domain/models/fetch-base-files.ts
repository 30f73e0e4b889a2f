/** Brings the files of a base model into blob storage, from a folder or from a Hugging Face Hub. */

import { HubApiError, downloadFile, listFiles, modelInfo } from '@huggingface/hub'
import { createReadStream } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { StoredFile } from '../../storage/schema.ts'
import { baseFileLimits, chooseBaseFiles, type BaseFileEntry } from './base-files.ts'

export type BaseSource = { readonly folder: string } | { /** `hf:owner/name` or `hf:owner/name@revision`. */ readonly hub: string }

/** Which Hub to ask; the public one where nothing is set. */
export interface HubAccess {
  readonly endpoint: string
  readonly token?: string | undefined
}

/** A chosen file, not read yet. */
export interface BaseFile extends BaseFileEntry {
  /** Stores the bytes. With a digest promised by the source, bytes that differ are refused. */
  store(blobs: Blobs, options: { signal?: AbortSignal }): Promise<StoredFile>
}

export interface BaseListing {
  /** As recorded: the folder's name, or `hf:owner/name@commit`. */
  readonly source: string
  /** As it reads in an error. */
  readonly where: string
  readonly files: readonly BaseFile[]
}

export async function listBaseFiles(from: BaseSource, hub: HubAccess): Promise<BaseListing> {
  return 'folder' in from ? listFolder(from.folder) : listHub(from.hub, hub)
}

async function listFolder(folder: string): Promise<BaseListing> {
  const where = `The folder ${folder}`
  const root = await realpath(folder).catch((cause: unknown) => {
    throw new AppError('not-found', `${where} cannot be opened; give the path of a folder that the server can read.`, { cause })
  })
  if (!(await stat(root)).isDirectory())
    throw new AppError('invalid', `${folder} is a file; give the folder that holds config.json and the weights.`)
  const names = (await readdir(root)).slice(0, baseFileLimits.entries + 1)
  const files: BaseFile[] = []
  for (const path of names) {
    const full = join(root, path)
    const target = (await lstat(full)).isSymbolicLink() ? await realpath(full).catch(() => null) : full
    const facts = target === null ? null : await stat(target)
    if (target === null || !facts?.isFile()) continue
    const outside = !target.startsWith(root + sep)
    files.push({
      path,
      size: facts.size,
      async store(blobs, options) {
        if (outside)
          throw new AppError('invalid', `${where} has ${path} as a link to a place outside of it; copy the file itself there ("cp -L").`)
        const bytes = createReadStream(target) as AsyncIterable<Uint8Array>
        return { path, ...(await blobs.put(bytes, options)) }
      },
    })
  }
  return { source: basename(root), where, files: chooseBaseFiles(files, where) }
}

const hubName = /^hf:([A-Za-z0-9][A-Za-z0-9._-]{0,95}\/[A-Za-z0-9][A-Za-z0-9._-]{0,95})(?:@([A-Za-z0-9][A-Za-z0-9._/-]{0,199}))?$/

async function listHub(text: string, hub: HubAccess): Promise<BaseListing> {
  const [, name, asked] = hubName.exec(text) ?? []
  if (name === undefined || name.includes('..') || asked?.includes('..'))
    throw new AppError(
      'invalid',
      `${JSON.stringify(text.slice(0, 200))} is not a model on the Hub; write hf:owner/name or hf:owner/name@revision.`,
    )
  const where = `The Hub repository ${name}`
  const access = { hubUrl: hub.endpoint.replace(/\/+$/, ''), ...(hub.token === undefined ? {} : { accessToken: hub.token }) }
  const repo = { type: 'model' as const, name }
  // Everything is read at one commit, so that files of two different states are never mixed.
  const { sha } = await asking(where, hub, () =>
    modelInfo({ name, ...access, additionalFields: ['sha'], ...(asked ? { revision: asked } : {}) }),
  )
  if (!/^[0-9a-f]{40}$/.test(sha))
    throw new AppError(
      'unavailable',
      `${where} does not say which commit it is at; the Hub at ${hub.endpoint} answers otherwise than expected.`,
    )
  const files: BaseFile[] = await asking(where, hub, async () => {
    const found: BaseFile[] = []
    for await (const entry of listFiles({ repo, revision: sha, ...access })) {
      if (entry.type !== 'file' || entry.path.includes('/') || entry.path.includes('\\')) continue
      const promised = entry.lfs && /^[0-9a-f]{64}$/.test(entry.lfs.oid) ? (`sha256:${entry.lfs.oid}` as const) : null
      found.push({
        path: entry.path,
        size: entry.lfs?.size ?? entry.size,
        store: (blobs, options) =>
          asking(where, hub, async () => {
            const file = await downloadFile({ repo, path: entry.path, revision: sha, xet: false, ...access })
            if (!file) throw new AppError('unavailable', `${where} lists ${entry.path} but does not have it; try again later.`)
            const bytes = file.stream()
            return { path: entry.path, ...(await blobs.put(bytes, promised ? { ...options, expected: promised } : options)) }
          }),
      })
      if (found.length > baseFileLimits.entries) break
    }
    return found
  })
  return { source: `hf:${name}@${sha}`, where, files: chooseBaseFiles(files, where) }
}

/** Runs something that asks the Hub and says in words what went wrong. */
async function asking<Result>(where: string, hub: HubAccess, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask()
  } catch (cause) {
    if (cause instanceof AppError || (cause instanceof Error && cause.name === 'AbortError')) throw cause
    if (cause instanceof HubApiError) {
      const answer = cause.statusCode
      if (answer === 404)
        throw new AppError('not-found', `${where} is not on ${hub.endpoint}; check the owner, the name and the revision.`, { cause })
      if (answer === 401 || answer === 403)
        throw new AppError('forbidden', `${where} is private or gated on ${hub.endpoint}; set a Hub token that may read it.`, { cause })
      throw new AppError('unavailable', `${hub.endpoint} answered ${answer} for ${where}; try again later.`, { cause })
    }
    if (cause instanceof TypeError || (cause as NodeJS.ErrnoException).code?.startsWith('E'))
      throw new AppError('unavailable', `${hub.endpoint} cannot be reached; check the network and the address, then try again.`, { cause })
    throw cause
  }
}
