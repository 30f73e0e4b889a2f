import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openApp } from '../../app.ts'
import { loadConfig } from '../../config.ts'
import { contribute } from '../../domain/contributions/contribute.ts'
import { decideContribution } from '../../domain/datasets/decide-contribution.ts'
import { addPerson } from '../../domain/people/add-person.ts'
import { operator, type Actor, type RoleName } from '../../domain/people/actor.ts'
import { createModel } from '../../domain/models/create-model.ts'
import { addBase } from '../../domain/models/add-base.ts'
import { writeTinyBase } from '../../domain/testing.ts'
import { temporaryFolder, temporaryHome } from '../../storage/testing.ts'
import { assertSound, looks, openBrowser, visitAs } from '../testing.ts'

/** Examples, changes, uploads and the operator's page, in a real browser, in all four looks, with what a person does on them. */
test('a wiki is searched, followed, filled by pasting, and watched, in a browser without scripts of ours', async (t) => {
  const home = await temporaryHome(t)
  const app = await openApp(loadConfig({ home, port: 0 }, { COMMONWEIGHTS_LOG: 'error' }))
  const listening = await app.listen()
  t.after(async () => {
    await listening.close(1)
    await app.close()
  })
  await addBase(app, operator, { from: { folder: writeTinyBase(temporaryFolder(t)) }, name: 'tiny', licence: 'Apache-2.0' })
  await createModel(app, operator, 'marathi/saathi', { base: 'tiny' })
  const person = async (name: string, role: RoleName) => {
    const { person, token } = await addPerson(app, operator, { name, role })
    return { actor: { kind: 'person', id: person.id, name, role } satisfies Actor, token }
  }
  const [asha, bilal] = [await person('asha', 'contributor'), await person('bilal', 'maintainer')]
  const rows = [
    ['२८ मार्च मराठीत कसे लिहावे?', '२८ मार्च'],
    ['५ एप्रिल मराठीत कसे लिहावे?', '५ एप्रिल'],
    ['ᱥᱟᱱᱛᱟᱲᱤ ᱛᱮ ᱚᱞ ᱢᱮ', 'ᱡᱚᱦᱟᱨ'],
  ] as const
  const { contribution } = await contribute(app, asha.actor, 'marathi/saathi', {
    message: 'Dates in Marathi',
    ...{ licence: 'CC-BY-4.0', language: 'mr', origin: 'human', source: 'written by hand', signOff: 'Asha K' },
    changes: rows.map(([prompt, completion]) => ({ kind: 'add' as const, content: { prompt, completion } })),
  })
  await decideContribution(app, bilal.actor, contribution.id, { decision: 'accept', message: 'Checked all of them.' })

  const browser = await openBrowser(t)
  const shots = process.env['COMMONWEIGHTS_TEST_SCREENSHOTS']
  if (shots) mkdirSync(shots, { recursive: true })

  // What people do.
  const page = await visitAs(browser, t, listening.url, { token: asha.token })
  const follow = async (press: Promise<void>) => {
    const loaded = page.waitForNavigation({ waitUntil: 'load' })
    await press
    await loaded
  }
  await page.goto('/models/marathi/saathi/examples?q=मार्च')
  assert.deepEqual(await page.locator('mark').allTextContents(), ['मार्च', 'मार्च'])
  await follow(
    page
      .locator('main')
      .getByRole('link', { name: /^Example / })
      .first()
      .click(),
  )
  assert.match((await page.locator('main').textContent()) ?? '', /asha[\s\S]*Checked all of them/)
  const example = new URL(page.url()).pathname
  await page.goto('/models/marathi/saathi/upload')
  await page.getByLabel('Rows').fill('Frage\tAntwort\n६ मे मराठीत?\t६ मे\n७ जून मराठीत?\t\n')
  await follow(page.getByRole('button', { name: 'Check it' }).click())
  const upload = new URL(page.url()).pathname
  await page.getByLabel('What it is, in a line').fill('More dates')
  await page.locator('[name=licence]').selectOption('CC-BY-4.0')
  await page.locator('[name=language]').selectOption('mr')
  await follow(page.getByRole('button', { name: 'Save and check again' }).click())
  assert.match((await page.locator('#row-2').textContent()) ?? '', /fails/)
  await page.locator('#row-2 textarea').nth(1).fill('७ जून')
  await follow(page.getByRole('button', { name: 'Save the row' }).click())
  await page.goto(upload)
  await page.locator('[name=agreed]').check()
  await follow(page.getByRole('button', { name: 'Offer 2 rows' }).click())
  assert.match(page.url(), /\/contributions\/2$/)

  // How it looks.
  await page.goto('/models/marathi/saathi/upload')
  await page.getByLabel('Rows').fill('a,b\nएक,\nदोन,two\n')
  await follow(page.getByRole('button', { name: 'Check it' }).click())
  const second = new URL(page.url()).pathname
  const seen: readonly (readonly [string, string, string])[] = [
    ['examples', '/models/marathi/saathi/examples?q=मार्च', asha.token],
    ['example', example, asha.token],
    ['changes', '/changes', asha.token],
    ['upload-new', '/models/marathi/saathi/upload', asha.token],
    ['upload', second, asha.token],
    ['operator', '/operator', bilal.token],
  ]
  for (const look of looks)
    for (const [name, path, token] of seen) {
      const looked = await visitAs(browser, t, listening.url, { token, look })
      await looked.goto(path)
      await assertSound(looked)
      if (shots) await looked.screenshot({ path: join(shots, `${name}-${look.name}.png`), fullPage: true })
      await looked.close()
    }
  const nobody = await visitAs(browser, t, listening.url)
  assert.equal((await nobody.goto('/operator'))?.ok(), false)
  assert.equal((await nobody.goto(upload))?.ok(), false)
})
