/** What every implementation of Blobs must do. */

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { suite, test } from 'node:test'
import type { Blobs, Digest } from './blobs.ts'
import type { Lifetime } from './testing.ts'

export interface BlobsUnderTest {
  readonly blobs: Blobs
  /** Changes one stored byte behind the implementation's back. */
  readonly damage: (digest: Digest) => Promise<void>
  /** How many objects of any kind the store holds, unfinished ones included. */
  readonly count: () => Promise<number>
}

const absent: Digest = `sha256:${'0'.repeat(64)}`
const digestOf = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

async function* chunked(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunks))
}

export function blobsConformance(name: string, open: (lifetime: Lifetime) => Promise<BlobsUnderTest>): void {
  suite(`blobs: ${name}`, () => {
    test('what was put comes back by its digest, whole, in ranges and as a file', async (t) => {
      const { blobs } = await open(t)
      const bytes = randomBytes(3_000_001)
      for (const source of [bytes, chunked(bytes, 70_000)])
        assert.deepEqual(await blobs.put(source), { digest: digestOf(bytes), size: bytes.byteLength })
      const digest = digestOf(bytes)
      assert.equal(await blobs.has(digest), true)
      assert.equal(await blobs.size(digest), bytes.byteLength)
      assert.ok(bytes.equals(await blobs.get(digest)))
      assert.ok(bytes.equals(await collect(blobs.read(digest))))
      assert.ok(bytes.subarray(5, 2_500_000).equals(await collect(blobs.read(digest, { start: 5, end: 2_500_000 }))))
      assert.equal((await collect(blobs.read(digest, { start: 7, end: 7 }))).byteLength, 0)
      assert.ok(bytes.equals(await readFile(await blobs.file(digest))))
    })

    test('all blobs are listed with their sizes, without what is unfinished or removed', async (t) => {
      const { blobs } = await open(t)
      assert.deepEqual(await Array.fromAsync(blobs.list()), [])
      const stored = [await blobs.put(randomBytes(10)), await blobs.put(randomBytes(70_000)), await blobs.put(new Uint8Array())]
      const { digest } = await blobs.put(randomBytes(5))
      await blobs.remove(digest)
      const sorted = (all: readonly { digest: Digest }[]) => all.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))
      assert.deepEqual(sorted(await Array.fromAsync(blobs.list())), sorted(stored))
    })

    test('a blob of no bytes is a blob', async (t) => {
      const { blobs } = await open(t)
      const { digest } = await blobs.put(new Uint8Array())
      assert.equal(await blobs.size(digest), 0)
      assert.equal((await blobs.get(digest)).byteLength, 0)
      assert.equal((await readFile(await blobs.file(digest))).byteLength, 0)
    })

    test('storing the same bytes again, also at the same time, keeps one copy', async (t) => {
      const { blobs, count } = await open(t)
      const bytes = randomBytes(500_000)
      await Promise.all(Array.from({ length: 8 }, () => blobs.put(chunked(bytes, 9_999))))
      const once = await count()
      await blobs.put(bytes)
      assert.equal(await count(), once)
      assert.ok(bytes.equals(await blobs.get(digestOf(bytes))))
    })

    test('bytes that are not what was expected are refused and leave nothing', async (t) => {
      const { blobs, count } = await open(t)
      const before = await count()
      const bytes = randomBytes(1000)
      for (const source of [bytes, chunked(bytes, 100)])
        await assert.rejects(blobs.put(source, { expected: absent }), { code: 'invalid', message: new RegExp(digestOf(bytes)) })
      assert.equal(await blobs.has(digestOf(bytes)), false)
      assert.equal(await count(), before)
      assert.equal((await blobs.put(bytes, { expected: digestOf(bytes) })).size, 1000)
    })

    test('a source that fails leaves nothing, and its own error comes through', async (t) => {
      const { blobs, count } = await open(t)
      const before = await count()
      const cut = new Error('the peer hung up')
      const source = async function* (): AsyncIterable<Uint8Array> {
        yield randomBytes(100_000)
        throw cut
      }
      await assert.rejects(blobs.put(source()), (error) => error === cut)
      assert.equal(await count(), before)
    })

    test('an abort ends a put whose source is silent, and leaves nothing', async (t) => {
      const { blobs, count } = await open(t)
      const before = await count()
      const controller = new AbortController()
      const source = async function* (): AsyncIterable<Uint8Array> {
        yield randomBytes(100_000)
        controller.abort(new Error('the reader went home'))
        await new Promise(() => {})
      }
      await assert.rejects(blobs.put(source(), { signal: controller.signal }), /went home/)
      assert.equal(await count(), before)
      await assert.rejects(blobs.put(randomBytes(3), { signal: controller.signal }), /went home/)
    })

    test('what is absent is not found, in words', async (t) => {
      const { blobs } = await open(t)
      assert.equal(await blobs.has(absent), false)
      // One after the other: a promise that fails before anybody waits for it ends the test.
      const calls = [() => blobs.get(absent), () => blobs.size(absent), () => blobs.file(absent), () => collect(blobs.read(absent))]
      for (const call of calls) await assert.rejects(call, { code: 'not-found', message: new RegExp(absent) })
      await blobs.remove(absent)
    })

    test('a name that is no digest reaches no file', async (t) => {
      const { blobs } = await open(t)
      for (const name of ['sha256:../../../etc/passwd', `sha256:${'A'.repeat(64)}`, 'sha256:', `md5:${'0'.repeat(32)}`, `${absent}0`])
        await assert.rejects(blobs.get(name as Digest), { code: 'invalid' })
    })

    test('a range outside the blob is refused', async (t) => {
      const { blobs } = await open(t)
      const { digest } = await blobs.put(randomBytes(10))
      for (const range of [
        { start: 0, end: 11 },
        { start: -1, end: 3 },
        { start: 5, end: 4 },
        { start: 0.5, end: 3 },
        { start: 0, end: Number.NaN },
      ])
        await assert.rejects(collect(blobs.read(digest, range)), { code: 'invalid', message: /10 bytes/ })
    })

    test('damaged bytes are never handed out as whole, and the blob can be stored again', async (t) => {
      for (const read of ['get', 'read', 'file'] as const) {
        const { blobs, damage } = await open(t)
        const bytes = randomBytes(2_000_000)
        const { digest } = await blobs.put(bytes)
        await damage(digest)
        const whole = read === 'read' ? collect(blobs.read(digest)) : blobs[read](digest)
        await assert.rejects(whole, { code: 'unavailable', message: new RegExp(`${digest} no longer match`) })
        await blobs.put(bytes)
        assert.ok(bytes.equals(await blobs.get(digest)))
      }
    })

    test('a removed blob is gone and can come back', async (t) => {
      const { blobs } = await open(t)
      const bytes = randomBytes(100)
      const { digest } = await blobs.put(bytes)
      await blobs.file(digest)
      await blobs.remove(digest)
      assert.equal(await blobs.has(digest), false)
      await assert.rejects(blobs.file(digest), { code: 'not-found' })
      await blobs.put(bytes)
      assert.ok(bytes.equals(await readFile(await blobs.file(digest))))
    })
  })
}
