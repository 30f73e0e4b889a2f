/**
 * A set of examples as a two-level tree of digests, so that revising a million examples costs the buckets that changed. Pure.
 *
 * Members are the examples' digests, 32 raw bytes each. A member's bucket is its first 12 bits. A bucket is its members, sorted, one after
 * the other; its digest is sha256 over those bytes. The table lists the non-empty buckets in order, 2 bytes of index (big-endian) and 32 bytes of
 * digest each; the root is sha256 over the table. Equal sets have equal roots, however they came about.
 */

import { createHash } from 'node:crypto'
import type { Digest } from '../../storage/blobs.ts'

const member = 32
const row = 34

/** Non-empty buckets by index. */
export type Buckets = ReadonlyMap<number, Digest>

export interface Bucket {
  readonly index: number
  readonly digest: Digest
  /** Sorted members, 32 bytes each. */
  readonly members: Uint8Array
}

export function parseTable(table: Uint8Array): Buckets {
  const buckets = new Map<number, Digest>()
  for (let at = 0; at < table.length; at += row)
    buckets.set(((table[at] as number) << 8) | (table[at + 1] as number), toDigest(table.subarray(at + 2, at + row)))
  return buckets
}

export function writeTable(buckets: Buckets): Uint8Array {
  const table = new Uint8Array(buckets.size * row)
  let at = 0
  for (const [index, digest] of [...buckets].sort(([a], [b]) => a - b)) {
    table[at] = index >> 8
    table[at + 1] = index & 0xff
    table.set(toBytes(digest), at + 2)
    at += row
  }
  return table
}

export function rootOf(table: Uint8Array): Digest {
  return sha256(table)
}

export function toBytes(digest: Digest): Uint8Array {
  return Buffer.from(digest.slice('sha256:'.length), 'hex')
}

export function toDigest(bytes: Uint8Array): Digest {
  return `sha256:${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`
}

/** First 12 bits. */
export function bucketIndex(digest: Digest): number {
  return Number.parseInt(digest.slice('sha256:'.length, 'sha256:'.length + 3), 16)
}

/** The members of a bucket in order. */
export function membersIn(members: Uint8Array): Digest[] {
  return Array.from({ length: members.length / member }, (_, i) => toDigest(members.subarray(i * member, (i + 1) * member)))
}

export interface TreeChange {
  readonly buckets: Buckets
  /** Buckets that did not exist before. */
  readonly made: readonly Bucket[]
  readonly added: number
  readonly removed: number
  /** Asked to be removed but not there. */
  readonly missing: readonly Digest[]
  /** Asked to be added but there already. */
  readonly present: readonly Digest[]
}

/** Which buckets a change touches: those have to be read first. */
export function touchedBuckets(digests: Iterable<Digest>): ReadonlySet<number> {
  return new Set([...digests].map(bucketIndex))
}

/**
 * Takes members out, then puts others in.
 * @param members the sorted members of each touched bucket that exists
 */
export function reviseTree(
  before: Buckets,
  members: ReadonlyMap<number, Uint8Array>,
  change: { readonly going: readonly Digest[]; readonly coming: readonly Digest[] },
): TreeChange {
  const going = groupByBucket(change.going)
  const coming = groupByBucket(change.coming)
  const buckets = new Map(before)
  const made: Bucket[] = []
  const [missing, present]: [Digest[], Digest[]] = [[], []]
  let [added, removed] = [0, 0]
  for (const index of [...new Set([...going.keys(), ...coming.keys()])].sort((a, b) => a - b)) {
    const set = new Set(membersIn(members.get(index) ?? new Uint8Array()))
    for (const digest of going.get(index) ?? []) {
      if (set.delete(digest)) removed++
      else missing.push(digest)
    }
    for (const digest of coming.get(index) ?? []) {
      if (set.has(digest)) present.push(digest)
      else {
        set.add(digest)
        added++
      }
    }
    if (set.size === 0) buckets.delete(index)
    else {
      const bucket = makeBucket(index, set)
      if (before.get(index) !== bucket.digest) made.push(bucket)
      buckets.set(index, bucket.digest)
    }
  }
  return { buckets, made, added, removed, missing, present }
}

function makeBucket(index: number, set: ReadonlySet<Digest>): Bucket {
  // Hexadecimal text sorts as the bytes do.
  const members = Buffer.concat([...set].sort().map(toBytes))
  return { index, digest: sha256(members), members }
}

function groupByBucket(digests: readonly Digest[]): Map<number, Digest[]> {
  const groups = new Map<number, Digest[]>()
  for (const digest of digests) {
    const index = bucketIndex(digest)
    const group = groups.get(index)
    if (group) group.push(digest)
    else groups.set(index, [digest])
  }
  return groups
}

/** Buckets that differ between two trees: the rest need not be read. */
export function differingBuckets(from: Buckets, to: Buckets): readonly { index: number; from: Digest | null; to: Digest | null }[] {
  const indexes = [...new Set([...from.keys(), ...to.keys()])].sort((a, b) => a - b)
  return indexes.map((index) => ({ index, from: from.get(index) ?? null, to: to.get(index) ?? null })).filter((it) => it.from !== it.to)
}

/** Members of two versions of a bucket that are only in one. */
export function compareMembers(from: Uint8Array, to: Uint8Array): { added: Digest[]; removed: Digest[] } {
  const [added, removed]: [Digest[], Digest[]] = [[], []]
  const before = Buffer.from(from.buffer, from.byteOffset, from.length)
  let [left, right] = [0, 0]
  while (left < from.length || right < to.length) {
    // Both are sorted: bytes are compared where they lie, and only what differs becomes text.
    const order = left === from.length ? 1 : right === to.length ? -1 : before.compare(to, right, right + member, left, left + member)
    if (order < 0) removed.push(toDigest(from.subarray(left, left + member)))
    if (order > 0) added.push(toDigest(to.subarray(right, right + member)))
    if (order <= 0) left += member
    if (order >= 0) right += member
  }
  return { added, removed }
}

function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
