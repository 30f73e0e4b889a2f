import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FormatError } from './format-error.ts'
import { readMofRecord, writeMofRecord } from './mof.ts'

const kinds: Record<string, 'code' | 'data' | 'document'> = { 'Training code': 'code', Datasets: 'data', 'Model card': 'document' }
const read = (text: string) => readMofRecord(text, (name) => kinds[name])

const record = `framework: {name: Model Openness Framework}
release:
  name: Tara
  producer: A school
  license:
    distribution: {name: Apache-2.0, path: ''}
    data: {name: CC-BY-4.0}
    document: {name: }
  components:
    - {name: Training code, component_path: 'https://example.org/train'}
    - {name: Datasets}
    - {name: Model card, license: unlicensed}
    - {name: Something new, license: MIT}
    - nonsense
`

test('a component inherits the licence of its kind, then of the distribution, unless it is said to have none', () => {
  const { name, producer, components, stated } = read(record)
  assert.deepEqual([name, producer], ['Tara', 'A school'])
  assert.deepEqual(components, [
    { name: 'Training code', licence: 'Apache-2.0', address: 'https://example.org/train' },
    { name: 'Datasets', licence: 'CC-BY-4.0', address: null },
    { name: 'Model card', licence: null, address: null },
  ])
  assert.deepEqual(stated, { global: 2, own: 1 })
})

test('what is no record is refused in words', () => {
  for (const text of ['', 'a: [', '{"release": {}}', '[]', 'release: {components: 3}', 'a: &a [x]\nb: *a'])
    assert.throws(() => read(text), FormatError, text)
  assert.throws(() => read(' '.repeat(200_001)), /at most 200000/)
})

test('what is written is read back', () => {
  const { components } = read(record)
  const written = writeMofRecord({
    name: 'Tara',
    version: '0.1.0',
    date: '2026-11-21',
    producer: 'A school',
    origin: 'tiny',
    distribution: 'MIT',
    components,
  })
  assert.deepEqual(read(written).components, components)
})
