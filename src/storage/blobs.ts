/** Contract: bytes by digest. An artefact, once stored, never changes; every implementation runs blobs.conformance.ts. */

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`

export interface StoredBlob {
  readonly digest: Digest
  readonly size: number
}

export interface Blobs {
  /**
   * Stores the bytes and says their digest. When it returns they are durable; when it throws nothing is visible. Storing what is already
   * there is cheap and not an error. With `expected`, a digest that differs is refused and nothing is kept.
   */
  put(bytes: Uint8Array | AsyncIterable<Uint8Array>, options?: { expected?: Digest; signal?: AbortSignal }): Promise<StoredBlob>
  has(digest: Digest): Promise<boolean>
  /** The whole blob, verified against its digest. Throws `not-found`, or `unavailable` where the stored bytes no longer match. */
  get(digest: Digest): Promise<Uint8Array>
  /** A stream of the blob (or of bytes `start` to `end`, exclusive). A whole read is verified at its end; a range is not. */
  read(digest: Digest, range?: { start: number; end: number }): AsyncIterable<Uint8Array>
  size(digest: Digest): Promise<number>
  /**
   * A path of a local file holding exactly these bytes, verified once per process, for code that maps files (engine, trainer). Read only; stays valid
   * until `remove`.
   */
  file(digest: Digest): Promise<string>
  /** Every blob there is, in no order that matters. What is stored or removed meanwhile may be among them or not. */
  list(): AsyncIterable<StoredBlob>
  /** Forgets a blob. Nothing happens if it is absent. */
  remove(digest: Digest): Promise<void>
}
