import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findModel } from '../../domain/models/model-queries.ts'
import { listStudies } from '../../domain/studies/study-queries.ts'
import { startRun } from '../../domain/training/start-run.ts'
import { watchRun } from '../../domain/training/watch-run.ts'
import { answers, model, openSmallCommunity } from '../releases/testing.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'

test('studies in a browser', async (t) => {
  const recipe = 'rank: 4\nbatchSize: 8\nmaxLength: 48\nepochs: 2\nlearningRate: 0.001'
  const { app, url, tokens, asha, reviewer, offer } = await openSmallCommunity(t, recipe)
  const browser = await openBrowser(t)
  const at = `/models/${model}/studies`

  await t.test('where nothing was accepted yet, it says so, and to whom asking is left', async (t) => {
    const page = await visitAs(browser, t, url, { token: tokens['ravi'] as string })
    await page.goto(at)
    assert.match((await page.textContent('main')) ?? '', /no examples were accepted so far/)
    await assertSound(page)
    await offer(asha, answers(24, 44, 'ok'), 'Answers')
    const contributor = await visitAs(browser, t, url, { token: tokens['asha'] as string })
    await contributor.goto(at)
    assert.match((await contributor.textContent('main')) ?? '', /Reviewers and maintainers of this community ask for studies/)
    assert.equal(await contributor.locator('main form').count(), 0)
  })

  await t.test('a reviewer looks for a rate and sees the curve grow into a suggestion, which a maintainer takes', async (t) => {
    const page = await visitAs(browser, t, url, { token: tokens['ravi'] as string })
    await page.goto(`/models/${model}/runs`)
    await page.getByText('Look for a learning rate, or').click()
    await page.getByText('Look for a learning rate').first().click()
    await page.getByRole('button', { name: 'Look for a learning rate' }).click()
    await page.waitForURL(/\/studies\/1$/)
    // The page reads itself anew when the search has ended.
    await page.getByText(/^Suggested is/).waitFor({ timeout: 120_000 })
    await assertSound(page)
    assert.match((await page.textContent('main')) ?? '', /A maintainer can take it into the recipe/)
    const [study] = await listStudies(app.db, model)
    assert.ok(study?.kind === 'rate' && study.result?.suggested)
    for (const look of looks) {
      const seen = await visitAs(browser, t, url, { look })
      await seen.goto('/studies/1')
      await assertSound(seen)
      await keepScreenshot(seen, `study-rate-${look.name}`)
    }
    const maintainer = await visitAs(browser, t, url, { token: tokens['meera'] as string })
    await maintainer.goto('/studies/1')
    await maintainer.getByText('Take it into the recipe').first().click()
    await maintainer.getByLabel('Why').fill('Found, not guessed')
    await maintainer.getByRole('button', { name: 'Take it into the recipe' }).click()
    await maintainer.waitForURL(/\/runs$/)
    assert.match((await findModel(app.db, model)).recipe, new RegExp(`learningRate: ${study.result.suggested}`))
  })

  await t.test(
    'an answer is traced to examples that lead to their pages; an empty one is refused with the question still there',
    async (t) => {
      const run = await startRun(app, reviewer, model)
      for await (const _ of watchRun(app, run.id));
      const page = await visitAs(browser, t, url, { token: tokens['ravi'] as string })
      await page.goto(at)
      await page.getByText('Ask which examples pulled').first().click()
      await page.getByLabel('Question').fill('दोन पाच?')
      await page.getByLabel('Answer').fill(' ')
      const form = page.locator('form', { has: page.getByLabel('Answer') })
      await form.getByRole('button').click()
      assert.match((await page.textContent('[role=alert]')) ?? '', /The answer is empty/)
      assert.equal(await page.getByLabel('Question').inputValue(), 'दोन पाच?')
      await page.getByLabel('Answer').fill('ok')
      await form.getByRole('button').click()
      await page.waitForURL(/\/studies\/2$/)
      await page.getByText(/pulls? towards the answer/).waitFor({ timeout: 120_000 })
      await assertSound(page)
      for (const look of looks) {
        const seen = await visitAs(browser, t, url, { look })
        await seen.goto('/studies/2')
        await assertSound(seen)
        await keepScreenshot(seen, `study-trace-${look.name}`)
      }
      await page.locator('ol.rows a').first().click()
      assert.match(page.url(), /\/examples\/[0-9a-f]{64}$/)
      assert.equal(await page.locator('h1').count(), 1)
    },
  )
})
