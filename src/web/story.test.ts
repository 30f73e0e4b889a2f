/** The story the pages must tell, in one sitting and a real browser: a wrong answer, its correction, a preview, a review, a train, a release, a receipt. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page as BrowserPage } from 'playwright-core'
import { communityFor } from '../../examples/community/community.ts'
import type { Client } from '../http/client.ts'
import { runningApp, type RunningApp } from '../http/testing.ts'
import { assertSound, keepScreenshot, openBrowser, visitAs } from './testing.ts'

const model = 'marathi/saathi'
const question = 'Say good morning in Marathi.'
const right = 'शुभ प्रभात'
/** Small and quick, and enough to know by heart what it was shown. */
const recipe = ['epochs: 24', 'batchSize: 8', 'maxLength: 96', 'learningRate: 0.003', 'seed: 7'].join('\n')

const lines = (rows: readonly unknown[]) =>
  new Blob([rows.map((row) => `${JSON.stringify(row)}\n`).join('')]).stream() as ReadableStream<Uint8Array>
const JSONL = 'application/jsonlines'

/** A community with a first release that knows some dates and no greeting; what it must not lose is how well it writes them. */
async function found(running: RunningApp): Promise<void> {
  const { operator } = running
  const person = (name: string, role: string): Promise<Client> => running.person(name, role)
  const [asha, farah, joseph] = [
    await person('asha', 'contributor'),
    await person('farah', 'reviewer'),
    await person('joseph', 'maintainer'),
  ]
  await joseph.post('/api/models', {
    name: model,
    base: 'bundled',
    description: 'Everyday Marathi',
    charter: ['Answers in Marathi.'],
    recipe,
  })
  const { contributions, suite } = communityFor('mr')
  const dates = suite.samples.filter(({ topic }) => topic === 'dates')
  const texts = dates.slice(0, 24).map(({ expected }) => ({ text: expected }))
  await joseph.upload(`/api/models/${model}/suites`, { name: 'written-dates', kind: 'text', tolerance: '0.5' }, lines(texts), JSONL)
  const declared = {
    licence: 'CC0-1.0',
    language: 'mr',
    origin: 'human',
    source: 'a calendar',
    message: 'Days of the year',
    signOff: 'Asha',
  }
  const examples = contributions[0]?.examples.slice(0, 32) ?? []
  const { contribution } = await asha.upload<{ contribution: { id: number } }>(
    `/api/models/${model}/contributions`,
    declared,
    lines(examples),
    JSONL,
  )
  await farah.post(`/api/contributions/${contribution.id}/reviews`, { decision: 'accept', message: 'All of them are right.' })
  await joseph.post(`/api/models/${model}/train-schedule`, { rhythm: { kind: 'by-hand' }, publish: true })
  const { id } = await joseph.post<{ id: number }>(`/api/models/${model}/trains`)
  for (;;) {
    const train = await operator.get<{ state: string; statusLine: string }>(`/api/trains/${id}`)
    if (train.state === 'published') return
    assert.equal(train.state, 'running', train.statusLine)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** Reloads until the page says so: what a visitor without scripts would do, and safe against a missed event. */
async function until(page: BrowserPage, done: () => Promise<boolean>): Promise<void> {
  const path = new URL(page.url()).pathname
  for (let second = 0; !(await done()); second++) {
    assert.ok(second < 300, `${page.url()} never came to say what was waited for`)
    await page.waitForTimeout(1_000)
    // The page may renew itself just now; then ours is called off, and that is as good.
    await page.goto(path).catch(() => undefined)
  }
}

const mainOf = async (page: BrowserPage) => (await page.textContent('main')) ?? ''

test('from a wrong answer to a receipt, in a browser', async (t) => {
  const running = await runningApp(t)
  const { operator, url } = running
  await found(running)
  const browser = await openBrowser(t)

  /** Signed in as the operator's link lets them: with a cookie, like anybody. */
  const signedIn = async (name: string): Promise<BrowserPage> => {
    const { link } = await operator.post<{ link: string }>(`/api/people/${name}/sign-in-link`)
    const page = await visitAs(browser, t, url)
    await page.goto(link)
    await page.getByRole('button', { name: `Sign in as ${name}` }).click()
    await page.waitForURL((at) => !at.pathname.startsWith('/sign-in'))
    return page
  }

  const asha = await signedIn('asha')
  const ask = async (): Promise<string> => {
    await asha.goto(`/models/${model}/talk`)
    await asha.getByLabel('Your question').fill(question)
    await asha.getByRole('button', { name: 'Ask', exact: true }).click()
    await asha.getByRole('link', { name: 'Fix this' }).first().waitFor()
    return (await asha.locator('.model-text').last().textContent()) ?? ''
  }

  await t.test('asks the model something on the community’s first page, and it answers wrongly', async () => {
    await asha.goto(`/models/${model}`)
    await asha.getByLabel('Ask it something').fill(question)
    await asha.getByRole('button', { name: 'Ask', exact: true }).click()
    await asha.waitForURL(/\/talk\?answer=/)
    assert.match((await asha.locator('#newest').textContent()) ?? '', /Say good morning in Marathi/)
    assert.notEqual((await asha.locator('.model-text').last().textContent())?.trim(), right)
    await keepScreenshot(asha, 'story-1-asked')
  })

  await t.test(
    '"Fix this": the better answer becomes a correction and a test case, with origin, licence and sign-off in plain words',
    async () => {
      await asha.getByRole('link', { name: 'Fix this' }).first().click()
      await asha.getByLabel('What should it have said?').fill(right)
      await assertSound(asha)
      await keepScreenshot(asha, 'story-2-fix')
      const language = asha.getByLabel('In which language is it?')
      if ((await language.inputValue()) === '') await language.selectOption('mr')
      const name = asha.getByLabel('Your name, as it should stand there')
      if ((await name.inputValue()) === '') await name.fill('Asha Deshmukh')
      await asha.getByRole('checkbox').last().check()
      await asha.getByRole('button', { name: 'Send it to review' }).click()
      await asha.waitForURL(/\/contributions\/\d+/)
      const said = await mainOf(asha)
      assert.match(said, /शुभ प्रभात/)
      assert.match(said, /to notice if the mistake comes back/)
    },
  )

  const proposal = new URL(asha.url()).pathname
  let version = ''

  await t.test('a preview is made in the background and says which answers change', async () => {
    await asha.goto(proposal)
    const askFor = asha.getByRole('button', { name: 'Make a preview' })
    // On a busy machine laying out the two builds takes a while.
    if (await askFor.count()) await askFor.click({ timeout: 120_000 })
    await until(asha, async () => (await asha.getByRole('button', { name: 'Stop it' }).count()) === 0 && /Scores/.test(await mainOf(asha)))
    // Loaded afresh: while a preview is made, the page renews itself.
    await asha.goto(proposal)
    assert.match(await mainOf(asha), /written-dates/)
    assert.match(await mainOf(asha), /Of \d+ texts|none of \d+ texts/, 'texts are not right or wrong')
    const ownCases = asha.getByRole('table', { name: 'What is answered to them' })
    assert.match((await ownCases.getByRole('row').nth(1).textContent()) ?? '', /Say good morning in Marathi\.\s*शुभ प्रभात\s*✗ wrong/)
    await assertSound(asha)
    await keepScreenshot(asha, 'story-3-preview')
  })

  await t.test('somebody else finds it in the queue, reads it and accepts it; its author cannot', async () => {
    assert.equal(await asha.getByRole('button', { name: 'Send the review' }).count(), 0)
    const farah = await signedIn('farah')
    await farah.goto(`/models/${model}/proposals`)
    await farah.locator(`a[href^="${proposal}"]`).first().click()
    await farah.locator('input[name="decision"][value="accept"]').check()
    await farah.getByRole('button', { name: /^Send/ }).first().click()
    await farah.getByRole('status').waitFor()
    assert.match(await mainOf(farah), /Accepted/)
    await keepScreenshot(farah, 'story-4-accepted')
  })

  await t.test('the train leaves: it trains while one looks, is measured, passes its gate, and the next release is out', async () => {
    const joseph = await signedIn('joseph')
    await joseph.goto(`/models/${model}/trains`)
    await joseph.getByText('Let a train leave now').first().click()
    await joseph.getByRole('button', { name: 'Let a train leave now' }).click()
    await joseph.waitForURL(/\/trains\/\d+/)
    await assertSound(joseph)
    await keepScreenshot(joseph, 'story-5-train')
    const train = new URL(joseph.url()).pathname
    await joseph.goto(`/models/${model}/runs`)
    await joseph.locator('main a[href^="/runs/"]').first().click()
    await joseph.waitForURL(/\/runs\/\d+/)
    await joseph.getByText(/step/i).first().waitFor()
    await keepScreenshot(joseph, 'story-6-run')
    await joseph.goto(train)
    await until(joseph, async () => {
      const said = await mainOf(joseph)
      assert.doesNotMatch(said, /stopped at the gate|it failed|was cancelled/)
      version = /released as (\d+\.\d+\.\d+)/.exec(said)?.[1] ?? ''
      return version !== ''
    })
    await joseph.goto(`/models/${model}/releases/${version}`)
    const said = await mainOf(joseph)
    assert.match(said, /asha/i, 'the changelog names her')
    await assertSound(joseph)
    await keepScreenshot(joseph, 'story-7-release')
  })

  await t.test('asked again, the model answers rightly', async () => {
    assert.equal((await ask()).trim(), right)
    await keepScreenshot(asha, 'story-8-again')
  })

  await t.test('a notification leads to the receipt, which says what of hers is in it and what changed because of it', async () => {
    const receipt = asha.locator('main li', { hasText: version }).locator('a[href^="/receipts/"]')
    await asha.goto('/notifications')
    await until(asha, async () => (await receipt.count()) > 0)
    await receipt.first().click()
    await asha.waitForURL(/\/receipts\//)
    const said = await mainOf(asha)
    assert.ok(said.includes(version))
    assert.match(said, /contribution|proposal/i)
    await assertSound(asha)
    await keepScreenshot(asha, 'story-9-receipt')
  })

  await t.test('no link of any page of this community leads nowhere', async () => {
    const from = new Map<string, string>([`/`, `/models/${model}`, '/people/asha', '/changes'].map((path) => [path, 'the test']))
    for (const [path, on] of from) {
      const answer = await asha.request.get(path)
      assert.ok(answer.ok(), `${path}, linked on ${on}, answers ${answer.status()}`)
      if (from.size > 100 || !(answer.headers()['content-type'] ?? '').includes('html')) continue
      for (const [, href = ''] of (await answer.text()).matchAll(/<a [^>]*href="(\/[^"#]*)/g)) {
        const link = href.replaceAll('&amp;', '&')
        // What a script fills in, what changes the visitor's choices, and what is for others than readers.
        if (!/ID\/fix|^\/(language|theme|operator|api|source)|blobs|files/.test(link) && !from.has(link)) from.set(link, path)
      }
    }
    assert.ok(from.size > 60, `${from.size} links were followed`)
  })
})
