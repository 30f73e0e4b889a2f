import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHash } from 'node:crypto'
import { addSuite } from '../../domain/models/add-suite.ts'
import { evaluateSubject } from '../../domain/releases/evaluate-subject.ts'
import { watchEvaluations } from '../../domain/evaluation/watch-evaluations.ts'
import { findRelease } from '../../domain/releases/release-queries.ts'
import { startRun } from '../../domain/training/start-run.ts'
import { watchRun } from '../../domain/training/watch-run.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'
import { answers, guard, hours, jsonl, model, openSmallCommunity } from './testing.ts'

test('releases in a browser', async (t) => {
  const community = await openSmallCommunity(t)
  const { app, url, tokens, asha, tomba, maintainer, reviewer, offer } = community
  const browser = await openBrowser(t)
  const as = (name: string) => visitAs(browser, t, url, { token: tokens[name] as string })
  const trained = async (): Promise<number> => {
    const { id } = await startRun(app, reviewer, model)
    for await (const _ of watchRun(app, id)) continue
    return id
  }
  const path = `/models/${model}`
  const main = (page: Awaited<ReturnType<typeof as>>) => page.textContent('main').then((text) => (text ?? '').replaceAll(/\s+/g, ' '))

  await t.test('before anything is trained every page says what comes first', async (t) => {
    const page = await visitAs(browser, t, url)
    for (const [at, says] of [
      ['/releases', /There is no release yet/],
      ['/releases/new', /no finished run/],
      ['/compare', /not two releases to compare/],
      ['/lineage', /begins with the first contribution/],
      ['/suites', /no release was asked yet · would show a change of about/],
    ] as const) {
      await page.goto(`${path}${at}`)
      assert.match(await main(page), says)
    }
  })

  await t.test('a finished run is measured while one watches, the gate holds, and a maintainer publishes it', async () => {
    await offer(asha, answers(24, 64, 'ok'), 'Answers')
    const run = await trained()
    const page = await as('meera')
    await page.goto(`/runs/${run}`)
    await page.getByText('Measure and release').click()
    assert.match(await main(page), /0 of 2 measured/)
    await page.getByText('Measure it now').click()
    // The page is read again by itself until the gate can be asked.
    await page.getByText('The gate holds.').waitFor({ timeout: 600_000 })
    await assertSound(page)
    await page.getByLabel('Version').fill('one')
    await page.locator('button', { hasText: 'Publish the release' }).click()
    assert.match((await page.textContent('[role=alert]')) ?? '', /one/)
    assert.equal(await page.getByLabel('Version').inputValue(), 'one')
    await page.getByLabel('Version').fill('0.1.0')
    await page.locator('button', { hasText: 'Publish the release' }).click()
    await page.waitForURL(/\/releases\/0\.1\.0$/)
    assert.match(
      await main(page),
      /Release 0\.1\.0 is published\..*Published by meera.*Answers asha · 40 examples added · reviewed by ravi/,
    )
  })

  await t.test('a second release stands beside the first: scores with intervals, answers before and after, data and recipe', async (t) => {
    await addSuite(app, maintainer, model, { name: 'answers', kind: 'choice', samples: guard, target: false, tolerance: 0.9 })
    await addSuite(app, maintainer, model, { name: 'hours', kind: 'text', samples: jsonl(hours(12, 20)) })
    await offer(asha, hours(0, 12), 'Hours')
    await offer(tomba, answers(64, 72, 'x'), 'Other <b>answers</b>')
    const run = await trained()
    const { subject, base, previous } = await evaluateSubject(app, maintainer, model, { run })
    const ids = [...subject, ...base, ...previous].map(({ id }) => id)
    for await (const _ of watchEvaluations(app, ids)) continue
    const page = await as('meera')
    await page.goto(`${path}/releases/new?run=${run}`)
    await page.getByLabel('Version').fill('0.2.0')
    await page.locator('button', { hasText: 'Publish the release' }).click()
    await page.waitForURL(/\/releases\/0\.2\.0$/)
    const release = await findRelease(app.db, model, '0.2.0')
    const [hoursSuite] = release.gate.suites.filter(({ name }) => name === 'hours')
    assert.ok(hoursSuite)
    const text = await main(page)
    assert.ok(text.includes(hoursSuite.comparison.subject.score.toFixed(3)), 'the score as measured')
    assert.match(text, /Other <b>answers<\/b> tomba/)

    await page.getByText('Compare with 0.1.0').click()
    const compared = await main(page)
    assert.match(compared, /Examples only in 0\.2\.0 20/)
    assert.ok(compared.includes(`${Math.abs(hoursSuite.comparison.difference).toFixed(3)}`), 'the difference as the gate had it')
    assert.match(compared, /The same recipe\./)
    const json = await fetch(`${url}${(await page.locator('link[type="application/json"]').getAttribute('href')) ?? ''}`)
    const { dataset, suites } = (await json.json()) as { dataset: { added: number }; suites: { name: string }[] }
    assert.deepEqual([dataset.added, suites.map(({ name }) => name)], [20, ['answers', 'hours']])
    await page.locator('nav a', { hasText: 'hours' }).click()
    assert.ok((await page.locator('ol.changed > li').count()) > 0)
    assert.match(await main(page), /of 8 changed: \d+ surprise it less/)

    // All four looks where somebody wants to see them; two tell left-to-right from right-to-left, wide from narrow.
    const shown = process.env['COMMONWEIGHTS_TEST_SCREENSHOTS'] ? looks : looks.filter((_, i) => i === 0 || i === 3)
    for (const look of shown) {
      const seen = await visitAs(browser, t, url, { look, token: tokens['meera'] as string })
      for (const [name, at] of [
        ['release', '/releases/0.2.0'],
        ['compare', '/compare?from=0.1.0&to=0.2.0'],
        ['lineage', '/lineage'],
        ['suite', '/suites/hours?release=0.2.0'],
      ] as const) {
        await seen.goto(`${path}${at}`)
        if (look === looks[0] || look === looks[3]) await assertSound(seen)
        await keepScreenshot(seen, `${name}-${look.name}`)
      }
    }
  })

  await t.test('the commands on a release’s page fetch what its digests say', async () => {
    const page = await as('asha')
    await page.goto(`${path}/releases/0.2.0`)
    const commands = (await page.textContent('#verify')) ?? ''
    const [, folder] = /curl -fsSO (\S+)\/\$file/.exec(commands) ?? []
    const files = /for file in ([^;]+);/.exec(commands)?.[1]?.split(' ') ?? []
    const sums = await (await fetch(`${folder}/SHA256SUMS`)).text()
    assert.ok(files.length >= 3)
    for (const file of files.filter((name) => name !== 'SHA256SUMS')) {
      const bytes = Buffer.from(await (await fetch(`${folder}/${file}`)).arrayBuffer())
      assert.ok(sums.includes(`${createHash('sha256').update(bytes).digest('hex')}  ${file}\n`), file)
    }
    const ask = JSON.parse(/-d '(.*)'/s.exec((await page.textContent('#use-0')) ?? '')?.[1] ?? '') as { model: string }
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...ask, max_tokens: 2 }),
    })
    // The tiny base knows no turns of conversation; the name of the model and the form are what is checked here.
    assert.equal(ask.model, `${model}@0.2.0`)
    assert.ok([200, 400].includes(answer.status), String(answer.status))
  })

  await t.test('the lineage leads from every node to its page, in the graph and in the list', async () => {
    const page = await as('asha')
    await page.goto(`${path}/lineage`)
    const leadTo = async (all: string) => {
      const found = await page.locator(all).all()
      return Promise.all(found.map(async (link) => (await link.getAttribute('href')) ?? ''))
    }
    const [links, listed] = [await leadTo('svg.lineage a'), await leadTo('ul.lineage-list a')]
    assert.deepEqual(new Set(links), new Set(listed))
    for (const href of new Set(links.map((link) => link.split('#')[0] ?? '')))
      assert.equal((await fetch(`${url}${href}`)).status, 200, href)
    assert.ok(links.some((href) => href.startsWith('/contributions/')) && links.includes('/bases/tiny'))
    const graph = (await (await fetch(`${url}/api${path}/lineage`)).json()) as { nodes: unknown[] }
    assert.equal(graph.nodes.length, links.length)
    await page.goto(`${path}/lineage?release=0.2.0`)
    assert.match(await main(page), /Earlier up to 0\.1\.0/)
    await page.goto('/bases/tiny')
    assert.match(await main(page), /Apache-2\.0.*Who builds on it marathi\/saathi/)
    await assertSound(page)
  })

  await t.test('a release is taken back with a reason that everybody reads; only a maintainer may', async () => {
    const page = await as('ravi')
    await page.goto(`${path}/releases/0.2.0`)
    assert.equal(await page.getByText('Take this release back').count(), 0)
    const meera = await as('meera')
    await meera.goto(`${path}/releases/0.2.0`)
    await meera.locator('summary', { hasText: 'Take this release back' }).click()
    await meera.getByLabel('Why', { exact: true }).fill('It answers <script>alert(1)</script> in Polish')
    await meera.locator('form button', { hasText: 'Take this release back' }).click()
    await meera.locator('h1', { hasText: 'retracted' }).waitFor()
    assert.match(await main(meera), /no longer served\. The reason: It answers <script>alert\(1\)<\/script> in Polish\./)
    await assertSound(meera)
  })
})
