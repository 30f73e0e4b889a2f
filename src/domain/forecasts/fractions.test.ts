import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { chosen, fractionName, neededFractions, type Member } from './fractions.ts'

const members: Member[] = Array.from({ length: 300 }, (_, i) => ({
  digest: `sha256:${createHash('sha256').update(String(i)).digest('hex')}`,
  language: i % 10 === 0 ? 'sat' : 'mr',
}))

test('each fraction lies within the next, has its share of every language, and is the same in whatever order the members come', () => {
  let before: ReadonlySet<string> = new Set()
  for (const fraction of neededFractions) {
    const now = chosen(members, fraction)
    assert.deepEqual(
      [...before].filter((digest) => !now.has(digest as never)),
      [],
    )
    const languages = Map.groupBy(members.filter(({ digest }) => now.has(digest)), ({ language }) => language) // prettier-ignore
    assert.equal(languages.get('sat')!.length, Math.round(30 * fraction.share))
    assert.equal(languages.get('mr')!.length, Math.round(270 * fraction.share))
    assert.deepEqual(chosen([...members].reverse(), fraction), now)
    before = now
  }
  assert.equal(before.size, 300)
})

test('another choice of the same share has other members', () => {
  const [one, other] = [1, 2].map((choice) => chosen(members, { share: 1 / 8, choice }))
  const shared = [...one!].filter((digest) => other!.has(digest)).length
  assert.equal(one!.size, other!.size)
  assert.ok(shared < one!.size / 2, `${shared} of ${one!.size} are in both`)
})

test('fractions are named as people say them', () => {
  assert.deepEqual(neededFractions.map(fractionName), ['1/8', '1/4', '1/2', '3/4', 'the whole'])
  assert.equal(fractionName({ share: 1 / 8, choice: 2 }), 'another 1/8')
})
