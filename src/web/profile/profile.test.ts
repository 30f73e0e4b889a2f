import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findModel } from '../../domain/models/model-queries.ts'
import { setMember } from '../../domain/people/set-member.ts'
import { communitiesOfPerson } from '../../domain/reviews/person-work.ts'
import { actorId } from '../../domain/people/actor.ts'
import { answers, model, openSmallCommunity } from '../releases/testing.ts'
import { assertSound, looks, openBrowser, visitAs } from '../testing.ts'

test('a person’s page', async (t) => {
  const { app, url, asha, tomba, maintainer, reviewer, offer, tokens } = await openSmallCommunity(t)
  for (let i = 0; i < 9; i++) await offer(asha, answers(24 + 2 * i, 26 + 2 * i, 'ok'), `Answers, part ${i + 1}`)
  await setMember(app, maintainer, (await findModel(app.db, model)).id, { name: 'asha', role: 'reviewer' })
  const browser = await openBrowser(t)

  await t.test('it says what somebody offered, where, with which role, and how far they are trusted and why', async (t) => {
    for (const look of looks) {
      const page = await visitAs(browser, t, url, { look })
      await page.goto('/people/asha')
      await assertSound(page)
    }
    const page = await visitAs(browser, t, url)
    await page.goto('/people/asha')
    const said = (await page.textContent('main')) ?? ''
    assert.match(said, /Answers, part 9/)
    assert.doesNotMatch(said, /Answers, part 1[^0-9]/, 'the ninth is on the next page')
    assert.match(said, /9 of 9/)
    assert.match(said, /lower end of Wilson's interval/)
    await page.getByRole('link', { name: 'All contributions' }).click()
    assert.equal(await page.locator('main .rows > li').count(), 9)
    await assertSound(page)
  })

  await t.test('a reviewer’s reviews and communities are there; whoever did nothing has a page that says so', async (t) => {
    const page = await visitAs(browser, t, url)
    await page.goto('/people/ravi')
    assert.match((await page.textContent('main')) ?? '', /accepted it/)
    assert.deepEqual(
      (await communitiesOfPerson(app.db, actorId(reviewer) as number)).map(({ model, contributions, reviews }) => [
        model,
        contributions,
        reviews,
      ]),
      [[model, 0, 9]],
    )
    await page.goto('/people/tomba')
    assert.match((await page.textContent('main')) ?? '', /Nothing has been offered/)
    assert.equal((await communitiesOfPerson(app.db, actorId(tomba) as number)).length, 0)
    assert.equal((await page.goto('/people/nobody-here'))?.status(), 404)
    const own = await visitAs(browser, t, url, { token: tokens['tomba'] as string })
    await own.goto('/people/tomba')
    assert.match((await own.textContent('main')) ?? '', /You have not offered anything yet/)
  })
})
