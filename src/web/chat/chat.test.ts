import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findContribution } from '../../domain/contributions/contribution-queries.ts'
import { listFeedback } from '../../domain/feedback/feedback-queries.ts'
import { endOf, evaluated } from '../../domain/releases/testing.ts'
import { publishRelease } from '../../domain/releases/publish-release.ts'
import { startRun } from '../../domain/training/start-run.ts'
import { answers, model, openSmallCommunity } from '../releases/testing.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'

/** Kinds of jobs that come to an end; what wakes by the clock does not. */
const ends = ['train', 'evaluate', 'build', 'measure', 'preview', 'receipts']

test('talking to a model and fixing what it said', async (t) => {
  const community = await openSmallCommunity(t)
  const { app, url, tokens } = community
  const browser = await openBrowser(t)
  const token = tokens['asha'] as string
  const [talk, question] = [`/models/${model}/talk`, 'मला एक गोष्ट सांग']

  await t.test('before the first release the page says so, and the base answers', async (t) => {
    const page = await visitAs(browser, t, url, { token })
    await page.goto(talk)
    assert.match((await page.textContent('main')) ?? '', /no release yet/)
    assert.equal(await page.inputValue('#model'), 'tiny')
    await assertSound(page)
  })

  await community.offer(community.asha, answers(24, 88, 'ok'), 'Answers')
  await endOf(app, await startRun(app, community.reviewer, model, {}))
  await evaluated(app, community.reviewer, model)
  await publishRelease(app, community.maintainer, model, '0.1.0')

  await t.test('the newest release and its base answer side by side; a reload shows the same; a rating is kept', async (t) => {
    const page = await visitAs(browser, t, url, { token })
    await page.goto(talk)
    assert.equal(await page.inputValue('#model'), `${model}@0.1.0`)
    await page.selectOption('#beside', 'tiny')
    await page.getByLabel('Your question').fill(question)
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByRole('link', { name: 'Fix this' }).nth(1).waitFor()
    await assertSound(page)
    const said = await page.locator('.model-text').allTextContents()
    assert.equal(said.length, 2)
    await page.getByRole('button', { name: 'Bad answer' }).first().click()
    await page.locator('button[aria-pressed=true]').waitFor()
    assert.deepEqual(
      (await listFeedback(app.db, model)).map(({ rating, turns }) => [rating, turns[0]?.content]),
      [['down', question]],
    )
    await page.reload()
    assert.deepEqual(await page.locator('.model-text').allTextContents(), said)
    assert.equal(await page.locator('button[aria-pressed=true]').textContent(), 'Bad answer')
    await keepScreenshot(page, 'talk')
  })

  await t.test('a conversation goes on, and what was asked before is still there', async (t) => {
    const page = await visitAs(browser, t, url, { token })
    await page.goto(talk)
    for (const n of [0, 1]) {
      await page.getByLabel('Your question').fill(`प्रश्न ${n + 1}`)
      await page.getByLabel('Your question').press('Enter')
      await page.getByRole('link', { name: 'Fix this' }).nth(n).waitFor()
    }
    await page.reload()
    assert.deepEqual(await page.locator('.conversation .user-text').allTextContents(), ['प्रश्न 1', 'प्रश्न 2'])
    assert.match((await page.locator('.as-command pre').last().textContent()) ?? '', /"role":"assistant"/)
  })

  await t.test('what was stopped says so, is kept for nobody, and leaves the question where it was', async (t) => {
    const page = await visitAs(browser, t, url, { token })
    await page.goto(talk)
    await page.getByLabel('Your question').fill(question)
    const kept = await app.db.selectFrom('answers').select('id').execute()
    await page.evaluate("document.querySelector('#ask').click(); document.querySelector('#stop').click()")
    await page.locator('.answer .stopped').waitFor()
    assert.equal(await page.inputValue('#question'), question)
    assert.equal(await page.getByRole('link', { name: 'Fix this' }).count(), 0)
    assert.deepEqual(await app.db.selectFrom('answers').select('id').execute(), kept)
  })

  await t.test('what is refused says why, and the question is still in the field', async (t) => {
    const page = await visitAs(browser, t, url, { token })
    await page.goto(talk)
    await page.getByLabel('Your question').fill('लांब '.repeat(2_000))
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.locator('.answer .refusal').waitFor()
    assert.match((await page.locator('.answer .refusal').textContent()) ?? '', /shorten it/)
    assert.equal((await page.inputValue('#question')).trim(), 'लांब '.repeat(2_000).trim())
  })

  await t.test('without scripts the same form answers: for somebody known at an address of its own, for nobody in place', async (t) => {
    const context = await browser.newContext({
      javaScriptEnabled: false,
      baseURL: url,
      extraHTTPHeaders: { authorization: `Bearer ${token}` },
    })
    t.after(() => context.close())
    const page = await context.newPage()
    await page.goto(talk)
    await page.getByLabel('Your question').fill(question)
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    assert.match(page.url(), /answer=chatcmpl-/)
    assert.equal(await page.locator('.model-text').count(), 1)
    await page.getByLabel('Your next question').fill('  ')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    assert.match((await page.textContent('.refusal')) ?? '', /Ask something first/)

    const stranger = await browser.newContext({ javaScriptEnabled: false, baseURL: url })
    t.after(() => stranger.close())
    const theirs = await stranger.newPage()
    await theirs.goto(talk)
    assert.match((await theirs.textContent('main')) ?? '', /Nothing you ask is kept/)
    for (const label of ['Your question', 'Your next question']) {
      await theirs.getByLabel(label).fill('कोण आहेस?')
      await theirs.getByRole('button', { name: 'Ask', exact: true }).click()
    }
    assert.equal(await theirs.locator('.conversation .user-text').count(), 2)
    assert.equal(await theirs.getByRole('link', { name: 'Fix this' }).count(), 0)
  })

  await t.test('a fix that is refused keeps everything typed; then it becomes a proposal with the terms that were chosen', async (t) => {
    const page = await visitAs(browser, t, url, { token })
    await page.goto(talk)
    await page.getByLabel('Your question').fill(question)
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByRole('link', { name: 'Fix this' }).click()
    const said = await page.locator('.model-text').last().textContent()
    await page.getByRole('link', { name: 'Start from what it said' }).click()
    assert.equal(await page.inputValue('#better'), said)
    // Saying the answer itself is refused by the domain.
    await page.getByLabel('What was wrong?').fill('कारण')
    await page.getByLabel('I translated it').check()
    await page.getByLabel('From where?').fill('एक पुस्तक')
    await page.getByRole('checkbox').check()
    await page.getByLabel('What may others do with it?').selectOption('CC-BY-4.0')
    await page.getByRole('button', { name: 'Send it to review' }).click()
    assert.match((await page.textContent('.refusal')) ?? '', /the answer itself/)
    assert.equal(await page.inputValue('#message'), 'कारण')
    assert.equal(await page.inputValue('#licence'), 'CC-BY-4.0')
    await assertSound(page)
    await page.getByLabel('What should it have said?').fill('एका गावात एक राजा होता')
    await page.getByRole('button', { name: 'Send it to review' }).click()
    await page.waitForURL(/\/contributions\/\d+$/)
    const id = Number(page.url().split('/').at(-1))
    const contribution = await findContribution(app.db, id)
    assert.deepEqual([contribution.author, contribution.message, contribution.counts.add, contribution.counts.case], ['asha', 'कारण', 1, 1])
    const { body } = await app.db
      .selectFrom('contributionChanges')
      .innerJoin('examples', 'examples.digest', 'contributionChanges.exampleDigest')
      .select('examples.body')
      .where('contributionId', '=', id)
      .executeTakeFirstOrThrow()
    const { provenance } = body as { provenance: { origin: string; source: string; licence: string; language: string } }
    assert.deepEqual(
      [provenance.origin, provenance.source, provenance.licence, provenance.language],
      ['translated', 'एक पुस्तक', 'CC-BY-4.0', 'mr'],
    )

    const others = await visitAs(browser, t, url, { look: looks[3]! })
    await others.goto(`/models/${model}/suggestions`)
    assert.match((await others.textContent('main')) ?? '', /एका गावात एक राजा होता/)
    await assertSound(others)
  })

  await t.test('somebody else’s answer is not found, and whoever is not signed in is asked to', async (t) => {
    const page = await visitAs(browser, t, url, { token: tokens['tomba'] as string })
    const { id } = await app.db.selectFrom('answers').select('id').limit(1).executeTakeFirstOrThrow()
    assert.equal((await page.goto(`/answers/${id}/fix`))?.status(), 404)
    const stranger = await visitAs(browser, t, url)
    await stranger.goto(`/answers/${id}/fix`)
    assert.match((await stranger.textContent('main')) ?? '', /Sign in/)
  })

  // The proposal is previewed by itself; what runs must not lose its folder.
  for (const { id } of await app.db.selectFrom('jobs').select('id').where('kind', 'in', ends).execute()) await app.jobs.ended(id)
})
