import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Digest } from '../../storage/blobs.ts'
import {
  bucketIndex,
  compareMembers,
  differingBuckets,
  membersIn,
  parseTable,
  reviseTree,
  rootOf,
  toBytes,
  touchedBuckets,
  writeTable,
  type Buckets,
} from './bucket-tree.ts'

const digestOf = (name: number | string): Digest => `sha256:${createHash('sha256').update(String(name)).digest('hex')}`

/** A tree with its buckets kept in memory. */
class Tree {
  buckets: Buckets = new Map()
  readonly stored = new Map<Digest, Uint8Array>()

  revise(change: { going: Digest[]; coming: Digest[] }) {
    const touched = [...touchedBuckets([...change.going, ...change.coming])].flatMap((index) => {
      const digest = this.buckets.get(index)
      return digest ? [[index, this.stored.get(digest) as Uint8Array] as const] : []
    })
    const revised = reviseTree(this.buckets, new Map(touched), change)
    for (const { digest, members } of revised.made) this.stored.set(digest, members)
    this.buckets = revised.buckets
    return revised
  }

  get root(): Digest {
    return rootOf(writeTable(this.buckets))
  }

  get members(): Digest[] {
    return [...this.buckets].sort(([a], [b]) => a - b).flatMap(([, digest]) => membersIn(this.stored.get(digest) as Uint8Array))
  }
}

/** Digests that share few buckets, so that buckets get several members, empty and come back. */
const crowded = Array.from({ length: 40 }, (_, i): Digest => `sha256:${['000', '001', 'abc', 'fff'][i % 4]}${digestOf(i).slice(10)}`)
const someOf = fc.subarray(crowded)

test('revised step by step, a dataset is what it would be built from scratch, to the root', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ going: someOf, coming: someOf }), { maxLength: 8 }), (steps) => {
      const tree = new Tree()
      const truth = new Set<Digest>()
      for (const { going, coming } of steps) {
        const count = truth.size
        const { added, removed, missing, present } = tree.revise({ going, coming })
        assert.deepEqual(new Set(missing), new Set(going.filter((digest) => !truth.has(digest))))
        for (const digest of going) truth.delete(digest)
        assert.deepEqual(new Set(present), new Set(coming.filter((digest) => truth.has(digest))))
        for (const digest of coming) truth.add(digest)
        assert.equal(count + added - removed, truth.size)
      }
      const fresh = new Tree()
      fresh.revise({ going: [], coming: [...truth] })
      assert.equal(tree.root, fresh.root)
      assert.deepEqual(tree.members, [...truth].sort())
      assert.deepEqual(parseTable(writeTable(tree.buckets)), new Map([...tree.buckets].sort(([a], [b]) => a - b)))
    }),
  )
})

test('the difference of two datasets is the difference of the sets', () => {
  fc.assert(
    fc.property(someOf, someOf, (from, to) => {
      const [a, b] = [new Tree(), new Tree()]
      a.revise({ going: [], coming: from })
      b.revise({ going: [], coming: to })
      const found = differingBuckets(a.buckets, b.buckets).map((bucket) =>
        compareMembers(
          bucket.from ? (a.stored.get(bucket.from) as Uint8Array) : new Uint8Array(),
          bucket.to ? (b.stored.get(bucket.to) as Uint8Array) : new Uint8Array(),
        ),
      )
      assert.deepEqual(
        found.flatMap(({ added }) => added),
        to.filter((digest) => !from.includes(digest)).sort(),
      )
      assert.deepEqual(
        found.flatMap(({ removed }) => removed),
        from.filter((digest) => !to.includes(digest)).sort(),
      )
    }),
  )
})

test('only the buckets that change are made anew', () => {
  const tree = new Tree()
  tree.revise({ going: [], coming: Array.from({ length: 20_000 }, (_, i) => digestOf(i)) })
  assert.equal(tree.buckets.size, 4_063)
  const { made } = tree.revise({ going: [digestOf(1)], coming: [digestOf('new'), digestOf('newer')] })
  assert.deepEqual(
    made.map(({ index }) => index),
    [digestOf(1), digestOf('new'), digestOf('newer')].map(bucketIndex).sort((a, b) => a - b),
  )
})

test('the layout is as written down: others can rebuild the root', () => {
  const tree = new Tree()
  assert.equal(tree.root, `sha256:${createHash('sha256').digest('hex')}`)
  const [a, b] = [`sha256:${'00'.repeat(31)}01`, `sha256:${'00'.repeat(31)}02`] as [Digest, Digest]
  const c = `sha256:abc${'0'.repeat(61)}` as Digest
  tree.revise({ going: [], coming: [b, c, a] })
  const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
  const table = Buffer.concat([
    Buffer.from([0, 0]),
    sha(Buffer.concat([toBytes(a), toBytes(b)])),
    Buffer.from([0x0a, 0xbc]),
    sha(toBytes(c)),
  ])
  assert.equal(tree.root, `sha256:${sha(table).toString('hex')}`)
})
