import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listForecasts } from '../../domain/forecasts/forecast-queries.ts'
import { answers, model, openSmallCommunity } from '../releases/testing.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'

test('the forecast of a community', async (t) => {
  const { app, url, asha, offer, tokens } = await openSmallCommunity(
    t,
    'rank: 4\nbatchSize: 8\nmaxLength: 64\nepochs: 2\nlearningRate: 0.01',
  )
  const browser = await openBrowser(t)
  const at = `/models/${model}/forecast`

  await t.test('where there is little, it says what is missing, and to whom asking is left', async (t) => {
    const page = await visitAs(browser, t, url, { token: tokens['asha'] as string })
    await page.goto(at)
    const said = (await page.textContent('main')) ?? ''
    assert.match(said, /at least 64 examples; there are 0/)
    assert.match(said, /Reviewers and maintainers/)
    assert.equal(await page.getByText('Make a forecast').count(), 0)
    await assertSound(page)
  })

  await t.test('a reviewer asks for one, follows it, and sees the curve, what more would bring, and how it checked itself', async (t) => {
    await offer(asha, answers(24, 104, 'ok'), 'Answers')
    const page = await visitAs(browser, t, url, { token: tokens['ravi'] as string })
    await page.goto(at)
    await page.getByText('Make a forecast').first().click()
    await page.getByLabel('How long may it take?').selectOption('10')
    await page.getByRole('button', { name: 'Make a forecast' }).click()
    await page.locator('#forecast-progress').waitFor()
    await assertSound(page)
    const [forecast] = await listForecasts(app.db, model)
    assert.equal(forecast?.budgetSeconds, 600)
    // The page follows, and loads itself anew when the forecast has ended.
    await page.locator('.growth').first().waitFor({ timeout: 300_000 })
    const { result } = (await listForecasts(app.db, model))[0]!
    const said = (await page.textContent('main')) ?? ''
    assert.equal(await page.locator('.growth').count(), result!.curves.filter(({ by }) => by === 'suite').length)
    const usedUp = result!.curves[0]!.verdict === 'seen-all'
    assert.equal(/The next 100 would bring/.test(said), !usedUp)
    assert.equal(/The next 1,000 would bring/.test(said), !usedUp)
    assert.match(said, /Checked by hiding the last quarter|could not be checked/)
    assert.match(said, /Marathi 80/)
    for (const look of looks) {
      const seen = await visitAs(browser, t, url, { look })
      await seen.goto(at)
      await assertSound(seen)
      await keepScreenshot(seen, `forecast-${look.name}`)
    }
  })
})
