import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page as BrowserPage } from 'playwright-core'
import { findContribution } from '../../domain/contributions/contribution-queries.ts'
import { addPerson } from '../../domain/people/add-person.ts'
import { operator, type RoleName } from '../../domain/people/actor.ts'
import { runningApp } from '../../http/testing.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'

const model = '/models/marathi/saathi'

test('proposals in a browser', async (t) => {
  const { app, url, operator: api } = await runningApp(t)
  await api.post('/api/models', { name: 'marathi/saathi', base: 'bundled' })
  const tokenOf = async (name: string, role: RoleName) => (await addPerson(app, operator, { name, role })).token
  const [asha, bilal] = [await tokenOf('asha', 'contributor'), await tokenOf('bilal', 'reviewer')]
  const browser = await openBrowser(t)
  const author = await visitAs(browser, t, url, { token: asha })
  const reviewer = await visitAs(browser, t, url, { token: bilal })
  const offer = (page: BrowserPage) => page.getByRole('button', { name: 'Offer the proposal' }).click()

  await t.test('nobody is asked to sign in only after they have typed: the form says so at once', async () => {
    const nobody = await visitAs(browser, t, url)
    const answer = await nobody.goto(`${model}/propose`)
    assert.equal(answer?.status(), 401)
    assert.match((await nobody.getByRole('link', { name: 'Sign in' }).first().getAttribute('href')) ?? '', /back=%2Fmodels/)
  })

  await t.test('what is typed survives a page that was lost, until it has been sent', async () => {
    await author.goto(`${model}/propose`)
    await assertSound(author)
    await author.getByLabel('What is asked').fill('Write noon in Marathi.')
    await author.getByLabel('A text to learn from').check()
    assert.equal(await author.getByLabel('What is asked').isVisible(), false)
    await author.goto('about:blank')
    await author.goto(`${model}/propose`)
    assert.match((await author.getByRole('status').textContent()) ?? '', /What you had typed here is back/)
    await author.getByLabel('A question and its answer').check()
    assert.equal(await author.getByLabel('What is asked').inputValue(), 'Write noon in Marathi.')
  })

  await t.test('a refusal stands beside its field, and nothing typed is lost', async () => {
    await author.getByLabel('What a good answer is').fill('दुपारी <b>बारा</b> वाजता')
    await author.getByLabel('In which language is it?').fill('marathi!')
    await author.getByLabel('I made this').check()
    await offer(author)
    assert.match((await author.getByRole('alert').textContent()) ?? '', /nothing of it is stored/)
    const language = author.getByLabel('In which language is it?')
    assert.equal(await language.getAttribute('aria-invalid'), 'true')
    assert.match((await author.locator('#language-wrong').textContent()) ?? '', /marathi!/)
    assert.equal(await author.getByLabel('What a good answer is').inputValue(), 'दुपारी <b>बारा</b> वाजता')
    assert.equal(await author.getByLabel('I made this').isChecked(), true)
    await assertSound(author)
  })

  await t.test('offered, it has a page of its own, named by its question, and the draft is forgotten', async () => {
    await author.getByLabel('In which language is it?').fill('mr')
    await author.getByLabel('Where is it from?').fill('written for this test')
    await offer(author)
    await author.waitForURL(/\/contributions\/1$/)
    assert.match((await author.getByRole('status').first().textContent()) ?? '', /It is offered/)
    assert.match((await author.locator('h1').textContent()) ?? '', /Write noon in Marathi\./)
    // What was typed is text, whatever it looks like.
    assert.match((await author.locator('#change-1').innerText()) ?? '', /दुपारी <b>बारा<\/b> वाजता/)
    assert.equal(await author.evaluate('Object.keys(localStorage).length'), 0)
    assert.equal(await author.getByRole('radio', { name: /^Accept/ }).count(), 0, 'nobody reviews their own')
    await assertSound(author)
  })

  await t.test('somebody else sends it back by keyboard, its author revises it, and the rounds are compared word by word', async () => {
    await reviewer.goto(`${model}/proposals`)
    await assertSound(reviewer)
    await reviewer.keyboard.press('?')
    assert.equal(await reviewer.getByRole('dialog', { name: 'Keys' }).isVisible(), true)
    await reviewer.keyboard.press('Escape')
    await reviewer.keyboard.press('j')
    await reviewer.keyboard.press('m')
    await reviewer.waitForURL(/\/contributions\/1\?queue=mine&decide=request-changes#decide/)
    assert.equal(await reviewer.getByRole('radio', { name: /^Ask for changes/ }).isChecked(), true)
    await reviewer.keyboard.press('m')
    // From now on letters are letters: no key decides while somebody writes.
    await reviewer.keyboard.type('Please write it without markup, as people do')
    assert.equal(await reviewer.getByRole('radio', { name: /^Ask for changes/ }).isChecked(), true)
    await reviewer.getByRole('button', { name: /^Send(,| the review)/ }).click()
    await reviewer.waitForURL(/\/proposals\?list=mine/)
    assert.match((await reviewer.textContent('main')) ?? '', /You have reviewed everything that waits/)

    await author.goto('/contributions/1')
    await author.getByRole('link', { name: 'Revise' }).click()
    await author.getByLabel('What a good answer is').fill('दुपारी बारा वाजता')
    await author.getByLabel('What did you change?').fill('Without markup')
    await author.getByLabel('I made this').check()
    await author.getByRole('button', { name: 'Offer the next round' }).click()
    await author.waitForURL(/\/contributions\/1$/)
    await author.getByRole('link', { name: 'What changed' }).click()
    assert.match((await author.textContent('main')) ?? '', /0 stayed, 1 changed, 0 came, 0 went/)
    assert.deepEqual(await author.locator('del').allTextContents(), ['<b>', '</b>'])
    await assertSound(author)
  })

  await t.test('accepted with one key and one press, it is in the dataset, and the next page says so', async () => {
    await reviewer.goto('/contributions/1?queue=mine')
    await assertSound(reviewer)
    await reviewer.keyboard.press('a')
    assert.equal(await reviewer.getByRole('radio', { name: /^Accept/ }).isChecked(), true)
    assert.match((await reviewer.locator('#decide').textContent()) ?? '', /With yours it is enough/)
    await reviewer.getByRole('button', { name: /^Send(,| the review)/ }).click()
    await reviewer.waitForURL(/\/proposals/)
    assert.match((await reviewer.getByRole('status').textContent()) ?? '', /^Accepted\.$/)
    assert.equal((await findContribution(app.db, 1)).state, 'accepted')
    await reviewer.goto('/contributions/1')
    assert.match((await reviewer.textContent('main')) ?? '', /It is in revision 1 of the dataset/)
  })

  await t.test('a better version of an example shows both, and taking something back asks first', async () => {
    await reviewer.goto('/contributions/1')
    const path = (await reviewer.locator('#change-1 header a').nth(1).getAttribute('href')) ?? ''
    const digest = path.split('/').at(-1) ?? ''
    await author.goto(`${model}/propose?replace=${digest}`)
    assert.equal(await author.getByLabel('What a good answer is').inputValue(), 'दुपारी बारा वाजता')
    await author.getByLabel('What a good answer is').fill('दुपारी १२ वाजता')
    await author.getByLabel('I made this').check()
    await offer(author)
    await author.waitForURL(/\/contributions\/2$/)
    assert.deepEqual(await author.locator('#change-1 del, #change-1 ins').allTextContents(), ['बारा', '१२'])
    await author.getByRole('link', { name: 'Withdraw' }).click()
    await author.getByRole('button', { name: 'Withdraw' }).click()
    await author.waitForURL(/\/contributions\/2$/)
    assert.equal((await findContribution(app.db, 2)).state, 'withdrawn')
    await author.goto('/contributions/1/revert')
    await author.getByLabel('What is wrong with it?').fill('People say मध्यान्ह')
    await author.getByRole('button', { name: 'Offer to take it back' }).click()
    await author.waitForURL(/\/contributions\/3$/)
    assert.match((await author.textContent('main')) ?? '', /It takes back proposal 1/)
  })

  await t.test('pages are sound in light and dark, at phone and desktop width, from right to left, and without JavaScript', async (t) => {
    for (const look of looks) {
      const page = await visitAs(browser, t, url, { token: bilal, look })
      for (const path of ['/contributions/3', `${model}/proposals?list=all`]) {
        await page.goto(path)
        await assertSound(page)
        await keepScreenshot(page, `proposals${path.replaceAll(/[/?=]/g, '-')}-${look.name}`)
      }
    }
    const plain = await visitAs(browser, t, url, {
      token: bilal,
      look: { name: 'plain', options: { javaScriptEnabled: false, locale: 'en' } },
    })
    await plain.goto('/contributions/3')
    await plain.getByRole('radio', { name: /^Accept/ }).check()
    await plain.getByRole('button', { name: 'Send the review' }).click()
    assert.match((await plain.getByRole('status').first().textContent()) ?? '', /Accepted/)
  })
})
