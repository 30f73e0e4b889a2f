/** Which files of a folder or repository make a base model, and which are never touched. Pure. */

import { AppError } from '../../errors.ts'

export const baseFileLimits = {
  /** Entries looked at in a folder or repository; the largest published models have under 300. */
  entries: 2_000,
  /** A JSON or text file; the largest tokenizer.json in use has 33 MB. */
  text: 128 * 1024 * 1024,
  /** One weights file. Shards are published at 5 to 50 GB. */
  weights: 100 * 1024 * 1024 * 1024,
} as const

const required = ['config.json', 'tokenizer.json'] as const
const optional = new Set([
  'generation_config.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'model.safetensors.index.json',
])
const papers = /^(README|LICEN[CS]E|NOTICE|COPYING|USE_POLICY|CITATION)[A-Za-z0-9._-]*$/
const weights = /^[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors$/
/** Pickle can run code when it is loaded. */
const pickles = /\.(bin|pt|pth|ckpt|pkl|pickle|npy|npz|h5|msgpack|joblib)$/i

export interface BaseFileEntry {
  readonly path: string
  readonly size: number
}

/** The files to take, config.json first and weights last, so that a wrong folder is refused before anything large is read. */
export function chooseBaseFiles<Entry extends BaseFileEntry>(entries: readonly Entry[], where: string): readonly Entry[] {
  const refuse = (fact: string): never => {
    throw new AppError('invalid', `${where} ${fact}`)
  }
  if (entries.length > baseFileLimits.entries)
    return refuse(`has ${entries.length} files; at most ${baseFileLimits.entries} are looked at.`)
  const names = new Set(entries.map(({ path }) => path))
  const shards = entries.filter(({ path }) => weights.test(path))
  if (shards.length === 0) {
    const pickle = entries.find(({ path }) => pickles.test(path))
    if (pickle)
      return refuse(`has its weights in ${pickle.path}, a format that can run code when loaded; convert them to safetensors first.`)
    return refuse('has no *.safetensors file; point at the folder that holds config.json and the weights.')
  }
  for (const name of required)
    if (!names.has(name)) return refuse(`has no ${name}; a base model needs ${required.join(', ')} and *.safetensors.`)
  if (!names.has('model.safetensors.index.json') && !names.has('model.safetensors') && shards.length > 1)
    return refuse(`has ${shards.length} *.safetensors files but no model.safetensors.index.json that says how they belong together.`)
  const isWeights = ({ path }: Entry) => weights.test(path)
  const taken = entries.filter(
    (entry) =>
      (required as readonly string[]).includes(entry.path) || optional.has(entry.path) || papers.test(entry.path) || isWeights(entry),
  )
  for (const entry of taken) {
    const limit = isWeights(entry) ? baseFileLimits.weights : baseFileLimits.text
    if (entry.size > limit) return refuse(`has ${entry.path} of ${entry.size} bytes; at most ${limit} are read.`)
  }
  const rank = (entry: Entry) => (entry.path === 'config.json' ? 0 : isWeights(entry) ? 2 : 1)
  return taken.sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1))
}

/** Which of the files hold weights that the index, or the only file, names. */
export function weightFiles(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => weights.test(path))
}
