import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readMofRecord } from '../../formats/mof.ts'
import { concludeOpenness } from './conclude-openness.ts'
import { approvedLicences } from './licence-approvals.ts'
import { opennessOfLicence } from './licence-openness.ts'
import { termsOf } from './licence-table.ts'
import { componentIds, componentNamed, componentRules, type ComponentId } from './openness-components.ts'
import { gradeOpenness, judgeComponent, nextClass, type ComponentState, type OpennessGrade } from './openness.ts'

const grade = (ids: readonly ComponentId[]) => gradeOpenness(new Map(ids.map((id): [ComponentId, ComponentState] => [id, 'open'])))
const classThree: readonly ComponentId[] = [
  'model-architecture',
  'final-parameters',
  'technical-report',
  'evaluation-results',
  'model-card',
  'data-card',
]
const classTwo: readonly ComponentId[] = [...classThree, 'training-code', 'inference-code', 'evaluation-code', 'evaluation-data']

test('there are seventeen components, six for class III, ten for II, fourteen for I, three that no class asks for', () => {
  assert.equal(componentRules.length, 17)
  assert.deepEqual(grade([]).classes.map(({ of }) => of), [6, 10, 14]) // prettier-ignore
  assert.deepEqual(
    componentRules.filter(({ optional }) => optional).map(({ id }) => id),
    ['sample-outputs', 'supporting-libraries', 'model-metadata'],
  )
})

test('a class is reached when everything it asks for is open, and a higher one counts nothing before', () => {
  assert.equal(grade(classThree).class, 3)
  assert.equal(grade(classTwo).class, 2)
  assert.equal(grade(componentIds).class, 1)
  assert.equal(nextClass(grade(componentIds)), null)
  const lacking = grade(classTwo.filter((id) => id !== 'model-card'))
  assert.equal(lacking.class, null)
  assert.deepEqual(nextClass(lacking)?.lacks, ['model-card'])
  assert.deepEqual(lacking.classes.map(({ percent }) => Math.round(percent)), [83, 0, 0]) // prettier-ignore
})

test('a research paper does for the technical report, and counts once', () => {
  const paper = grade([...classThree.filter((id) => id !== 'technical-report'), 'research-paper'])
  assert.deepEqual([paper.class, paper.classes.map(({ met, of }) => `${met}/${of}`)], [3, ['6/6', '6/10', '6/13']])
  assert.deepEqual(grade([...classThree, 'research-paper']).classes.map(({ met, of }) => `${met}/${of}`), ['6/6', '6/10', '7/14']) // prettier-ignore
})

test('what is there without an open licence does not count', () => {
  const states = new Map(classThree.map((id): [ComponentId, ComponentState] => [id, 'open']))
  for (const state of ['not-open', 'unlicensed', 'missing'] as const)
    assert.equal(gradeOpenness(new Map([...states, ['model-card', state]])).class, null, state)
})

test('a licence is open by who says so, and fits what it was made for', () => {
  const open = (licence: string, kind: 'code' | 'data' | 'document' = 'data') => {
    const { open, fits } = opennessOfLicence(licence, kind)
    return open ? (fits ? 'fits' : 'open') : 'no'
  }
  assert.equal(open('Apache-2.0', 'code'), 'fits')
  assert.equal(open('Apache-2.0', 'data'), 'open')
  assert.equal(open('CC-BY-4.0'), 'fits')
  assert.equal(open('CC-BY-4.0', 'code'), 'open')
  assert.equal(open('CDLA-Permissive-2.0'), 'fits')
  assert.equal(open('OpenMDW-1.0', 'document'), 'fits')
  for (const licence of [
    'CC-BY-NC-4.0',
    'CC-BY-ND-4.0',
    'LicenseRef-Llama-3.1-Community',
    'LicenseRef-Nobody',
    'Undisclosed',
    '',
    'MIT AND',
  ])
    assert.equal(open(licence), 'no', licence)
  assert.equal(open('CC-BY-NC-4.0 OR CC-BY-4.0'), 'fits')
  assert.equal(open('CC-BY-NC-4.0 AND CC-BY-4.0'), 'no')
  assert.equal(open('GPL-2.0-or-later WITH Classpath-exception-2.0', 'code'), 'fits')
  assert.equal(open('Apache 2.0', 'code'), 'fits', 'a name that is quite a licence’s is read as it')
  assert.equal(open('BSD-3', 'code'), 'no', 'a name that is only near one is not')
  assert.match(opennessOfLicence('CC-BY-NC-4.0', 'data').why, /forbids commercial use/)
  assert.match(opennessOfLicence('LicenseRef-Gemma', 'data').why, /restricts who may use it/)
  assert.equal(opennessOfLicence('Proprietary', 'data').why, '"Proprietary" is no licence that is known here.')
})

test('no licence that counts as open forbids commercial use or adapted forms by the table of terms', () => {
  const contradicting = approvedLicences().filter(([id]) => {
    const terms = termsOf(id)
    return terms?.commercialUse === 'not-allowed' || terms?.derivatives === 'not-allowed'
  })
  assert.deepEqual(contradicting, [])
  assert.ok(approvedLicences().filter(([, by]) => by === 'open-data').every(([id]) => termsOf(id))) // prettier-ignore
})

// The framework's own reference data: records with the class its tool gives them, records of real models, the SPDX list with its flags.
const truth = '/work/shared/data/05-licence-openness'
const absent = existsSync(join(truth, 'mot')) ? false : `the Model Openness Tool's records are not at ${truth}`

function gradeRecord(file: string): { readonly grade: OpennessGrade; readonly counts: Record<'C' | 'G' | 'L' | 'V' | 'I', number> } {
  const { components, stated } = readMofRecord(readFileSync(file, 'utf8'), (name) => componentNamed(name)?.kind)
  const judged = components.map(({ name, licence }) => judgeComponent(componentNamed(name)!.id, licence))
  const counted = (state: ComponentState) => judged.filter((one) => one.state === state).length
  return {
    grade: gradeOpenness(new Map(judged.map(({ component, state }) => [component, state]))),
    counts: { C: components.length, G: stated.global, L: stated.own, V: counted('open'), I: counted('not-open') },
  }
}

test(
  'every test record of the Model Openness Tool gets the class, the progress and the counts its authors expect',
  { skip: absent },
  () => {
    const folder = join(truth, 'mot/test-data')
    const expected = JSON.parse(readFileSync(join(folder, 'expected-by-file.json'), 'utf8')) as Record<
      string,
      { class: number; progress: Record<'1' | '2' | '3', number> }
    >
    const files = readdirSync(folder).filter((name) => name.endsWith('.yml'))
    assert.deepEqual(files.sort(), Object.keys(expected).sort())
    assert.ok(files.length > 10)
    for (const file of files) {
      const { grade, counts } = gradeRecord(join(folder, file))
      const wanted = expected[file]!
      assert.equal(grade.class ?? 0, wanted.class, file)
      for (const { class: one, percent } of grade.classes)
        assert.ok(Math.abs(percent - wanted.progress[`${one}`]) < 1e-9, `${file}: class ${one} ${percent}`)
      // The file names carry the counts: components, licences for all, licences on one, valid and invalid ones.
      const [C, G, L, V, I] = /_(\d+)C_(\d+)G_(\d+)L_(\d+)V_(\d+)I_/.exec(file)!.slice(1).map(Number)
      assert.deepEqual(counts, { C, G, L, V, I }, file)
    }
  },
)

test('every record of a real model is graded', { skip: absent }, () => {
  const folder = join(truth, 'mot/models')
  const files = readdirSync(folder).filter((name) => name.endsWith('.yml'))
  const classes = files.map((file) => gradeRecord(join(folder, file)).grade.class)
  assert.ok(files.length > 100)
  assert.ok(classes.some((one) => one === 3) && classes.some((one) => one === null))
})

test('who counts a licence as open is what the SPDX list says', { skip: absent }, () => {
  const { licenses } = JSON.parse(readFileSync(join(truth, 'spdx/licenses.json'), 'utf8')) as {
    licenses: { licenseId: string; isOsiApproved: boolean; isFsfLibre?: boolean }[]
  }
  const ours = new Map(approvedLicences())
  const bare = (id: string) => id.replace(/\+$/, '')
  for (const { licenseId, isOsiApproved, isFsfLibre } of licenses)
    if (isOsiApproved || isFsfLibre) assert.ok(ours.has(bare(licenseId)), licenseId)
  const there = new Map(licenses.map((one) => [one.licenseId, one]))
  for (const [id, by] of ours)
    if (by === 'osi' || by === 'fsf') assert.ok(there.get(id)?.[by === 'osi' ? 'isOsiApproved' : 'isFsfLibre'], id)
})

test('a component of an adapted model is as open as the less open of base and release, and both say why', () => {
  const thing = (component: ComponentId, licence: string | null) => ({ component, licence, address: `/${component}`, sentence: 'There.' })
  const verdict = concludeOpenness(
    [thing('final-parameters', 'LicenseRef-Llama-3.1-Community'), thing('model-card', 'CC-BY-4.0')],
    [thing('final-parameters', 'MIT'), thing('model-card', 'MIT OR Apache-2.0'), thing('evaluation-code', 'MIT'), thing('data-card', null)],
  )
  const of = (id: ComponentId) => {
    const { state, licence, evidence } = verdict.components.find(({ component }) => component === id)!
    return [state, licence, evidence.map((side) => `${side.of} ${side.state}`).join(', ')]
  }
  assert.deepEqual(of('final-parameters'), ['not-open', 'LicenseRef-Llama-3.1-Community AND MIT', 'base not-open, release open'])
  assert.deepEqual(of('model-card'), ['open', 'CC-BY-4.0 AND (MIT OR Apache-2.0)', 'base open, release open'])
  assert.deepEqual(of('evaluation-code'), ['open', 'MIT', 'release open'], 'the release measures base and adapter together')
  assert.deepEqual(of('data-card'), ['missing', null, 'base missing, release unlicensed'])
  assert.match(verdict.components[1]!.evidence[0]!.sentence, /^There\. LicenseRef-Llama-3\.1-Community restricts who may use it/)
})
