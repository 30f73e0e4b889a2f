import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../errors.ts'
import { compareVersions, parseVersion } from './version.ts'

test('versions order as the specification says', () => {
  const ordered = [
    ...['0.0.9', '0.1.0', '0.9.9', '0.10.0', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2'],
    ...['1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.0.1', '2.0.0'],
  ]
  for (const [index, version] of ordered.entries())
    for (const [other, against] of ordered.entries())
      assert.equal(
        Math.sign(compareVersions(parseVersion(version), parseVersion(against))),
        Math.sign(index - other),
        `${version} and ${against}`,
      )
})

test('what is not a semantic version is refused with an example', () => {
  for (const text of ['1', '1.0', 'v1.0.0', '01.0.0', '1.0.0-', '1.0.0-01', '1.0.0+build', '', '../1.0.0', '1.0.0\n', '9999999999.0.0'])
    assert.throws(
      () => parseVersion(text),
      (error: unknown) => error instanceof AppError && error.code === 'invalid' && /e\.g\. 0\.1\.0/.test(error.message),
      text,
    )
})
