import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runningApp } from '../../http/testing.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { currentRules } from '../../domain/models/review-rules-queries.ts'
import { addPerson } from '../../domain/people/add-person.ts'
import { operator } from '../../domain/people/actor.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'

test('a community is founded, read and set up in a browser', async (t) => {
  const { app, url } = await runningApp(t)
  const { token } = await addPerson(app, operator, { name: 'asha', role: 'maintainer' })
  const reader = await addPerson(app, operator, { name: 'ravi', role: 'contributor' })
  const browser = await openBrowser(t)
  const page = await visitAs(browser, t, url, { token })

  await t.test('a name that is refused is shown again with everything typed', async () => {
    await page.goto('/models/new')
    await assertSound(page)
    await page.getByLabel('Who: the name before the slash').fill('santali/x')
    await page.getByLabel("The model's name").fill('gogo')
    await page.getByLabel('What it is and who it is for').fill('ᱥᱟᱱᱛᱟᱲᱤ ᱛᱮ <b>ᱨᱚᱲ</b>')
    await page.getByRole('button', { name: 'Found the community' }).click()
    assert.match((await page.getByRole('alert').textContent()) ?? '', /santali\/x\/gogo/)
    assert.equal(await page.getByLabel('What it is and who it is for').inputValue(), 'ᱥᱟᱱᱛᱟᱲᱤ ᱛᱮ <b>ᱨᱚᱲ</b>')
    await assertSound(page)
  })

  await t.test('the founder arrives at its first page, which says what comes next; text stays text', async () => {
    await page.getByLabel('Who: the name before the slash').fill('santali')
    await page.getByLabel('Charter').fill('Answers in Ol Chiki.\nSays when it does not know.')
    await page.getByRole('button', { name: 'Found the community' }).click()
    await page.waitForURL(/\/models\/santali\/gogo$/)
    assert.match((await page.getByRole('status').textContent()) ?? '', /santali\/gogo is founded/)
    assert.equal(await page.locator('h1').textContent(), 'ᱥᱟᱱᱛᱟᱲᱤ ᱛᱮ <b>ᱨᱚᱲ</b>')
    assert.match((await page.textContent('main')) ?? '', /Offer the first example/)
    assert.match(
      (await page.getByRole('region', { name: 'What you can do now' }).textContent()) ?? '',
      /No test says yet what a release must improve/,
    )
    for (const look of looks) {
      const seen = await visitAs(browser, t, url, { look })
      for (const path of [
        '/',
        '/models',
        '/about',
        '/models/santali/gogo',
        '/models/santali/gogo/settings',
        '/models/santali/gogo/wrong-answers',
      ]) {
        await seen.goto(path)
        await assertSound(seen)
        await keepScreenshot(seen, `community${path.replaceAll('/', '-')}-${look.name}`)
      }
    }
  })

  await t.test('on a phone the lit tab is in sight, from left to right and from right to left', async () => {
    for (const look of looks.filter(({ name }) => name.startsWith('phone'))) {
      const phone = await visitAs(browser, t, url, { look })
      await phone.goto('/models/santali/gogo/settings')
      const box = await phone.locator('nav.tabs [aria-current]').boundingBox()
      assert.ok(box !== null && box.x >= 0 && box.x + box.width <= 390, `${look.name}: ${JSON.stringify(box)}`)
    }
  })

  await t.test('a maintainer changes how many must accept, and the reason is on the page; a reader sees no button', async () => {
    await page.goto('/models/santali/gogo/settings')
    const quorum = page.getByRole('group', { name: 'How many must accept' })
    await quorum.getByLabel('The number').selectOption('fixed')
    const review = page.locator('form', { has: quorum })
    await review.getByLabel('Why this changes').fill('We are only two.')
    await review.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('status').waitFor()
    assert.match((await page.textContent('main')) ?? '', /We are only two\./)
    const { id } = await findModel(app.db, 'santali/gogo')
    assert.deepEqual((await currentRules(app.db, id)).rules.quorum, { kind: 'fixed', n: 1 })
    const other = await visitAs(browser, t, url, { token: reader.token })
    await other.goto('/models/santali/gogo/settings')
    assert.equal(await other.getByRole('button', { name: 'Save' }).count(), 0)
    const forced = await other.request.post('/models/santali/gogo/settings/about', { form: { description: 'mine', message: 'x' } })
    assert.equal(forced.status(), 403)
  })

  await t.test('a recipe with a mistake is refused with its line and stays in the field', async () => {
    await page.goto('/models/santali/gogo/settings')
    const form = page.locator('form', { has: page.getByLabel('Recipe') })
    await form.getByLabel('Recipe').fill('rank: 8\nepocs: 3')
    await form.getByLabel('Why this changes').fill('longer')
    await form.getByRole('button', { name: 'Save' }).click()
    assert.match((await page.getByRole('alert').textContent()) ?? '', /line 2/)
    assert.equal(await page.getByLabel('Recipe').inputValue(), 'rank: 8\nepocs: 3')
  })
})
