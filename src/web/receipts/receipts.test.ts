import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contribute } from '../../domain/contributions/contribute.ts'
import { decideContribution } from '../../domain/datasets/decide-contribution.ts'
import { receiptsOfPerson } from '../../domain/receipts/receipt-queries.ts'
import { publishRelease } from '../../domain/releases/publish-release.ts'
import { endOf, evaluated, type Loop } from '../../domain/releases/testing.ts'
import { adding, offerOf } from '../../domain/testing.ts'
import { startRun } from '../../domain/training/start-run.ts'
import { answers, model, openSmallCommunity } from '../releases/testing.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'

/** Kinds of jobs that come to an end; what wakes by the clock does not. */
const ends = ['train', 'evaluate', 'build', 'measure', 'preview', 'receipts']

test('receipts of a release', async (t) => {
  const community = await openSmallCommunity(t)
  const { app, url, asha, tomba, reviewer, maintainer, tokens, offer } = community
  const loop = app as unknown as Loop
  const done = async () => {
    for (const { id } of await app.db.selectFrom('jobs').select('id').where('kind', 'in', ends).execute()) await app.jobs.ended(id)
  }
  await offer(asha, answers(24, 56, 'ok'), 'Half of the answers')
  await offer(tomba, answers(56, 88, 'ok'), 'The other half')
  const { contribution } = await contribute(
    app,
    asha,
    model,
    offerOf(adding({ text: 'वीस आणि वीस म्हणजे तीस असे म्हणतात' }), { message: 'A sum' }),
  )
  await decideContribution(app, reviewer, contribution.id, { decision: 'reject', message: 'Twenty and twenty is forty.' })
  await endOf(loop, await startRun(app, reviewer, model, {}))
  await evaluated(loop, reviewer, model)
  await publishRelease(app, maintainer, model, '0.1.0')
  await done()
  const browser = await openBrowser(t)
  const [first] = await receiptsOfPerson(app.db, 'asha')
  assert.ok(first)

  await t.test('a receipt says what is in it, what is not and in whose words, and claims nothing that was not measured', async (t) => {
    for (const look of looks) {
      const page = await visitAs(browser, t, url, { look })
      await page.goto(`/receipts/${first.digest}`)
      await assertSound(page)
    }
    const page = await visitAs(browser, t, url)
    await page.goto(`/receipts/${first.digest}`)
    const said = (await page.textContent('main')) ?? ''
    assert.match(said, /All its 32 examples are in it/)
    assert.match(said, /nothing is claimed here/)
    assert.match(said, /Twenty and twenty is forty\./)
    assert.match(said, new RegExp(first.digest))
    assert.equal(await page.getByRole('button', { name: 'Measure it' }).count(), 0, 'not for a stranger to ask')
    assert.equal((await page.goto('/receipts/sha256:0'))?.status(), 404)
  })

  await t.test('its person has it measured, and the next edition shows what changed because of it, before and after', async (t) => {
    const page = await visitAs(browser, t, url, { token: tokens['asha'] as string })
    await page.goto(`/receipts/${first.digest}`)
    assert.match((await page.textContent('h1')) ?? '', /^Your work in/)
    await page.getByRole('button', { name: 'Measure it' }).click()
    assert.match((await page.textContent('main')) ?? '', /being measured/)
    await done()
    await page.goto(`/receipts/${first.digest}`)
    await page.getByRole('link', { name: 'a newer edition' }).click()
    const [newest] = await receiptsOfPerson(app.db, 'asha')
    const [effect] = newest!.body.included[0]!.effects
    const { changed, samples } = effect!.suites[0]!
    const all = changed.better + changed.worse + changed.other
    const said = (await page.textContent('main')) ?? ''
    assert.match(said, /measured by leaving it out/)
    assert.match(said, new RegExp(`${all === 0 ? 'No' : all} answers? of ${samples} in answers changed because of it`))
    assert.equal(await page.locator('.changed-answers > li').count(), Math.min(all, 10))
    await assertSound(page)
    await keepScreenshot(page, 'receipt')
  })

  await t.test('a release and a person list theirs', async (t) => {
    const page = await visitAs(browser, t, url)
    await page.goto(`/models/${model}/releases/0.1.0/receipts`)
    assert.deepEqual((await page.locator('.rows .row-title a').allTextContents()).map((name) => name.trim()).sort(), [
      'asha',
      'ravi',
      'tomba',
    ])
    await assertSound(page)
    await page.goto('/people/asha/receipts')
    assert.match((await page.locator('.rows').textContent()) ?? '', /effect of 1 measured/)
    await assertSound(page)
  })
})
