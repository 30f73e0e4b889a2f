/** Writes a release as files other tools read, with their digests. */

import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { AppError } from '../../errors.ts'
import { bytesSource } from '../../formats/byte-source.ts'
import { modelToGguf } from '../../formats/hf-to-gguf.ts'
import { readAdapter } from '../../formats/peft.ts'
import { openSafetensors } from '../../formats/safetensors.ts'
import { parseStrictJson } from '../../formats/strict-json.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import type { StoredFile } from '../../storage/schema.ts'
import { findBaseById } from '../models/model-queries.ts'
import { openBase } from '../models/read-base.ts'
import { findCheckpoint, findRun } from '../training/run-queries.ts'
import { findRelease } from './release-queries.ts'
import { exportFormats, type ExportFormat, type Release } from './release.ts'

interface ExportApp {
  readonly db: Database
  readonly blobs: Blobs
}

/**
 * The files of a release in a format, each in blob storage under its digest, SHA256SUMS included: for whoever sends or writes them. `gguf-merged`
 * adds the adapter into the base's weights and keeps what it made, so that the second export costs nothing but the first's bytes.
 */
export async function releaseFiles(app: ExportApp, name: string, version: string, format: ExportFormat): Promise<readonly StoredFile[]> {
  if (!exportFormats.includes(format))
    throw new AppError('invalid', `There is no export format "${String(format).slice(0, 40)}"; choose ${exportFormats.join(', ')}.`)
  const release = await findRelease(app.db, name, version)
  const card = release.artefacts.filter((artefact) => artefact.format === 'card')
  const weights =
    format === 'gguf-merged' ? [await mergedModel(app, release)] : release.artefacts.filter((artefact) => artefact.format === format)
  const files = [...weights, ...card].map(({ path, digest, size }): StoredFile => ({ path, digest, size }))
  const sums = files.map(({ path, digest }) => `${digest.slice('sha256:'.length)}  ${path}\n`).join('')
  return [...files, { path: 'SHA256SUMS', ...(await app.blobs.put(Buffer.from(sums))) }]
}

/** Writes them. The folder must be absent or empty; it appears whole, and durable, or not at all. `conflict` where something is there. */
export async function exportRelease(
  app: ExportApp,
  name: string,
  version: string,
  format: ExportFormat,
  folder: string,
): Promise<readonly StoredFile[]> {
  const target = resolve(folder)
  const there = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new AppError('invalid', `${target} is not a folder that can be written; choose another.`, { cause: error })
  })
  if (there.length > 0) throw new AppError('conflict', `${target} is not empty; name a folder that does not exist yet.`)
  const files = await releaseFiles(app, name, version, format)
  const draft = `${target}.${process.pid}-${Date.now()}.draft`
  try {
    await mkdir(dirname(target), { recursive: true })
    await mkdir(draft)
    for (const file of files) await writeFile(app.blobs, file, draft)
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw inWords(error, target)
  }
  return files
}

async function writeFile(blobs: Blobs, { path, digest }: StoredFile, folder: string): Promise<void> {
  const file = await open(join(folder, path), 'wx')
  try {
    for await (const piece of blobs.read(digest)) await file.writeFile(piece)
    await file.sync()
  } finally {
    await file.close()
  }
}

function inWords(error: unknown, target: string): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new AppError('unavailable', `The disk is full: nothing was written to ${target}. Free some space and export again.`, {
      cause: error,
    })
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new AppError('invalid', `${target} cannot be written; choose a folder that can.`, { cause: error })
  return error
}

/** One GGUF with the adapter in the base's weights, in the type the base is served in. */
async function mergedModel({ db, blobs }: ExportApp, release: Release): Promise<StoredFile> {
  const checkpoint = await findCheckpoint(db, release.checkpointId)
  const base = await findBaseById(db, (await findRun(db, checkpoint.runId)).baseId)
  const bytes = async (path: string) => {
    const file = release.artefacts.find((artefact) => artefact.format === 'peft' && artefact.path === path)
    if (!file) throw new AppError('unavailable', `${release.model} ${release.version} has no ${path}.`)
    return blobs.get(file.digest)
  }
  const adapter = await readAdapter(
    parseStrictJson(await bytes('adapter_config.json'), 'adapter_config.json'),
    await openSafetensors(bytesSource(await bytes('adapter_model.safetensors')), 'adapter_model.safetensors'),
    base.config,
  )
  await using opened = await openBase(blobs, base.files)
  const type = base.served[0]?.quantization ?? 'F16'
  const stored = await blobs.put(
    modelToGguf(opened.model, { name: `${release.model} ${release.version}`, licence: release.licence.expression, type, adapter }),
  )
  return { path: 'model.gguf', ...stored }
}
