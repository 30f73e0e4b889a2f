import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse as parseYaml } from 'yaml'
import { AppError } from '../../errors.ts'
import { concludeLicence } from './conclude-licence.ts'
import { knownLicences, licenceAliases, termsOf } from './licence-table.ts'
import type { LicenceInput } from './licence-verdict.ts'
import { parseLicence } from './parse-licence.ts'

const base = (licence: string): LicenceInput => ({ what: 'the base model tiny', role: 'base', licence, count: 1, link: '/bases/tiny' })
const rows = (id: number, licence: string, count = 10): LicenceInput => ({
  what: `contribution ${id}`,
  role: 'examples',
  licence,
  count,
  link: `/contributions/${id}`,
})

test('non-commercial rows decide, are named with their contribution, and the answer without them is said', () => {
  const verdict = concludeLicence([base('Apache-2.0'), rows(16, 'CC-BY-4.0'), rows(17, 'CC-BY-NC-4.0', 41)])
  assert.equal(verdict.commercialUse, 'not-allowed')
  assert.equal(verdict.summary, 'Not for commercial use, because 41 rows of contribution 17 are CC-BY-NC-4.0; without them, yes.')
  assert.match(verdict.fix ?? '', /^Take 41 rows out of contribution 17, then train and release again/)
  assert.equal(concludeLicence([base('Apache-2.0'), rows(16, 'CC-BY-4.0')]).summary, 'Commercial use is allowed.')
})

test('every reason of a verdict names an input of it', () => {
  const verdict = concludeLicence([base('LicenseRef-Llama-3.1-Community'), rows(3, 'CC-BY-SA-4.0')])
  assert.deepEqual([...new Set(verdict.why.map(({ input }) => input.what))], ['the base model tiny', 'contribution 3'])
  assert.equal(verdict.commercialUse, 'allowed')
  assert.ok(verdict.conditions.some((condition) => condition.includes('Built with Llama')))
  assert.ok(verdict.conditions.some((condition) => condition.includes('under CC-BY-SA-4.0')))
})

test('a base that forbids commercial use cannot be fixed by taking out rows', () => {
  const verdict = concludeLicence([base('CC-BY-NC-4.0'), rows(1, 'CC0-1.0')])
  assert.equal(verdict.summary, 'Not for commercial use, because the base model tiny is CC-BY-NC-4.0.')
  assert.match(verdict.fix ?? '', /^Replace the base model tiny/)
})

test('OR is chosen from, AND combines', () => {
  assert.equal(concludeLicence([rows(1, 'CC-BY-NC-4.0 OR CC-BY-4.0')]).commercialUse, 'allowed')
  assert.equal(concludeLicence([rows(1, 'CC-BY-NC-4.0 AND CC-BY-4.0')]).commercialUse, 'not-allowed')
  assert.equal(concludeLicence([rows(1, '(CC-BY-NC-4.0 OR MIT) AND CC-BY-4.0')]).expression, 'CC-BY-4.0 AND MIT')
})

test('an unknown licence makes the answer unknown, but a known prohibition still decides', () => {
  const unknown = concludeLicence([rows(1, 'NOASSERTION'), rows(2, 'MIT')])
  assert.equal(unknown.commercialUse, 'unknown')
  assert.match(unknown.summary, /not known/)
  assert.equal(concludeLicence([rows(1, 'NOASSERTION'), rows(2, 'CC-BY-NC-4.0')]).commercialUse, 'not-allowed')
})

test('two share-alike licences that exclude each other are told apart from two that follow each other', () => {
  const clash = concludeLicence([rows(1, 'CC-BY-SA-4.0', 50), rows(2, 'ODbL-1.0', 5)])
  assert.equal(clash.derivatives, 'not-allowed')
  assert.match(
    clash.summary,
    /cannot be passed on as a whole: 50 rows of contribution 1 are CC-BY-SA-4.0 and 5 rows of contribution 2 are ODbL-1.0/,
  )
  assert.match(clash.fix ?? '', /5 rows out of contribution 2/)
  assert.equal(concludeLicence([rows(1, 'CC-BY-SA-3.0'), rows(2, 'CC-BY-SA-4.0')]).derivatives, 'allowed')
  assert.equal(concludeLicence([rows(1, 'CC-BY-SA-4.0'), rows(2, 'GPL-3.0-or-later')]).derivatives, 'allowed')
})

test('what people mistype is refused with what they meant', () => {
  const meant: Record<string, string> = {
    'CC BY 4.0': 'CC-BY-4.0',
    'cc-by-4.0': 'CC-BY-4.0',
    'CC-BY': 'CC-BY-4.0',
    'CC BY-NC-SA': 'CC-BY-NC-SA-4.0',
    'Apache 2.0': 'Apache-2.0',
    'apache-2': 'Apache-2.0',
    'Creative Commons Attribution 4.0': 'CC-BY-4.0',
    'llama3.1': 'LicenseRef-Llama-3.1-Community',
    'MIT Licence': 'MIT',
    'CC-BY-SA-4.O': 'CC-BY-SA-4.0',
    'LicenseRef-Llama-3.1': 'LicenseRef-Llama-3.1-Community',
    'mit or apache-2.0': 'MIT OR Apache-2.0',
  }
  for (const [typed, suggestion] of Object.entries(meant))
    assert.throws(
      () => parseLicence(typed),
      (error) => error instanceof AppError && error.code === 'invalid' && error.message.endsWith(`Did you mean ${suggestion}?`),
      typed,
    )
})

test('a licence nobody stated is refused', () => {
  for (const nothing of ['', 'NOASSERTION', 'NONE', 'unknown', 'other'])
    assert.throws(() => parseLicence(nothing), { name: 'AppError', code: 'invalid' }, nothing)
  assert.throws(() => parseLicence('LicenseRef-my-own-terms'), /is a reference that is not known here/)
  assert.throws(() => parseLicence('Aladdin'), /its terms are not known here/)
})

test('an exception stays with its licence', () => {
  assert.equal(parseLicence('GPL-2.0-only WITH Classpath-exception-2.0').expression, 'GPL-2.0-only WITH Classpath-exception-2.0')
  assert.equal(parseLicence('(MIT  OR Apache-2.0) AND CC0-1.0').expression, '(MIT OR Apache-2.0) AND CC0-1.0')
})

test('an expression that multiplies out is refused, not computed', () => {
  const bomb = Array.from({ length: 20 }, () => '(MIT OR ISC)').join(' AND ')
  assert.throws(() => parseLicence(bomb), /offers more than 64 choices/)
  assert.throws(() => parseLicence('MIT AND '.repeat(1000) + 'MIT'), /longer than 500 characters/)
})

test('whatever is typed, parsing ends with a licence or a sentence', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.constantFrom('MIT', 'AND', 'OR', '(', ')', ' ', '+', 'WITH', 'LicenseRef-x')),
      fc.string(),
      (a, b) => {
        try {
          parseLicence(a + b)
        } catch (error) {
          assert.ok(error instanceof AppError, String(error))
        }
      },
    ),
  )
})

test('every alias and every identifier leads to a licence with known terms', () => {
  for (const id of Object.values(licenceAliases)) assert.ok(termsOf(id), id)
  for (const { id } of knownLicences()) assert.equal(parseLicence(id).ways[0]?.[0]?.terms.id, id)
})

const shared = process.env['COMMONWEIGHTS_SHARED_DATA'] ?? '../shared/data'
const choosealicense = join(shared, '05-licence-openness/choosealicense/_licenses')

test(
  'the table agrees with choosealicense.com on commercial use, adaptation, credit and share-alike',
  { skip: existsSync(choosealicense) ? false : `there is no ${choosealicense}` },
  () => {
    let compared = 0
    for (const file of readdirSync(choosealicense)) {
      const text = readFileSync(join(choosealicense, file), 'utf8')
      const front = parseYaml(text.split('---')[1] as string) as Record<string, string[]> & { 'spdx-id': string }
      const ours = termsOf(front['spdx-id'])
      assert.ok(ours, `${front['spdx-id']} is not in the table`)
      const theirs = {
        commercialUse: front['permissions']?.includes('commercial-use') ? 'allowed' : 'not-allowed',
        derivatives: front['permissions']?.includes('modifications') ? 'allowed' : 'not-allowed',
        attribution: front['conditions']?.some((condition) => condition.startsWith('include-copyright')) ?? false,
        shareAlike: front['conditions']?.includes('same-license')
          ? 'whole'
          : front['conditions']?.some((condition) => /^same-license--/.test(condition))
            ? 'part'
            : 'none',
      }
      const { commercialUse, derivatives, attribution, shareAlike } = ours
      assert.deepEqual({ commercialUse, derivatives, attribution, shareAlike }, theirs, ours.id)
      compared++
    }
    assert.ok(compared >= 35)
  },
)
