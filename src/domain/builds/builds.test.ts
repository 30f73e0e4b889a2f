import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latestRevision } from '../datasets/dataset-queries.ts'
import { contribute } from '../contributions/contribute.ts'
import { decideContribution } from '../datasets/decide-contribution.ts'
import { changeKeeping, changeWith, changeWithout } from '../datasets/draft-changes.ts'
import { draftRevision } from '../datasets/revise-dataset.ts'
import { adding, offerOf, openCommunity } from '../testing.ts'

const say = (n: number) => ({ text: `Sentence number ${n} of the test, long enough to count.` })

async function accepted(community: Awaited<ReturnType<typeof openCommunity>>, ...contents: readonly unknown[]): Promise<number> {
  const { contribution } = await contribute(community, community.asha, community.name, offerOf(adding(...contents)))
  await decideContribution(community, community.bilal, contribution.id, { decision: 'accept' })
  return contribution.id
}

test('a draft with a proposal becomes the revision when the proposal is accepted, and no log shows it before', async (t) => {
  const community = await openCommunity(t)
  const { db, model } = community
  await accepted(community, say(1), say(2))
  const head = (await latestRevision(db, model.id))!
  const { contribution } = await contribute(community, community.asha, community.name, offerOf(adding(say(3))))
  const draft = await draftRevision(db, model.id, head, await changeWith(db, contribution))
  assert.equal(draft.count, 3)
  assert.deepEqual(await draftRevision(db, model.id, head, await changeWith(db, contribution)), draft)
  assert.equal((await latestRevision(db, model.id))!.id, head.id)
  const { revision } = await decideContribution(community, community.bilal, contribution.id, { decision: 'accept' })
  assert.deepEqual([revision!.id, revision!.number, revision!.digest], [draft.id, 2, draft.digest])
  assert.deepEqual((await latestRevision(db, model.id))!.contributions, [contribution.id])
})

test('leaving contributions out gives the dataset that would be there without them', async (t) => {
  const community = await openCommunity(t)
  const { db, model } = community
  const first = await accepted(community, say(1), say(2))
  const before = (await latestRevision(db, model.id))!
  const second = await accepted(community, say(3), say(4))
  const third = await accepted(community, say(5))
  const head = (await latestRevision(db, model.id))!
  const without = async (...ids: number[]) => draftRevision(db, model.id, head, await changeWithout(db, head, ids))
  assert.equal((await without(second, third)).digest, before.digest)
  assert.equal((await without(second)).count, 3)
  assert.equal((await without(first, second, third)).count, 0)
  const kept = await draftRevision(db, model.id, head, await changeKeeping(db, head, (digest) => digest < 'sha256:8'))
  assert.ok(kept.count < head.count)
})

test('leaving out a contribution that replaced an example brings the example back', async (t) => {
  const community = await openCommunity(t)
  const { db, model } = community
  await accepted(community, say(1), say(2))
  const before = (await latestRevision(db, model.id))!
  const [target] = (await db.selectFrom('contributionChanges').select('exampleDigest').execute()).map(({ exampleDigest }) => exampleDigest!)
  const { contribution } = await contribute(
    community,
    community.asha,
    community.name,
    offerOf([{ kind: 'replace', target: target!, content: say(9) }]),
  )
  await decideContribution(community, community.bilal, contribution.id, { decision: 'accept' })
  const head = (await latestRevision(db, model.id))!
  assert.equal((await draftRevision(db, model.id, head, await changeWithout(db, head, [contribution.id]))).digest, before.digest)
})
