import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCommunity, personNamed } from '../testing.ts'
import { operator } from '../people/actor.ts'
import { concludeOpenness } from '../lineage/conclude-openness.ts'
import { thingsOfBase } from './base-things.ts'
import { declareBaseOpenness, declareCommunityOpenness } from './declare-openness.ts'
import { currentDeclaration, declarationLog } from './openness-queries.ts'

const training = { component: 'training-code', licence: 'Apache-2.0', address: 'https://example.org/train' }
const paper = { component: 'research-paper', licence: 'CC-BY-4.0', address: 'https://arxiv.org/abs/2403.13784' }

test('each declaration of a base is a record of its own: who, when, where it was read', async (t) => {
  const app = await openCommunity(t)
  const subject = { baseId: app.base.id }
  const meera = await personNamed(app, 'meera', 'maintainer')
  assert.equal(await currentDeclaration(app.db, subject), null)
  const source = 'https://example.org/card'
  await declareBaseOpenness(app, meera, 'tiny', { components: [paper, training], source, message: ' As its card says. ' })
  const declared = (await currentDeclaration(app.db, subject))!
  assert.deepEqual([declared.by, declared.source, declared.message], ['meera', source, 'As its card says.'])
  assert.deepEqual(declared.components, [training, paper], 'in the order of the table')
  await assert.rejects(declareBaseOpenness(app, meera, 'tiny', { components: [training, paper], source, message: 'Again.' }), {
    code: 'conflict',
    message: /declared of the base model tiny already/,
  })
  await declareBaseOpenness(app, operator, 'tiny', { components: [], message: 'The page is gone.' })
  assert.deepEqual(
    (await declarationLog(app.db, subject)).map(({ by, components }) => [by, components.length]),
    [['operator', 0], ['meera', 2]],
  ) // prettier-ignore
})

test('only maintainers declare: of a base those of the instance, for a community its own', async (t) => {
  const app = await openCommunity(t)
  const input = { components: [paper], message: 'Read.' }
  await assert.rejects(declareBaseOpenness(app, app.bilal, 'tiny', input), { code: 'forbidden' })
  const own = { ...app.asha, memberships: new Map([[app.model.id, 'maintainer' as const]]) }
  await assert.rejects(declareBaseOpenness(app, own, 'tiny', input), { code: 'forbidden' })
  await assert.rejects(declareCommunityOpenness(app, app.bilal, app.name, input), { code: 'forbidden' })
  const declared = await declareCommunityOpenness(app, own, app.name, input)
  assert.deepEqual(declared.components, [paper])
  assert.deepEqual(await currentDeclaration(app.db, { modelId: app.model.id }), declared)
})

test('what is no component, has no address or no reason, or is known otherwise, is refused', async (t) => {
  const app = await openCommunity(t)
  const declare = (components: readonly { component: string; licence?: string; address: string }[], message = 'Read.') =>
    declareBaseOpenness(app, operator, 'tiny', { components, message })
  await assert.rejects(declare([{ ...paper, component: 'soul' }]), { code: 'invalid', message: /There is no component "soul"; they are / })
  await assert.rejects(declare([paper, paper]), { code: 'invalid', message: /Research paper is named twice/ })
  for (const address of ['', 'javascript:alert(1)', '//evil.example', '/\\evil', 'ftp://x', 'https://a b'])
    await assert.rejects(declare([{ ...paper, address }]), { code: 'invalid' }, address)
  await assert.rejects(declare([paper], '  '), { code: 'invalid', message: /how you know/ })
  await assert.rejects(declareBaseOpenness(app, operator, 'nobody', { components: [], message: 'x' }), { code: 'not-found' })
  await assert.rejects(declareCommunityOpenness(app, operator, app.name, { components: [training], message: 'x' }), {
    code: 'invalid',
    message: /Training code is graded from what each release is made of; only /,
  })
})

test('a base is known by its own files, and by what is declared before that; unknown is not open', async (t) => {
  const { base } = await openCommunity(t)
  const states = (declared: readonly { component: 'model-card' | 'training-code'; licence: string | null; address: string }[]) =>
    concludeOpenness(null, thingsOfBase(base, declared.length === 0 ? null : { components: declared, by: 'meera' }))
      .components.filter(({ state }) => state !== 'missing')
      .map(({ component, state, evidence }) => `${component} ${state} ${evidence[0]!.address}`)
  assert.deepEqual(states([]), ['final-parameters open /bases/tiny', 'model-card open /bases/tiny#card', 'model-metadata open /bases/tiny'])
  const card = { component: 'model-card', licence: 'CC-BY-NC-4.0', address: 'https://example.org/card' } as const
  assert.ok(states([card]).includes('model-card not-open https://example.org/card'))
  assert.ok(states([{ component: 'training-code', licence: null, address: '/x' }]).includes('training-code unlicensed /x'))
  const weights = { component: 'final-parameters', licence: 'MIT', address: 'https://example.org/weights' } as const
  const [declared] = thingsOfBase({ ...base, licence: 'CC-BY-NC-4.0' }, { components: [weights], by: 'meera' })
  assert.deepEqual(
    [declared!.licence, declared!.address],
    ['CC-BY-NC-4.0', weights.address],
    'the weights have the licence they were added with',
  )
  const hub = thingsOfBase({ ...base, source: 'hf:a/b@0123abc' }, null)
  assert.equal(hub[0]!.address, 'https://huggingface.co/a/b/tree/0123abc')
})
