import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideContribution } from '../../domain/datasets/decide-contribution.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { listSuites } from '../../domain/models/suite-queries.ts'
import { addPerson } from '../../domain/people/add-person.ts'
import { operator } from '../../domain/people/actor.ts'
import { runningApp } from '../../http/testing.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'

const community = '/models/marathi/saathi'

test('suites in a browser', async (t) => {
  const { app, url, operator: api } = await runningApp(t)
  await api.post('/api/models', { name: 'marathi/saathi', base: 'bundled' })
  const { id } = await findModel(app.db, 'marathi/saathi')
  const [{ token: meera }, { token: asha }] = [
    await addPerson(app, operator, { name: 'meera', role: 'maintainer' }),
    await addPerson(app, operator, { name: 'asha', role: 'contributor' }),
  ]
  const browser = await openBrowser(t)
  const page = await visitAs(browser, t, url, { token: meera })
  const main = async () => (await page.textContent('main')) ?? ''

  await t.test('rows that cannot be used are named, and nothing typed is lost', async () => {
    await page.goto(`${community}/suites`)
    await page.getByRole('link', { name: 'Add a test' }).click()
    await assertSound(page)
    await page.getByLabel('What it is called').fill('everyday')
    await page.getByLabel(/Not get worse/).check()
    const pasted = 'question,expected,topic\n5 April in Marathi?,५ एप्रिल,dates\nnoon in Marathi?,,times\n5 April in Marathi?,५ एप्रिल,dates'
    await page.getByLabel('Paste the cases').fill(pasted)
    await page.getByLabel('Source').fill('written by meera')
    await page.getByLabel('Licence', { exact: true }).fill('CC-BY-4.0')
    await page.getByRole('button', { name: 'Add the test' }).click()
    assert.match((await page.getByRole('alert').textContent()) ?? '', /nothing was added/)
    assert.match(await main(), /1 case can be used\s*2 rows cannot/)
    const rows = await page.getByRole('row').allTextContents()
    assert.match(rows[1] ?? '', /3\s*expected must be the right answer as a text.*noon in Marathi\?,,times/s)
    assert.match(rows[2] ?? '', /4\s*It asks the same as line 2/)
    assert.equal(await page.getByLabel('Paste the cases').inputValue(), pasted)
    assert.equal(await page.getByLabel(/Not get worse/).isChecked(), true)
    assert.equal(await page.getByLabel('Source').inputValue(), 'written by meera')
    await assertSound(page)
    assert.deepEqual(await listSuites(app.db, id), [])
  })

  await t.test('looked at first, a mended table becomes a suite with its gate, its licence and its source', async () => {
    await page.getByLabel('Paste the cases').fill('question;expected\n5 April in Marathi?;५ एप्रिल\nnoon in Marathi?;दुपार')
    await page.getByRole('button', { name: 'Look at the cases' }).click()
    assert.match(await main(), /2 cases can be used/)
    assert.deepEqual(await listSuites(app.db, id), [])
    await page.getByRole('button', { name: 'Add the test' }).click()
    await page.waitForURL(/\/suites\/everyday$/)
    assert.match(await main(), /must not get worse[\s\S]*CC-BY-4\.0[\s\S]*written by meera[\s\S]*noon in Marathi\?/)
    const [suite] = await listSuites(app.db, id)
    assert.deepEqual([suite?.kind, suite?.target, suite?.tolerance, suite?.licence], ['exact', false, 0.02, 'CC-BY-4.0'])
    await assertSound(page)
  })

  await t.test('a name that is taken replaces nothing by mistake; from its page its cases are changed', async () => {
    await page.goto(`${community}/add-suite`)
    await page.getByLabel('What it is called').fill('everyday')
    await page.getByLabel('Paste the cases').fill('{"prompt": "June?", "expected": "जून"}')
    await page.getByRole('button', { name: 'Add the test' }).click()
    assert.match((await page.getByRole('alert').textContent()) ?? '', /There is a suite everyday with 2 cases/)
    await page.goto(`${community}/suites/everyday`)
    await page.getByRole('link', { name: 'Change the cases' }).click()
    const cases = page.getByLabel('Paste the cases')
    await cases.fill(`${await cases.inputValue()}{"prompt": "June?", "expected": "जून"}\n`)
    await page.getByRole('button', { name: 'Replace the cases' }).click()
    await page.waitForURL(/\/suites\/everyday$/)
    assert.match(await main(), /3 cases[\s\S]*CC-BY-4\.0[\s\S]*June\?/)
  })

  await t.test('a file is read like a pasted table, and what is wrong with it can be mended in the field', async () => {
    await page.goto(`${community}/add-suite`)
    await page.getByLabel('What it is called').fill('months')
    await page.getByLabel(/one of several/).check()
    const buffer = Buffer.from('\ufeffquestion,choices,answer\nA month?,सोमवार|मार्च,मार्च\nA day?,सोमवार|मार्च,रविवार\n')
    await page.getByLabel('Or choose a file').setInputFiles({ name: 'months.csv', mimeType: 'text/csv', buffer })
    await page.getByRole('button', { name: 'Look at the cases' }).click()
    assert.match(await main(), /1 case can be used\s*1 row cannot[\s\S]*answer must be the index of the right choice/)
    const cases = page.getByLabel('Paste the cases')
    await cases.fill((await cases.inputValue()).replace('रविवार', 'सोमवार'))
    await page.getByRole('button', { name: 'Add the test' }).click()
    await page.waitForURL(/\/suites\/months$/)
    assert.match(await main(), /2 cases/)
  })

  await t.test('who may not add one is told so; a contributor proposes a case, and proposes to take it out again', async () => {
    const hers = await visitAs(browser, t, url, { token: asha })
    assert.equal((await hers.goto(`${community}/add-suite`))?.status(), 403)
    await hers.goto(`${community}/suites/everyday`)
    assert.match((await hers.textContent('main')) ?? '', /only a maintainer changes them/)
    await hers.goto(`${community}/suites`)
    await hers.getByRole('link', { name: 'Propose a case' }).click()
    await hers.getByLabel('What is asked').fill('midnight in Marathi?')
    await hers.getByLabel('The right answer').fill('मध्यरात्र')
    await hers.getByLabel('Why, for whoever reviews it').fill('It said noon.')
    await hers.getByLabel('In which language is it?').selectOption('mr')
    await assertSound(hers)
    await hers.locator('[name=agreed]').check()
    await hers.getByRole('button', { name: 'Send it to review' }).click()
    await hers.waitForURL(/\/contributions\/1$/)
    assert.match((await hers.locator('#change-1').textContent()) ?? '', /midnight in Marathi\?[\s\S]*मध्यरात्र/)
    await decideContribution(app, operator, 1, { decision: 'accept' })
    await hers.goto(`${community}/suites/regressions`)
    await hers.getByRole('link', { name: 'Propose to take it out' }).click()
    await assertSound(hers)
    await hers.getByLabel('Why, for whoever reviews it').fill('Nobody says it so.')
    await hers.getByRole('button', { name: 'Send it to review' }).click()
    await hers.waitForURL(/\/contributions\/2$/)
    await decideContribution(app, operator, 2, { decision: 'accept' })
    assert.deepEqual(
      (await listSuites(app.db, id)).map(({ name }) => name),
      ['everyday', 'months'],
    )
  })

  await t.test(
    'a maintainer retires a test and takes it up again on its page; the last one a release must improve cannot be retired',
    async () => {
      await page.goto(`${community}/suites/months`)
      assert.match(await main(), /the only test that a release must improve, so it cannot be retired/)
      await page.goto(`${community}/suites/everyday`)
      await page.getByText('Retire this test').first().click()
      await page.getByLabel('Why? Everybody can read it.').fill('Every release answers it.')
      await assertSound(page)
      await page.getByRole('button', { name: 'Retire this test' }).click()
      await page.waitForURL(/\/suites\/everyday$/)
      assert.match(await main(), /everyday is retired\.[\s\S]*meera retired this test[\s\S]*Every release answers it\.[\s\S]*June\?/)
      assert.equal(await page.getByRole('link', { name: 'Change the cases' }).count(), 0)
      await assertSound(page)
      await page.goto(`${community}/suites`)
      assert.match(await main(), /months[\s\S]*Retired[\s\S]*everyday/)
      assert.deepEqual(
        (await listSuites(app.db, id)).map(({ name }) => name),
        ['months'],
      )
      await assertSound(page)
      await page.goto(`${community}/changes?kind=suite`)
      assert.match(await main(), /Test everyday\s*retired/)
      // Without scripts a form can be sent that the page does not show: what is refused comes back with what was typed.
      const refused = await page.request.post(`${url}${community}/suites/months/retire`, {
        form: { message: 'Too easy' },
        headers: { 'sec-fetch-site': 'same-origin' },
      })
      assert.equal(refused.status(), 409)
      assert.match(await refused.text(), /months is the only suite a release/)
      await page.goto(`${community}/suites/everyday`)
      await page.getByText('Take it up again').first().click()
      await page.getByLabel('Why? Everybody can read it.').fill('0.2.0 forgot some of it.')
      await page.getByRole('button', { name: 'Take it up again' }).click()
      await page.waitForURL(/\/suites\/everyday$/)
      assert.match(await main(), /everyday is asked again[\s\S]*Retired or taken up 2 times/)
    },
  )

  await t.test('looked at in four ways', async () => {
    for (const look of looks) {
      const looked = await visitAs(browser, t, url, { token: meera, look })
      for (const [name, path] of [
        ['suite', '/suites/everyday'],
        ['propose-case', '/propose-case'],
        ['settings', '/settings'],
      ] as const) {
        await looked.goto(`${community}${path}`)
        await assertSound(looked)
        await keepScreenshot(looked, `${name}-${look.name}`)
      }
      await looked.goto(`${community}/add-suite`)
      await looked.locator('[name=cases]').fill('question,expected\n5 April?,५ एप्रिल\nnoon?,')
      await looked.locator('[name=do][value=check]').click()
      await looked.locator('#examined').waitFor()
      await assertSound(looked)
      await keepScreenshot(looked, `add-suite-read-${look.name}`)
    }
  })
})
