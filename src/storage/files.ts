/** Blobs as files of one folder: `<first two digits>/<64 digits>`. A name is given only to bytes that are whole, hashed and on disk. */

import { createHash, randomUUID } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { chmod, lstat, mkdir, open, readdir, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { AppError } from '../errors.ts'
import type { Blobs, Digest, StoredBlob } from './blobs.ts'

/** Read at a time: large enough that the disk streams, small enough that a hundred readers are no load. */
const CHUNK_BYTES = 1 << 20
/** One Uint8Array; larger blobs are for `read` and `file`. Node reads no more than this into one buffer on every platform. */
const LARGEST_GET_BYTES = 2 ** 31 - 1
/** An unfinished file of another machine that nobody wrote to for so long belongs to no running put: even a slow upload sends something in an hour. */
const ABANDONED_MS = 60 * 60 * 1000

const UNFINISHED = 'unfinished'
const CORRUPT = 'corrupt'

/** Unfinished files of this process, so that those of an earlier process with the same number are told apart. */
const ownUnfinished = new Set<string>()

/** Opens the folder, making it if need be, and clears away what killed processes left unfinished. Several processes may share it. */
export async function openFiles(folder: string): Promise<Blobs> {
  const root = resolve(folder)
  await attempt(root, 'open', async () => {
    for (const made of [root, join(root, UNFINISHED)]) await mkdir(made, { recursive: true, mode: 0o700 })
    await requireKind(join(root, UNFINISHED), 'folder')
    for (const name of await readdir(join(root, UNFINISHED)))
      if (await isAbandoned(join(root, UNFINISHED, name), name)) await rm(join(root, UNFINISHED, name), { recursive: true, force: true })
  })
  return new FileBlobs(root)
}

class FileBlobs implements Blobs {
  readonly #root: string
  readonly #verified = new Set<Digest>()

  constructor(root: string) {
    this.#root = root
  }

  async put(bytes: Uint8Array | AsyncIterable<Uint8Array>, options: { expected?: Digest; signal?: AbortSignal } = {}): Promise<StoredBlob> {
    const { expected, signal } = options
    signal?.throwIfAborted()
    if (expected) hexOf(expected)
    if (bytes instanceof Uint8Array) {
      const digest: Digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
      refuseOther(digest, expected)
      if ((await this.#find(digest))?.size === bytes.byteLength) return { digest, size: bytes.byteLength }
    }
    const name = `${hostname()}.${process.pid}.${randomUUID()}`
    const unfinished = join(this.#root, UNFINISHED, name)
    ownUnfinished.add(name)
    try {
      const written = await this.#write(unfinished, bytes instanceof Uint8Array ? once(bytes) : bytes, signal)
      refuseOther(written.digest, expected)
      signal?.throwIfAborted()
      await this.#name(unfinished, written)
      return written
    } finally {
      await rm(unfinished, { force: true }).catch(() => {})
      ownUnfinished.delete(name)
    }
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.#find(digest)) !== undefined
  }

  async size(digest: Digest): Promise<number> {
    return (await this.#require(digest)).size
  }

  async get(digest: Digest): Promise<Uint8Array> {
    const { size } = await this.#require(digest)
    if (size > LARGEST_GET_BYTES)
      throw new AppError('invalid', `Blob ${digest} has ${size} bytes; more than ${LARGEST_GET_BYTES} are read as a stream or a file.`)
    const whole = new Uint8Array(size)
    let at = 0
    for await (const chunk of this.read(digest)) {
      if (at + chunk.byteLength > size) break
      whole.set(chunk, at)
      at += chunk.byteLength
    }
    return whole
  }

  async *read(digest: Digest, range?: { start: number; end: number }): AsyncIterable<Uint8Array> {
    const path = this.#path(digest)
    await this.#require(digest)
    const handle = await attempt(this.#root, 'read', () => open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)))
    try {
      const { size } = await handle.stat()
      const { start, end } = range ?? { start: 0, end: size }
      if (!(Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end && end <= size))
        throw new AppError('invalid', `Bytes ${start} to ${end} are not within blob ${digest}, which has ${size} bytes.`)
      const hash = range ? undefined : createHash('sha256')
      for (let at = start; at < end;) {
        const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - at))
        const { bytesRead } = await attempt(this.#root, 'read', () => handle.read(chunk, 0, chunk.byteLength, at))
        if (bytesRead === 0) throw await this.#corrupt(digest)
        at += bytesRead
        hash?.update(chunk.subarray(0, bytesRead))
        // The last chunk of a whole read is handed out only once the hash is right: nobody who reads to the end has wrong bytes.
        if (at >= end && hash && `sha256:${hash.digest('hex')}` !== digest) throw await this.#corrupt(digest)
        yield chunk.subarray(0, bytesRead)
      }
      if (start === end && hash && `sha256:${hash.digest('hex')}` !== digest) throw await this.#corrupt(digest)
    } finally {
      await handle.close()
    }
  }

  async *list(): AsyncIterable<StoredBlob> {
    const read = (path: string) => attempt(this.#root, 'read', () => readdir(path))
    for (const folder of (await read(this.#root)).filter((name) => /^[0-9a-f]{2}$/.test(name)).sort())
      for (const hex of (await read(join(this.#root, folder))).filter((name) => /^[0-9a-f]{64}$/.test(name)).sort()) {
        const digest: Digest = `sha256:${hex}`
        const found = await this.#find(digest)
        if (found) yield { digest, size: found.size }
      }
  }

  async file(digest: Digest): Promise<string> {
    await this.#require(digest)
    if (!this.#verified.has(digest)) {
      for await (const _chunk of this.read(digest)); // reading to the end verifies
      this.#verified.add(digest)
    }
    return this.#path(digest)
  }

  async remove(digest: Digest): Promise<void> {
    const path = this.#path(digest)
    this.#verified.delete(digest)
    await attempt(this.#root, 'remove', async () => {
      try {
        await unlink(path)
      } catch (error) {
        if (isCode(error, 'ENOENT')) return
        throw error
      }
      await syncFolder(join(path, '..'))
    })
  }

  #path(digest: Digest): string {
    const hex = hexOf(digest)
    return join(this.#root, hex.slice(0, 2), hex)
  }

  async #find(digest: Digest): Promise<Stats | undefined> {
    const path = this.#path(digest)
    return attempt(this.#root, 'read', async () => {
      try {
        await requireKind(join(path, '..'), 'folder')
        return await requireKind(path, 'file')
      } catch (error) {
        if (isCode(error, 'ENOENT')) return undefined
        throw error
      }
    })
  }

  async #require(digest: Digest): Promise<Stats> {
    const found = await this.#find(digest)
    if (!found) throw new AppError('not-found', `Blob ${digest} is not in ${this.#root}. Import or publish what it belongs to again.`)
    return found
  }

  async #write(path: string, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<StoredBlob> {
    const handle = await attempt(this.#root, 'write', () => open(path, 'wx', 0o600))
    try {
      const hash = createHash('sha256')
      let size = 0
      for await (const chunk of abortable(chunks, signal)) {
        hash.update(chunk)
        await attempt(this.#root, 'write', () => writeWhole(handle, chunk))
        size += chunk.byteLength
      }
      await attempt(this.#root, 'write', () => handle.sync())
      return { digest: `sha256:${hash.digest('hex')}`, size }
    } finally {
      await handle.close()
    }
  }

  /** Gives the finished file its name, durably. A blob that is already there with the right size stays: somebody may have it mapped. */
  async #name(unfinished: string, { digest, size }: StoredBlob): Promise<void> {
    if ((await this.#find(digest))?.size === size) return
    const path = this.#path(digest)
    const folder = join(path, '..')
    await attempt(this.#root, 'write', async () => {
      if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) await syncFolder(this.#root)
      await chmod(unfinished, 0o400)
      await rename(unfinished, path)
      await syncFolder(folder)
    })
  }

  /** Sets the damaged file aside, so that the blob counts as absent and can be stored again. */
  async #corrupt(digest: Digest): Promise<AppError> {
    this.#verified.delete(digest)
    const aside = join(this.#root, CORRUPT, `${hexOf(digest)}.${Date.now()}`)
    const moved = await mkdir(join(this.#root, CORRUPT), { recursive: true, mode: 0o700 })
      .then(() => rename(this.#path(digest), aside))
      .then(
        () => true,
        () => false,
      )
    return new AppError(
      'unavailable',
      `The stored bytes of blob ${digest} no longer match it: the disk or somebody changed them. ` +
        (moved
          ? `They were set aside as ${aside}; import or publish what it belongs to again.`
          : `Check the disk that holds ${this.#root}.`),
    )
  }
}

function hexOf(digest: Digest): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new AppError(
      'invalid',
      `${JSON.stringify(digest).slice(0, 100)} is no digest; it reads sha256: and 64 lower-case hexadecimal digits.`,
    )
  return digest.slice('sha256:'.length)
}

function refuseOther(digest: Digest, expected: Digest | undefined): void {
  if (expected && expected !== digest)
    throw new AppError('invalid', `The bytes have digest ${digest} where ${expected} was expected; nothing was kept. Fetch them again.`)
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES)
}

/** The chunks, ended by the signal also while the source is silent. */
async function* abortable(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  if (!signal) {
    yield* chunks
    return
  }
  const aborted = Promise.withResolvers<never>()
  aborted.promise.catch(() => {})
  const abort = (): void => aborted.reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  const iterator = chunks[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      signal.throwIfAborted()
      const next = await Promise.race([iterator.next(), aborted.promise])
      if (next.done) {
        ended = true
        return
      }
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    // Not awaited: a silent source would keep us.
    if (!ended) void iterator.return?.()?.catch(() => {})
  }
}

async function writeWhole(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength;) at += (await handle.write(chunk, at, chunk.byteLength - at)).bytesWritten
}

/** Makes names in the folder durable. Windows has no such call and no need of it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Refuses symbolic links, devices and the like: what stands under a digest's name must be ours. */
async function requireKind(path: string, kind: 'file' | 'folder'): Promise<Stats> {
  const found = await lstat(path)
  if (kind === 'file' ? found.isFile() : found.isDirectory()) return found
  throw new AppError('unavailable', `${path} is not a plain ${kind}; something other than Commonweights put it there. Remove it.`)
}

async function isAbandoned(path: string, name: string): Promise<boolean> {
  const match = /^(.*)\.(\d+)\.[0-9a-f-]{36}$/.exec(name)
  if (match?.[1] === hostname()) return Number(match[2]) === process.pid ? !ownUnfinished.has(name) : !isAlive(Number(match[2]))
  const written = await stat(path).catch(() => undefined)
  return written !== undefined && Date.now() - written.mtimeMs > ABANDONED_MS
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** Runs file operations of ours; a failure of theirs becomes a sentence, what callers' sources throw does not pass here. */
async function attempt<T>(root: string, verb: 'open' | 'read' | 'write' | 'remove', operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    if (error instanceof AppError || !(error instanceof Error) || !('code' in error)) throw error
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT')
      throw new AppError('unavailable', `The disk that holds ${root} is full; nothing half-made was kept. Free some space and try again.`, {
        cause: error,
      })
    throw new AppError('unavailable', `The blob folder ${root} could not ${verb}: ${error.message}.`, { cause: error })
  }
}
