import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addSuite } from '../../domain/models/add-suite.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { findTrain, scheduleOf } from '../../domain/release-train/train-queries.ts'
import { answers, guard, hours, jsonl, model, openSmallCommunity } from '../releases/testing.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'

test('release trains in a browser', async (t) => {
  const { app, url, tokens, asha, tomba, maintainer, offer } = await openSmallCommunity(t)
  const browser = await openBrowser(t)
  const as = (name: string) => visitAs(browser, t, url, { token: tokens[name] as string })
  const path = `/models/${model}/trains`
  const main = (page: Awaited<ReturnType<typeof as>>) => page.textContent('main').then((text) => (text ?? '').replaceAll(/\s+/g, ' '))

  await t.test('a train without passengers is refused in words, and only maintainers see what is theirs', async () => {
    const page = await as('meera')
    await page.goto(path)
    assert.match(await main(page), /A train leaves when a maintainer lets it\..*No train has left yet/)
    await page.locator('summary', { hasText: 'Let a train leave now' }).click()
    await page.locator('form button', { hasText: 'Let a train leave now' }).click()
    assert.match((await page.textContent('[role=alert]')) ?? '', /Nothing was accepted into marathi\/saathi/)
    const ravi = await as('ravi')
    await ravi.goto(path)
    assert.equal(await ravi.locator('main form').count(), 0)
    assert.match(await main(ravi), /Maintainers of this community set the rhythm/)
  })

  await t.test('the rhythm is changed in a form that is shown again as typed where it is refused', async () => {
    const page = await as('meera')
    await page.goto(path)
    await page.locator('summary', { hasText: 'Change the rhythm' }).click()
    await page.getByLabel('after so many accepted examples:').check()
    // Past the browser's own check, as somebody without one.
    await page.getByLabel('Accepted examples', { exact: true }).evaluate((input) => input.removeAttribute('min'))
    await page.getByLabel('Accepted examples', { exact: true }).fill('0')
    await page.getByText('Save').click()
    assert.match((await page.textContent('[role=alert]')) ?? '', /A train leaves after 0; give a whole number from 1/)
    assert.equal(await page.getByLabel('Accepted examples', { exact: true }).inputValue(), '0')
    await page.getByLabel('every week, on').check()
    await page.getByLabel('Day of the week').selectOption('friday')
    await page.getByText('Save').click()
    assert.match(await main(page), /The rhythm is set\..*A train leaves every Friday \(UTC\)/)
    const { id } = await findModel(app.db, model)
    assert.deepEqual((await scheduleOf(app.db, id)).rhythm, { kind: 'weekly', day: 'friday' })
    await assertSound(page)
  })

  await t.test('a train is watched from its departure to its proposal, and what it proposes is published', async () => {
    await offer(asha, answers(24, 64, 'ok'), 'Answers')
    const page = await as('meera')
    await page.goto(path)
    await page.locator('summary', { hasText: 'Let a train leave now' }).click()
    await page.locator('form button', { hasText: 'Let a train leave now' }).click()
    await page.waitForURL(/\/trains\/1$/)
    assert.match(await main(page), /Train 1: it is .* It left on .* UTC with 1 contribution by one person\./)
    await page.locator('summary', { hasText: 'Publish what it proposes' }).waitFor({ timeout: 180_000 })
    await page.locator('summary', { hasText: 'Publish what it proposes' }).click()
    await page.locator('form button', { hasText: 'Publish what it proposes' }).click()
    await page.locator('h1', { hasText: 'released' }).waitFor()
    assert.match(await main(page), /it was released as 0\.1\.0/)
    await assertSound(page)
  })

  await t.test('where the gate refuses, the search is told with its evidence, and the release is made without what broke it', async (t) => {
    await addSuite(app, maintainer, model, { name: 'answers', kind: 'choice', samples: guard, target: false, tolerance: 0.1 })
    await addSuite(app, maintainer, model, { name: 'hours', kind: 'text', samples: jsonl(hours(12, 20)) })
    await offer(asha, hours(0, 12), 'Hours until twelve')
    const sabotage = await offer(tomba, answers(100, 160, 'x'), 'More answers')
    const page = await as('meera')
    await page.goto(path)
    await page.locator('summary', { hasText: 'Let a train leave now' }).click()
    await page.locator('form button', { hasText: 'Let a train leave now' }).click()
    await page.waitForURL(/\/trains\/2$/)
    await page.locator('summary', { hasText: 'Publish what it proposes' }).waitFor({ timeout: 300_000 })
    const train = await findTrain(app.db, 2)
    assert.deepEqual(train.leftOut, [sabotage], train.outcome ?? '')
    const text = await main(page)
    assert.match(
      text,
      /1 contribution is left out\..*What it found More answers · tomba left out Trained with and without it, nothing else changed:/,
    )
    assert.match(text, /To tomba, about contribution/)
    assert.match(text, /With this you also accept contribution \d+, which takes back what is left out/)
    assert.equal(await page.locator('section[aria-labelledby=search] tbody tr').count(), train.trials.length)
    for (const look of looks) {
      const seen = await visitAs(browser, t, url, { look, token: tokens['meera'] as string })
      await seen.goto('/trains/2')
      await assertSound(seen)
      await keepScreenshot(seen, `train-${look.name}`)
    }
    await page.locator('summary', { hasText: 'Publish what it proposes' }).click()
    await page.locator('form button', { hasText: 'Publish what it proposes' }).click()
    await page.locator('h1', { hasText: 'released' }).waitFor()
    await page.goto(`/models/${model}/releases/0.2.0`)
    assert.match(
      await main(page),
      /What is not in it, and why.*More answers tomba · With it the gate did not hold; the release train left it out\. Hello tomba/,
    )
  })
})
