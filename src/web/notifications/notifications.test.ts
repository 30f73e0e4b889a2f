import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notificationSettingsOf, unreadCount } from '../../domain/notifications/notification-queries.ts'
import { actorId } from '../../domain/people/actor.ts'
import { answers, openSmallCommunity } from '../releases/testing.ts'
import { assertSound, looks, openBrowser, visitAs } from '../testing.ts'

test('what concerns somebody is told, read and chosen', async (t) => {
  const { app, url, tokens, asha, offer } = await openSmallCommunity(t)
  const [first, second] = [await offer(asha, answers(24, 26, 'ok'), 'Two answers'), await offer(asha, answers(26, 28, 'ok'), 'Two more')]
  await offer(asha, answers(28, 30, 'ok'), 'And two')
  const browser = await openBrowser(t)
  const token = tokens['asha'] as string
  const id = actorId(asha) as number
  const unread = () => unreadCount(app.db, id)

  await t.test('the newest stands first, and its number stands in the head of every page', async (t) => {
    for (const look of looks) {
      const page = await visitAs(browser, t, url, { token, look })
      await page.goto('/notifications')
      assert.deepEqual(await page.locator('.notifications .sentence a').count(), 3)
      assert.match((await page.locator('.sentence a').first().textContent()) ?? '', /And two/)
      assert.equal(await page.locator('header .count').textContent(), '3')
      await assertSound(page)
    }
  })

  await t.test('opening one marks it as read, a button marks one, another all; without scripts too', async (t) => {
    const page = await visitAs(browser, t, url, { token })
    await page.goto('/notifications')
    await page.locator(`a[href="/contributions/${first}"]`).click()
    await page.waitForURL(/contributions/)
    // A beacon is sent beside the next page, and nobody waits for it.
    while ((await unread()) > 2) await page.waitForTimeout(100)
    assert.equal(await unread(), 2)

    const context = await browser.newContext({
      javaScriptEnabled: false,
      baseURL: url,
      extraHTTPHeaders: { authorization: `Bearer ${token}` },
    })
    t.after(() => context.close())
    const plain = await context.newPage()
    await plain.goto('/notifications?unread=true')
    await plain
      .locator('li', { has: plain.locator(`a[href="/contributions/${second}"]`) })
      .getByRole('button')
      .click()
    assert.equal(await unread(), 1)
    assert.match(plain.url(), /unread=true$/)
    await plain.getByRole('button', { name: 'Mark all as read' }).click()
    assert.equal(await unread(), 0)
    await plain.goto('/notifications?unread=true')
    assert.match((await plain.textContent('main')) ?? '', /You have read everything/)
  })

  await t.test('a kind that is not wanted is not told, and the feed can be closed', async (t) => {
    const page = await visitAs(browser, t, url, { token })
    await page.goto('/notifications/settings')
    await assertSound(page)
    await page.getByLabel('A contribution of yours was accepted').uncheck()
    await page.getByLabel('Anybody may follow').uncheck()
    await page.getByRole('button', { name: 'Save' }).click()
    assert.match((await page.textContent('[role=status]')) ?? '', /Saved/)
    assert.deepEqual(await notificationSettingsOf(app.db, id), { muted: ['accepted'], feed: false })
    await offer(asha, answers(30, 32, 'ok'), 'Untold')
    assert.equal(await unread(), 0)
    assert.equal((await fetch(`${url}/feeds/people/asha.atom`)).status, 404)
  })

  await t.test('whoever is not signed in is asked to; the operator is told why there is nothing', async (t) => {
    const stranger = await visitAs(browser, t, url)
    await stranger.goto('/notifications')
    assert.match((await stranger.textContent('main')) ?? '', /Sign in/)
    const page = await visitAs(browser, t, url, { token: app.operatorKey })
    await page.goto('/notifications')
    assert.match((await page.textContent('main')) ?? '', /whom nothing concerns/)
  })
})
