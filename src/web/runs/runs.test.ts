import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findRun } from '../../domain/training/run-queries.ts'
import { answers, model, openSmallCommunity } from '../releases/testing.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'

test('runs in a browser', async (t) => {
  const community = await openSmallCommunity(t, 'rank: 4\nbatchSize: 4\nmaxLength: 32\nmaxSteps: 400\nepochs: 1000\ncheckpointEvery: 20')
  const { app, url, tokens, asha, offer } = community
  const browser = await openBrowser(t)
  const as = (name: string) => visitAs(browser, t, url, { token: tokens[name] as string })

  await t.test('where nothing was accepted yet, the page says what comes first and offers no start', async (t) => {
    const page = await visitAs(browser, t, url, { token: tokens['ravi'] as string })
    await page.goto(`/models/${model}/runs`)
    assert.match((await page.textContent('main')) ?? '', /no examples were accepted so far/)
    assert.equal(await page.locator('main form').count(), 0)
    await assertSound(page)
  })

  await offer(asha, answers(24, 64, 'ok'), 'Answers')

  await t.test('a recipe with a mistake is refused in words, and what was typed is still there', async () => {
    const page = await as('ravi')
    await page.goto(`/models/${model}/runs`)
    await page.getByText('Start a run').first().click()
    await page.getByLabel('Recipe').fill('lora_r: 8')
    await page.locator('form button', { hasText: 'Start a run' }).click()
    assert.match((await page.textContent('[role=alert]')) ?? '', /unknown key "lora_r" on line 1; did you mean "rank"/)
    assert.equal(await page.getByLabel('Recipe').inputValue(), 'lora_r: 8')
    await assertSound(page)
  })

  await t.test('a run is started, watched live, cancelled, gone on with, and watched to its end', async (t) => {
    const page = await as('ravi')
    await page.goto(`/models/${model}/runs`)
    await page.getByText('Start a run').first().click()
    await page.locator('form button', { hasText: 'Start a run' }).click()
    await page.waitForURL(/\/runs\/1$/)
    // The curve grows in the browser, without a reload by hand.
    await page.locator('#run-curve canvas').waitFor()
    const step = async () => Number(/^[\d,]+/.exec((await page.textContent('#run-step')) ?? '')?.[0].replaceAll(',', '') ?? 0)
    const before = await step()
    for (let tries = 0; tries < 1_200 && (await step()) <= before + 5; tries++) await page.waitForTimeout(100)
    assert.ok((await step()) > before + 5, 'the figures follow')
    assert.match((await page.textContent('#run-left')) ?? '', /left$/)
    await assertSound(page)
    await keepScreenshot(page, 'run-live')

    await page.getByText('Cancel this run').first().click()
    // By keyboard: the page above it grows while the run goes on, and a pointer waits for it to be still.
    await page.locator('form button', { hasText: 'Cancel this run' }).press('Enter')
    await page.getByText('Go on with this run').first().waitFor()
    const cancelled = await findRun(app.db, 1)
    assert.equal(cancelled.state, 'cancelled')
    assert.ok(cancelled.progress.step < 400, 'it had not ended by itself')
    assert.match((await page.textContent('h1')) ?? '', /Run 1\s+cancelled/)
    await keepScreenshot(page, 'run-cancelled')

    await page.getByText('Go on with this run').first().click()
    await page.locator('form button', { hasText: 'Go on with this run' }).click()
    await page.locator('h1', { hasText: 'finished' }).waitFor({ timeout: 600_000 })
    const finished = await findRun(app.db, 1)
    assert.deepEqual([finished.state, finished.progress.step], ['finished', 400])
    assert.match((await page.textContent('main')) ?? '', /400 of 400/)
    assert.equal(await page.getByText('Measure and release').count(), 1)

    for (const look of looks) {
      const seen = await visitAs(browser, t, url, { look, token: tokens['ravi'] as string })
      await seen.goto('/runs/1')
      await assertSound(seen)
      await keepScreenshot(seen, `run-${look.name}`)
    }
  })

  await t.test('who may not start, cancel or resume is told who may, and a form of theirs is refused', async () => {
    const page = await as('asha')
    await page.goto(`/models/${model}/runs`)
    assert.match((await page.textContent('main')) ?? '', /Reviewers and maintainers of this community start runs/)
    assert.equal(await page.locator('main form').count(), 0)
    const answer = await fetch(`${url}/runs/1/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens['asha']}`, origin: url, accept: 'text/html' },
    })
    assert.equal(answer.status, 403)
    assert.match(await answer.text(), /asha is a contributor here; this takes a reviewer/)
  })

  await t.test('without JavaScript the loss so far is drawn by the server', async () => {
    const text = await (await fetch(`${url}/runs/1`)).text()
    assert.match(text, /<svg class="plot"[^>]*aria-label="How the loss fell\. It went from [\d.]+ to [\d.]+ at step 400\."/)
    assert.equal((await fetch(`${url}/runs/99`)).status, 404)
    assert.equal((await fetch(`${url}/runs/one`)).status, 404)
  })
})
