import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchEvaluations } from '../../domain/evaluation/watch-evaluations.ts'
import { evaluateSubject } from '../../domain/releases/evaluate-subject.ts'
import { publishRelease } from '../../domain/releases/publish-release.ts'
import { startRun } from '../../domain/training/start-run.ts'
import { watchRun } from '../../domain/training/watch-run.ts'
import type { OpennessAnswers } from '../../http/api/openness-schemas.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'
import { answers, model, openSmallCommunity } from '../releases/testing.ts'

test('how open a release is, in a browser', async (t) => {
  const community = await openSmallCommunity(t)
  const { app, url, tokens, asha, maintainer, reviewer, offer } = community
  const browser = await openBrowser(t)
  const as = (name: string) => visitAs(browser, t, url, { token: tokens[name] as string })
  const path = `/models/${model}`
  const main = (page: Awaited<ReturnType<typeof as>>) => page.textContent('main').then((text) => (text ?? '').replaceAll(/\s+/g, ' '))

  await t.test('a maintainer declares what is open of a base; what is refused keeps what was typed; it stays on record', async () => {
    const page = await as('meera')
    await page.goto('/bases/tiny')
    await page.getByRole('link', { name: 'Every component, and why' }).click()
    assert.match(await main(page), /No openness class yet.*1 of 6 open.*Nobody has declared anything\./)
    await page.locator('summary', { hasText: 'Change what is declared' }).click()
    for (const name of ['Model architecture', 'Model card', 'Data card', 'Technical report']) {
      await page.getByLabel(`Address of: ${name}`).fill(`https://example.org/${name.replace(' ', '-')}`)
      await page.getByLabel(`Licence of: ${name}`).fill('CC-BY-4.0')
    }
    await page.getByLabel('Address of: Training code').fill('javascript:alert(1)')
    await page.getByLabel('How you know').fill('Read on <b>its</b> page')
    await page.locator('button', { hasText: 'Declare' }).click()
    assert.match((await page.textContent('[role=alert]')) ?? '', /The address of Training code is not one/)
    assert.equal(await page.getByLabel('Licence of: Data card').inputValue(), 'CC-BY-4.0')
    await page.getByLabel('Address of: Training code').fill('')
    await page.locator('button', { hasText: 'Declare' }).click()
    await page.waitForURL(/\/bases\/tiny\/openness#declared$/)
    assert.match(await main(page), /No openness class yet.*5 of 6 open.*meera, .*declares 4 components Read on <b>its<\/b> page/)
    await page.goto('/bases/tiny')
    assert.match(await main(page), /6 of 17 components are open/)
    const ravi = await as('ravi')
    await ravi.goto('/bases/tiny/openness')
    assert.equal(await ravi.locator('form.declare').count(), 0)
    assert.match(await main(ravi), /Maintainers declare this/)
  })

  await t.test('before a release its community can say where its report is', async () => {
    const page = await as('meera')
    await page.goto(`${path}/openness`)
    assert.match(await main(page), /There is no release yet/)
    await page.locator('summary', { hasText: 'Change what is declared' }).click()
    await page.getByLabel('Address of: Technical report').fill('https://example.org/report')
    await page.getByLabel('Licence of: Technical report').fill('CC BY 4.0')
    await page.getByLabel('How you know').fill('We wrote it')
    await page.locator('button', { hasText: 'Declare' }).click()
    await page.waitForURL(/\/openness#declared$/)
    assert.match(await main(page), /declares 1 component We wrote it/)
    await assertSound(page)
  })

  await t.test('a release shows its class on every page that names it, and one page says why', async () => {
    await offer(asha, answers(24, 64, 'ok'), 'Answers')
    const { id } = await startRun(app, reviewer, model)
    for await (const _ of watchRun(app, id)) continue
    const { subject, base } = await evaluateSubject(app, maintainer, model, { run: id })
    for await (const _ of watchEvaluations(
      app,
      [...subject, ...base].map((one) => one.id),
    ))
      continue
    await publishRelease(app, maintainer, model, '0.1.0')
    const page = await visitAs(browser, t, url)
    for (const at of ['/', '/models', path, `${path}/releases`, `${path}/releases/0.1.0`]) {
      await page.goto(at)
      assert.match(await main(page), /MOF class III: open model/, at)
    }
    await page.getByRole('link', { name: 'MOF class III: open model' }).click()
    await page.waitForURL(/\/releases\/0\.1\.0\/openness$/)
    const text = await main(page)
    assert.match(text, /Class III: open model Reached.*6 of 6 open/)
    assert.match(text, /What is missing for Class II: open tooling Training code .*\(of the base\) There is none that anybody can look at/)
    assert.match(text, /Evaluation data .* nobody says under which licence\. Say the licence of each suite/)
  })

  await t.test('every address of this server that a grade names has something to look at', async () => {
    const { graded } = (await (await fetch(`${url}/api${path}/releases/0.1.0/openness`)).json()) as OpennessAnswers['ofRelease']
    const addresses = graded!.components.flatMap(({ evidence }) => evidence.flatMap(({ address }) => address ?? []))
    const own = addresses.filter((address) => address.startsWith('/'))
    assert.ok(own.length > 10)
    for (const address of own) assert.equal((await fetch(new URL(address, url))).status, 200, address)
    const record = await (await fetch(`${url}/api${path}/releases/0.1.0/openness.yml`)).text()
    assert.match(record, /name: Model parameters \(Final\)\n {6}license: Apache-2\.0/)
  })

  await t.test('the program shows its own source and nothing beside it', async () => {
    const page = await visitAs(browser, t, url)
    await page.goto('/source/src/trainers/')
    assert.match(await main(page), /commonweights \/ src \/ trainers local\/library/)
    await assertSound(page)
    const licence = await fetch(`${url}/source/LICENSE`)
    assert.match(await licence.text(), /Apache License\s+Version 2\.0/)
    assert.match(licence.headers.get('content-type') ?? '', /^text\/plain/)
    for (const other of [
      '.git/config',
      '.env',
      'node_modules/hono/package.json',
      '%2e%2e/etc/passwd',
      'src/../.git/config',
      'src/nothing.ts',
    ])
      assert.equal((await fetch(`${url}/source/${other}`)).status, 404, other)
  })

  await t.test('what is declared later is said beside the grade, which stays; and it is sound in every look', async () => {
    const page = await as('meera')
    await page.goto(`${path}/releases/0.1.0/openness`)
    await page.locator('summary', { hasText: 'Change what is declared' }).click()
    await page.getByLabel('Address of: Technical report').fill('')
    await page.getByLabel('Licence of: Technical report').fill('')
    await page.getByLabel('How you know').fill('It is gone')
    await page.locator('button', { hasText: 'Declare' }).click()
    await page.waitForURL(/#declared$/)
    assert.match(await main(page), /MOF class III: open model .*Graded today it would be: No openness class yet/)
    const shown = process.env['COMMONWEIGHTS_TEST_SCREENSHOTS'] ? looks : looks.filter((_, i) => i === 0 || i === 3)
    for (const look of shown) {
      const seen = await visitAs(browser, t, url, { look, token: tokens['meera'] as string })
      for (const [name, at] of [
        ['openness', `${path}/releases/0.1.0/openness`],
        ['openness-base', '/bases/tiny/openness'],
        ['openness-home', '/'],
        ['openness-overview', path],
        ['openness-release', `${path}/releases/0.1.0`],
        ['openness-base-page', '/bases/tiny'],
      ] as const) {
        await seen.goto(at)
        if (name === 'openness' || name === 'openness-base') {
          if (name === 'openness-base') await seen.locator('details#declare > summary').click()
          await assertSound(seen)
        }
        await keepScreenshot(seen, `${name}-${look.name}`)
      }
    }
  })

  await t.test('a release from before releases were graded says so, and gets no grade', async () => {
    await app.db.updateTable('releases').set({ openness: null }).execute()
    const page = await visitAs(browser, t, url)
    await page.goto(path)
    await page.getByRole('link', { name: 'Openness not graded' }).click()
    assert.match(await main(page), /published before releases were graded, and a grade is never added afterwards/)
    await assertSound(page)
    assert.equal((await fetch(`${url}/api${path}/releases/0.1.0/openness.yml`)).status, 404)
  })
})
