/** What the tests of the first stages share: a database and blobs, people, a tiny base model and a community over it. Not for the program itself. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HfConfig } from '../formats/hf-config.ts'
import { writeHfConfig } from '../formats/hf-config.ts'
import { expectedTensors } from '../formats/llama-tensors.ts'
import { writeSafetensors, type TensorToWrite } from '../formats/safetensors-write.ts'
import type { FloatType } from '../formats/half.ts'
import type { Blobs } from '../storage/blobs.ts'
import type { Database } from '../storage/database.ts'
import { openFiles } from '../storage/files.ts'
import { temporaryDatabase, temporaryFolder, type Lifetime } from '../storage/testing.ts'
import type { Offer, OfferedChange } from './contributions/contribution.ts'
import { addBase } from './models/add-base.ts'
import type { BaseModel } from './models/base-model.ts'
import type { CommunityModel } from './models/community-model.ts'
import { createModel, type NewModel } from './models/create-model.ts'
import { addPerson } from './people/add-person.ts'
import { operator, type Actor, type RoleName } from './people/actor.ts'

export interface Stores {
  readonly db: Database
  readonly blobs: Blobs
  readonly folder: string
}

export async function openStores(lifetime: Lifetime, database?: Database): Promise<Stores> {
  const folder = temporaryFolder(lifetime)
  return { db: database ?? (await temporaryDatabase(lifetime)), blobs: await openFiles(join(folder, 'blobs')), folder }
}

export type PersonActor = Actor & { readonly kind: 'person' }

export async function personNamed(app: { readonly db: Database }, name: string, role: RoleName): Promise<PersonActor> {
  const { person } = await addPerson(app, operator, { name, role })
  return { kind: 'person', id: person.id, name: person.name, role: person.role }
}

export const tinyConfig: HfConfig = {
  architecture: 'LlamaForCausalLM',
  vocabSize: 258,
  hiddenSize: 32,
  intermediateSize: 64,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headSize: 16,
  contextLength: 128,
  ropeTheta: 10_000,
  ropeScaling: null,
  normEpsilon: 1e-5,
  tiedEmbeddings: true,
  bosTokenId: 256,
  eosTokenIds: [257],
  padTokenId: null,
}

/** The characters GPT-2 writes for the 256 bytes. */
function byteCharacters(): string[] {
  const plain = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255)
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(plain(byte) ? byte : next++))
}

export function tinyTokenizer(): unknown {
  const special = (id: number, content: string) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })
  const characters = byteCharacters()
  return {
    version: '1.0',
    added_tokens: [special(256, '<s>'), special(257, '</s>')],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', vocab: Object.fromEntries([...characters, '<s>', '</s>'].map((token, id) => [token, id])), merges: [] },
  }
}

/** Weights that are small, different everywhere and the same every time. */
export function tinyWeights(config: HfConfig, type: FloatType): (TensorToWrite & { readonly values: Float32Array })[] {
  return [...expectedTensors(config)].map(([name, shape], tensor) => {
    const length = shape.reduce((a, b) => a * b, 1)
    const values = Float32Array.from({ length }, (_, i) => (shape.length === 1 ? 1 : Math.sin(tensor * 1_000 + i) / 8))
    return { name, type, shape, values }
  })
}

/** A folder as the Hub has it. The base it holds says nothing sensible, but everything about it is in order. */
export function writeTinyBase(folder: string, options: { readonly config?: HfConfig; readonly type?: FloatType } = {}): string {
  const { config = tinyConfig, type = 'F16' } = options
  mkdirSync(folder, { recursive: true })
  const json = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value))
  json('config.json', writeHfConfig(config, type))
  json('tokenizer.json', tinyTokenizer())
  json('tokenizer_config.json', { bos_token: '<s>', eos_token: '</s>', tokenizer_class: 'PreTrainedTokenizerFast' })
  writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(tinyWeights(config, type)))
  writeFileSync(join(folder, 'README.md'), '# Tiny\n')
  return folder
}

export interface Community extends Stores {
  readonly base: BaseModel
  readonly model: CommunityModel
  /** `owner/name`. */
  readonly name: string
  /** Contributes. */
  readonly asha: PersonActor
  /** Review. */
  readonly bilal: PersonActor
  readonly chitra: PersonActor
}

/** A community that teaches Marathi, with a contributor and two reviewers. */
export async function openCommunity(lifetime: Lifetime, model: Partial<NewModel> = {}, database?: Database): Promise<Community> {
  const stores = await openStores(lifetime, database)
  const folder = writeTinyBase(join(stores.folder, 'tiny'))
  const base = await addBase(stores, operator, { from: { folder }, name: 'tiny', licence: 'Apache-2.0' })
  const name = 'marathi/saathi'
  return {
    ...stores,
    base,
    model: await createModel(stores, operator, name, { base: 'tiny', ...model }),
    name,
    asha: await personNamed(stores, 'asha', 'contributor'),
    bilal: await personNamed(stores, 'bilal', 'reviewer'),
    chitra: await personNamed(stores, 'chitra', 'reviewer'),
  }
}

/** An offer of examples made by hand, with whatever is said otherwise. */
export function offerOf(changes: Iterable<OfferedChange> | AsyncIterable<OfferedChange>, other: Partial<Offer> = {}): Offer {
  return {
    message: 'Dates in Marathi',
    licence: 'CC-BY-4.0',
    language: 'mr',
    origin: 'human',
    source: 'written by hand',
    signOff: 'Asha K',
    changes,
    ...other,
  }
}

export function adding(...contents: readonly unknown[]): OfferedChange[] {
  return contents.map((content) => ({ kind: 'add', content }))
}
