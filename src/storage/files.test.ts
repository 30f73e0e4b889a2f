import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, open, readdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { blobsConformance } from './blobs.conformance.ts'
import type { Digest } from './blobs.ts'
import { openFiles } from './files.ts'
import { temporaryFolder } from './testing.ts'

const pathOf = (folder: string, digest: Digest): string => join(folder, digest.slice(7, 9), digest.slice(7))
const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name)

blobsConformance('files', async (lifetime) => {
  const folder = temporaryFolder(lifetime)
  return {
    blobs: await openFiles(folder),
    count: async () => (await filesIn(folder)).length,
    damage: async (digest) => {
      const path = pathOf(folder, digest)
      await chmod(path, 0o600)
      const handle = await open(path, 'r+')
      await handle.write(Buffer.from([1, 2, 3, 4]), 0, 4, 1_500_000)
      await handle.close()
    },
  }
})

test('a blob that lost its end is not handed out', async (t) => {
  const folder = temporaryFolder(t)
  const blobs = await openFiles(folder)
  const { digest } = await blobs.put(randomBytes(100_000))
  await chmod(pathOf(folder, digest), 0o600)
  const handle = await open(pathOf(folder, digest), 'r+')
  await handle.truncate(50_000)
  await handle.close()
  await assert.rejects(blobs.get(digest), { code: 'unavailable', message: /no longer match/ })
  assert.equal(await blobs.has(digest), false)
})

test('a symbolic link in the place of a blob or of a folder is refused', async (t) => {
  const folder = temporaryFolder(t)
  const blobs = await openFiles(folder)
  const bytes = randomBytes(1000)
  const { digest } = await blobs.put(bytes)
  const path = pathOf(folder, digest)
  await rename(path, join(folder, 'elsewhere'))
  await symlink(join(folder, 'elsewhere'), path)
  const refused = { code: 'unavailable', message: /is not a plain file/ }
  await assert.rejects(blobs.get(digest), refused)
  await assert.rejects(blobs.has(digest), refused)
  await assert.rejects(blobs.put(bytes), refused)

  const other = temporaryFolder(t)
  const second = await openFiles(other)
  await mkdir(join(other, 'target'))
  await symlink(join(other, 'target'), join(other, digest.slice(7, 9)))
  await assert.rejects(second.put(bytes), { code: 'unavailable', message: /is not a plain folder/ })
  assert.deepEqual(await readdir(join(other, 'target')), [])
})

test('a process killed while it writes leaves no blob, and the next one clears its rest away', async (t) => {
  const folder = temporaryFolder(t)
  const program = `
    import { openFiles } from ${JSON.stringify(new URL('files.ts', import.meta.url).href)}
    const blobs = await openFiles(${JSON.stringify(folder)})
    const { digest } = await blobs.put(Buffer.from('acknowledged'))
    async function* endless() { for (;;) { yield new Uint8Array(1 << 16).fill(7); if (!process.stdout.write('.')) await new Promise(r => process.stdout.once('drain', r)) } }
    process.stdout.write(digest + ' ')
    await blobs.put(endless())`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  for await (const chunk of child.stdout) {
    said += String(chunk)
    if (/ \.{20}/.test(said)) break
  }
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  assert.equal((await filesIn(join(folder, 'unfinished'))).length, 1)

  const blobs = await openFiles(folder)
  assert.deepEqual(await filesIn(join(folder, 'unfinished')), [])
  assert.equal(Buffer.from(await blobs.get(said.split(' ')[0] as Digest)).toString(), 'acknowledged')
  assert.equal((await filesIn(folder)).length, 1)
})

test('opening the folder again keeps the unfinished file of a put that is running', async (t) => {
  const folder = temporaryFolder(t)
  const blobs = await openFiles(folder)
  const gate = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const bytes = randomBytes(1000)
  const source = async function* (): AsyncIterable<Uint8Array> {
    yield bytes
    reached.resolve()
    await gate.promise
  }
  const put = blobs.put(source())
  await reached.promise
  await openFiles(folder)
  gate.resolve()
  assert.equal((await put).digest, `sha256:${createHash('sha256').update(bytes).digest('hex')}`)
})

test('a full disk is said in words, keeps nothing half-made, and heals when there is room', async (t) => {
  const folder = temporaryFolder(t)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' })
  } catch {
    t.skip('mounting a small disk needs root on Linux')
    return
  }
  try {
    const blobs = await openFiles(folder)
    const kept = await blobs.put(randomBytes(300_000))
    const large = randomBytes(2_000_000)
    const parts = async function* (): AsyncIterable<Uint8Array> {
      for (let at = 0; at < large.length; at += 65_536) yield large.subarray(at, at + 65_536)
    }
    for (const source of [large, parts()])
      await assert.rejects(blobs.put(source), { code: 'unavailable', message: /disk that holds .* is full/ })
    assert.deepEqual(await filesIn(folder), [kept.digest.slice(7)])
    const next = randomBytes(300_000)
    assert.equal((await blobs.put(next)).size, 300_000)
    assert.ok(next.equals(await blobs.get(`sha256:${createHash('sha256').update(next).digest('hex')}`)))
  } finally {
    execFileSync('umount', ['--lazy', folder])
  }
})

test('a folder that is a file is said in words', async (t) => {
  const path = join(temporaryFolder(t), 'blobs')
  await writeFile(path, '')
  await assert.rejects(openFiles(path), { code: 'unavailable', message: /could not open/ })
})
