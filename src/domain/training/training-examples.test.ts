import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../errors.ts'
import { exampleDigest, type Example, type Provenance } from '../contributions/example.ts'
import { trainable, trainingLines } from './training-examples.ts'

const provenance: Provenance = { origin: 'human', generator: null, source: 'a notebook', licence: 'CC-BY-4.0', language: 'mr' }
const stored = (example: Example) => ({ ...example, digest: exampleDigest(example) })
const content = { prompt: '1 = ', completion: 'एक' }

const refused = (example: Example, sentence: RegExp) =>
  assert.throws(
    () => trainable(stored(example)),
    (error: unknown) => error instanceof AppError && error.code === 'invalid' && sentence.test(error.message),
  )

test('a trainer is given the content alone, a line each, in the order of the revision', async () => {
  const examples = ['एक', 'दोन'].map((completion) => stored({ content: { prompt: 'x', completion }, provenance }))
  const pieces = await Array.fromAsync(trainingLines((async function* () { yield* examples })())) // prettier-ignore
  assert.equal(Buffer.concat(pieces).toString(), '{"prompt":"x","completion":"एक"}\n{"prompt":"x","completion":"दोन"}\n')
})

test('nothing is trained on an example whose origin or licence is unknown, even if a check let it in', () => {
  refused({ content, provenance: { ...provenance, licence: 'NOASSERTION' } }, /licence "NOASSERTION", whose terms are unknown/)
  refused({ content, provenance: { ...provenance, licence: '' } }, /whose terms are unknown/)
  refused({ content, provenance: { ...provenance, source: '' } }, /does not say where it is from/)
  refused({ content, provenance: { ...provenance, origin: 'generated' } }, /does not say where it is from/)
  assert.equal(trainable(stored({ content, provenance })), content)
})

test('a trainer is given preferences, and names to mix by where the recipe does', async () => {
  const preference = { prompt: '1 = ', chosen: 'एक', rejected: 'one' }
  const examples = async function* () { yield stored({ content: preference, provenance: { ...provenance, generator: 'a draft' } }) } // prettier-ignore
  const lines = async (mix: Record<string, number>) =>
    JSON.parse(Buffer.concat(await Array.fromAsync(trainingLines(examples(), { mix }))).toString()) as unknown
  assert.deepEqual(await lines({}), preference)
  assert.deepEqual(await lines({ 'language:mr': 2 }), {
    ...preference,
    source: ['origin:human', 'language:mr', 'licence:CC-BY-4.0', 'source:a notebook', 'generator:a draft'],
  })
})
