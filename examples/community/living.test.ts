import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scheduledTags } from '../languages.ts'
import { communityFor } from './community.ts'
import { livingCommunityFor } from './living.ts'

test('what goes on after the release is new in every language, so that no check turns it away', () => {
  for (const tag of scheduledTags) {
    const community = communityFor(tag)
    const { waiting, sentBack } = livingCommunityFor(community)
    const offered = [...waiting.examples, ...sentBack.examples].map(({ messages }) => messages[0].content)
    assert.ok(
      waiting.examples.length >= 6 && sentBack.examples.length >= 6,
      `${tag}: ${waiting.examples.length}, ${sentBack.examples.length}`,
    )
    assert.equal(new Set(offered).size, offered.length, tag)
    const known = [
      ...community.suite.samples,
      ...community.contributions.flatMap(({ examples, revision }) => [...examples, ...(revision?.examples ?? [])]),
    ].map(({ messages }) => messages[0].content)
    assert.deepEqual(
      offered.filter((question) => known.includes(question)),
      [],
      tag,
    )
  }
})
