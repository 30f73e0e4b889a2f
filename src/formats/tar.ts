/** Tar archives (POSIX ustar, sizes above 8 GiB as GNU writes them): the plain files that a backup is made of. */

import { FormatError } from './format-error.ts'

const block = 512

/** The header of a plain file, and the zeros that follow its bytes. Throws RangeError where the name is longer than 100 ASCII characters. */
export function tarFile(name: string, size: number): { readonly header: Uint8Array; readonly padding: Uint8Array } {
  if (!/^[\x21-\x7e]{1,100}$/.test(name)) throw new RangeError(`${JSON.stringify(name)} is no name of at most 100 ASCII characters.`)
  const header = new Uint8Array(block)
  const write = (text: string, at: number) => header.set(Buffer.from(text, 'latin1'), at)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  write(name, 0)
  write(octal(0o600, 7), 100)
  write(octal(0, 7), 108)
  write(octal(0, 7), 116)
  if (size < 8 ** 11) write(octal(size, 11), 124)
  else {
    header[124] = 0x80
    new DataView(header.buffer).setBigUint64(128, BigInt(size))
  }
  write(octal(0, 11), 136)
  write('0', 156)
  write('ustar\x0000', 257)
  write(octal(checksum(header), 6) + ' ', 148)
  return { header, padding: new Uint8Array((block - (size % block)) % block) }
}

/** What an archive ends with. */
export const tarEnd: Uint8Array = new Uint8Array(2 * block)

export interface TarEntry {
  readonly name: string
  readonly size: number
  /** To be read before the next entry is asked for; what is left of it is skipped. */
  readonly bytes: AsyncIterable<Uint8Array>
}

/** The plain files of an archive, in order. Throws FormatError where it is cut short, damaged, or holds anything but plain files. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncIterable<TarEntry> {
  const input = new Pieces(source)
  for (let at = 0; ;) {
    const header = await input.exactly(block)
    if (header === null) throw new FormatError('The archive is cut short: its end is missing.', { byte: at })
    if (header.every((byte) => byte === 0)) return
    const { name, size } = readHeader(header, at)
    let left = size
    async function* bytes(): AsyncIterable<Uint8Array> {
      while (left > 0) {
        const piece = await input.some(left)
        if (piece === null) throw new FormatError(`The archive is cut short within ${name}.`, { byte: at })
        left -= piece.length
        yield piece
      }
    }
    const body = bytes()
    yield { name, size, bytes: body }
    for await (const _rest of bytes());
    if ((await input.exactly((block - (size % block)) % block)) === null)
      throw new FormatError(`The archive is cut short after ${name}.`, { byte: at })
    at += block + Math.ceil(size / block) * block
  }
}

function readHeader(header: Uint8Array, at: number): { name: string; size: number } {
  const text = (start: number, length: number) =>
    Buffer.from(header.subarray(start, start + length))
      .toString('latin1')
      .split('\0')[0] as string
  if (Number.parseInt(text(148, 8), 8) !== checksum(header)) throw new FormatError('A header of the archive is damaged.', { byte: at })
  const name = text(0, 100)
  const kind = text(156, 1)
  if (kind !== '0' && kind !== '') throw new FormatError(`${name} is no plain file.`, { byte: at })
  const size =
    (header[124] as number) & 0x80 ? Number(Buffer.from(header).readBigUInt64BE(128)) : Number.parseInt(text(124, 12).trim() || '0', 8)
  if (!Number.isSafeInteger(size) || size < 0) throw new FormatError(`The archive gives ${name} no size.`, { byte: at })
  return { name, size }
}

/** Over the header with its own field as spaces. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0)
}

/** Pieces of any size, read in the sizes that are wanted. */
class Pieces {
  readonly #source: AsyncIterator<Uint8Array>
  #held: Uint8Array = new Uint8Array()

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** At least one byte and at most `limit`; null at the end. */
  async some(limit: number): Promise<Uint8Array | null> {
    while (this.#held.length === 0) {
      const next = await this.#source.next()
      if (next.done) return null
      this.#held = next.value
    }
    const piece = this.#held.subarray(0, limit)
    this.#held = this.#held.subarray(piece.length)
    return piece
  }

  /** Null where there are fewer. */
  async exactly(length: number): Promise<Uint8Array | null> {
    const whole = new Uint8Array(length)
    for (let at = 0; at < length;) {
      const piece = await this.some(length - at)
      if (piece === null) return null
      whole.set(piece, at)
      at += piece.length
    }
    return whole
  }
}
