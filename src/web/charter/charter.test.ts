import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideContribution } from '../../domain/datasets/decide-contribution.ts'
import { currentCharter } from '../../domain/models/charter-queries.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { addPerson } from '../../domain/people/add-person.ts'
import { operator } from '../../domain/people/actor.ts'
import { runningApp } from '../../http/testing.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'

test('a charter in a browser', async (t) => {
  const { app, url, operator: api } = await runningApp(t)
  await api.post('/api/models', { name: 'marathi/saathi', base: 'bundled' })
  const { id } = await findModel(app.db, 'marathi/saathi')
  const { token } = await addPerson(app, operator, { name: 'asha', role: 'contributor' })
  const browser = await openBrowser(t)
  const page = await visitAs(browser, t, url, { token })
  const path = '/models/marathi/saathi/charter'

  await t.test('an empty charter says what one is for, and leads to the first clause', async () => {
    await page.goto(path)
    assert.match((await page.textContent('main')) ?? '', /There is no charter yet/)
    await assertSound(page)
    await page.getByRole('link', { name: 'Propose the first clause' }).click()
    await assertSound(page)
  })

  await t.test('a case that cannot be read refuses the form with everything typed; a clause with a case becomes a proposal', async () => {
    await page.getByLabel('The clause', { exact: true }).fill('Answers in Marathi.')
    await page.getByLabel('What is asked').first().fill('Write noon in Marathi.')
    await page.getByLabel('… is written in the script').first().fill('Marathi')
    await page.getByLabel('Why?').fill('It is what we are for')
    await page.getByRole('button', { name: 'Offer the proposal' }).click()
    assert.match((await page.getByRole('alert').textContent()) ?? '', /scripts such as Deva/)
    assert.equal(await page.getByLabel('What is asked').first().inputValue(), 'Write noon in Marathi.')
    await page.getByLabel('… is written in the script').first().fill('Deva')
    await page.getByRole('button', { name: 'More cases' }).click()
    assert.equal(await page.locator('details.case').count(), 5)
    await page.getByRole('button', { name: 'Offer the proposal' }).click()
    await page.waitForURL(/\/contributions\/1$/)
    assert.match((await page.locator('#change-1').textContent()) ?? '', /Write noon in Marathi\. → is written in Deva/)
    await assertSound(page)
  })

  await t.test('accepted, it stands with its number; what no release measured is not called kept', async () => {
    await decideContribution(app, operator, 1, { decision: 'accept' })
    await page.goto(path)
    assert.match((await page.locator('#clause-1').textContent()) ?? '', /1\s*Answers in Marathi\.\s*No release yet\s*1 test case/)
    await page.getByRole('link', { name: 'Open clause 1' }).click()
    await page.getByRole('link', { name: 'Propose to change it' }).click()
    assert.equal(await page.getByLabel('… is written in the script').first().inputValue(), 'Deva')
    await page.getByLabel('The clause', { exact: true }).fill('Answers in Marathi, also when asked in English.')
    await page.getByLabel('Why?').fill('Most people ask in English')
    await page.getByRole('button', { name: 'Offer the proposal' }).click()
    await page.waitForURL(/\/contributions\/2$/)
    assert.deepEqual(await page.locator('#change-1 ins').allTextContents(), [', also when asked in English'])
    await decideContribution(app, operator, 2, { decision: 'accept' })
    const charter = await currentCharter(app.db, id)
    assert.deepEqual(charter.clauses[0]?.cases, [{ kind: 'rule', prompt: 'Write noon in Marathi.', expect: { script: ['Deva'] } }])
  })

  await t.test('a clause shows its cases, every change and its discussion, in every look', async (t) => {
    for (const look of looks) {
      const seen = await visitAs(browser, t, url, { token, look })
      for (const rest of ['', '/1', '/history']) {
        await seen.goto(`${path}${rest}`)
        await assertSound(seen)
        await keepScreenshot(seen, `charter${rest.replace('/', '-')}-${look.name}`)
      }
    }
    await page.goto(`${path}/1`)
    assert.equal(await page.locator('.timeline > li').count(), 2)
    await page.goto(`${path}/7`)
    assert.match((await page.textContent('main')) ?? '', /has never had a clause 7/)
  })
})
