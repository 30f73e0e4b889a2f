import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../storage/testing.ts'
import { FormatError } from './format-error.ts'
import { readTar, tarEnd, tarFile } from './tar.ts'

const files = {
  'a.txt': Buffer.from('hello'),
  'folder/empty': Buffer.alloc(0),
  'folder/512': Buffer.alloc(512, 7),
  'folder/large': Buffer.alloc(100_001, 9),
}

function archive(): Buffer {
  const parts = Object.entries(files).flatMap(([name, bytes]) => {
    const { header, padding } = tarFile(name, bytes.length)
    return [header, bytes, padding]
  })
  return Buffer.concat([...parts, tarEnd])
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(bytes: Uint8Array, size = 1_000): Promise<Record<string, Buffer>> {
  const found: Record<string, Buffer> = {}
  for await (const entry of readTar(inPieces(bytes, size))) found[entry.name] = Buffer.concat(await Array.fromAsync(entry.bytes))
  return found
}

test('tar reads what we write, and we read what tar writes', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'ours.tar'), archive())
  execFileSync('tar', ['-xf', 'ours.tar'], { cwd: folder })
  for (const [name, bytes] of Object.entries(files)) assert.ok(readFileSync(join(folder, name)).equals(bytes), name)
  execFileSync('tar', ['-cf', 'theirs.tar', '--format=ustar', ...Object.keys(files)], { cwd: folder })
  assert.deepEqual(await read(readFileSync(join(folder, 'theirs.tar'))), files)
})

test('what was written comes back in pieces of any size, whether an entry is read or skipped', async () => {
  for (const size of [100, 511, 512, 513, 200_000]) assert.deepEqual(await read(archive(), size), files)
  const names: string[] = []
  for await (const { name } of readTar(inPieces(archive(), 700))) names.push(name)
  assert.deepEqual(names, Object.keys(files))
})

test('an archive that is cut short or damaged anywhere is refused', async () => {
  const whole = archive()
  for (const length of [0, 100, 512, 515, 1_600, whole.length - 1_024])
    await assert.rejects(read(whole.subarray(0, length)), FormatError, `${length}`)
  for (const at of [0, 130, 1_030]) {
    const damaged = Buffer.from(whole)
    damaged[at] = (damaged[at] as number) ^ 1
    await assert.rejects(read(damaged), FormatError, `byte ${at}`)
  }
})

test('a size of more than 8 GiB is written and read', () => {
  const { header } = tarFile('blobs/large', 2 ** 40 + 5)
  assert.equal(Buffer.from(header).readBigUInt64BE(128), 2n ** 40n + 5n)
  assert.throws(() => tarFile('x'.repeat(101), 1), RangeError)
})
