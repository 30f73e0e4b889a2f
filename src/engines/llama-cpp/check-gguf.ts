/** Looks at GGUF files before llama.cpp maps them: it ends the whole process on some broken ones, and says little about the others. */

import { open } from 'node:fs/promises'
import { AppError } from '../../errors.ts'
import { FormatError } from '../../formats/format-error.ts'
import { openGguf, type Gguf } from '../../formats/gguf.ts'

/** Reads header and tensor table. Throws `invalid` for a file that is no whole GGUF. */
export async function readGguf(path: string, what: string): Promise<Pick<Gguf, 'metadata' | 'tensors'> & { readonly bytes: number }> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const read = async (start: number, end: number): Promise<Uint8Array> => {
      const { buffer, bytesRead } = await file.read(new Uint8Array(end - start), 0, end - start, start)
      return buffer.subarray(0, bytesRead)
    }
    const { metadata, tensors } = await openGguf({ size, read }, what)
    return { metadata, tensors, bytes: size }
  } catch (error) {
    if (error instanceof FormatError)
      throw new AppError('invalid', `${error.message.replace(/\.( \([^)]*\))$/, '$1.')} Make or fetch the file again.`, { cause: error })
    throw error
  } finally {
    await file.close()
  }
}

type Header = Pick<Gguf, 'metadata' | 'tensors'>

/** Throws `invalid` where the file is no base model. */
export function checkBase(base: Header, what: string): void {
  if (text(base, 'general.type') === 'adapter')
    throw new AppError('invalid', `${what} is an adapter; serve it together with the base it was trained on.`)
  if (text(base, 'general.architecture') === undefined)
    throw new AppError('invalid', `${what} does not say its architecture (general.architecture), so it cannot be served.`)
}

/** Throws `invalid` where the adapter is none, or does not belong over this base. */
export function checkAdapter(adapter: Header, base: Header, what: string, baseName: string): void {
  const refuse = (fact: string): never => {
    throw new AppError('invalid', `${what} does not fit ${baseName}: ${fact}. Choose the base it was trained on.`)
  }
  if (text(adapter, 'general.type') !== 'adapter' || text(adapter, 'adapter.type') !== 'lora')
    throw new AppError(
      'invalid',
      `${what} is not a LoRA adapter (general.type ${text(adapter, 'general.type') ?? 'missing'}, adapter.type ${text(adapter, 'adapter.type') ?? 'missing'}).`,
    )
  const [architecture, expected] = [text(adapter, 'general.architecture'), text(base, 'general.architecture')]
  if (architecture !== expected) refuse(`it is for ${architecture ?? 'no named architecture'}, the base is ${expected ?? 'none'}`)
  if (adapter.tensors.size === 0) refuse('it holds no tensors')
  for (const { name, shape } of adapter.tensors.values()) {
    const part = /^(.+)\.lora_([ab])$/.exec(name)
    if (!part) return refuse(`its tensor ${name} is no part of a LoRA pair`)
    const [, target, side] = part
    const other = adapter.tensors.get(`${target}.lora_${side === 'a' ? 'b' : 'a'}`)
    if (!other) return refuse(`its tensor ${name} has no other half`)
    const weight = base.tensors.get(target!)
    if (!weight) return refuse(`the base has no ${target} that its ${name} would change`)
    // llama.cpp stores an adapter of the embedding the other way round and checks it itself.
    if (target === 'token_embd.weight') continue
    const [rank, edge] = side === 'a' ? [shape[0], shape[1]] : [shape[1], shape[0]]
    const wanted = weight.shape[side === 'a' ? 1 : 0]
    if (shape.length !== 2 || edge !== wanted)
      return refuse(`its ${name} is [${shape.join(', ')}], and ${target} is [${weight.shape.join(', ')}]`)
    if (rank !== other.shape[side === 'a' ? 1 : 0]) return refuse(`the two halves of ${target} have different ranks`)
  }
}

function text(header: Header, key: string): string | undefined {
  const found = header.metadata.get(key)
  return found?.type === 'string' ? (found.value as string) : undefined
}

/** A whole number in the metadata, or undefined. */
export function count(header: Header, key: string): number | undefined {
  const found = header.metadata.get(key)
  if (found === undefined || found.type === 'array') return undefined
  const value = Number(found.value)
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
