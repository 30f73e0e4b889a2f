/** Accounts in a real browser: with a keyboard, without JavaScript, with an authenticator, in three languages. */

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import type { BrowserContext, Page } from 'playwright-core'
import { openProvider } from '../../domain/people/testing.ts'
import { createHttp } from '../../http/server.ts'
import { runningApp } from '../../http/testing.ts'
import { createPages } from '../pages.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'

const password = 'a sentence for asha'

/** What `serve` prints, under the name that passkeys need. */
const underName = (address: string) => address.replace('127.0.0.1', 'localhost')

async function signIn(page: Page, name: string, word: string): Promise<void> {
  await page.goto('/sign-in')
  await page.fill('#name', name)
  await page.fill('#password', word)
  await page.click('main button.primary')
}

/** An authenticator in the browser: a phone that always recognises its owner. */
async function withAuthenticator(context: BrowserContext, page: Page): Promise<void> {
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

test('accounts in a browser', async (t) => {
  const running = await runningApp(t)
  const url = underName(running.url)
  const browser = await openBrowser(t)
  const { link } = await running.operator.post<{ link: string }>('/api/set-up/link')

  await t.test('the first maintainer sets the server up; what was typed survives a refusal, but for the password', async (t) => {
    const page = await visitAs(browser, t, url)
    await page.goto(underName(link))
    await assertSound(page)
    await keepScreenshot(page, 'set-up')
    await page.fill('#name', 'root')
    await page.fill('#password', password)
    await page.click('main button.primary')
    assert.match((await page.textContent('[role=alert]')) ?? '', /The name "root" is reserved/)
    assert.deepEqual([await page.inputValue('#name'), await page.inputValue('#password')], ['root', ''])
    await page.fill('#name', 'asha')
    await page.fill('#password', password)
    await page.click('main button.primary')
    assert.equal(new URL(page.url()).pathname, '/')
    assert.match((await page.textContent('[role=status]')) ?? '', /Welcome, asha/)
    assert.equal((await page.goto(underName(link)))?.status(), 404)
  })

  await t.test('a page that takes a sign-in leads there and back, and a wrong password says no', async (t) => {
    const page = await visitAs(browser, t, url)
    await page.goto('/account')
    await page.click('main a.primary')
    assert.equal(new URL(page.url()).searchParams.get('back'), '/account')
    await assertSound(page)
    await page.fill('#name', 'asha')
    await page.fill('#password', 'something else')
    await page.click('main button.primary')
    assert.match((await page.textContent('[role=alert]')) ?? '', /The name or the password is not right/)
    await assertSound(page)
    await page.fill('#password', password)
    await page.click('main button.primary')
    assert.equal(new URL(page.url()).pathname, '/account')
  })

  await t.test('without JavaScript everything but passkeys works', async (t) => {
    const context = await browser.newContext({ baseURL: url, javaScriptEnabled: false })
    t.after(() => context.close())
    const page = await context.newPage()
    await signIn(page, 'asha', password)
    await page.goto('/account')
    assert.equal(await page.isVisible('[data-passkey]'), false)
    await page.fill('#displayName', 'आशा देशमुख')
    await page.click('form[action="/account/profile"] button')
    assert.equal(await page.inputValue('#displayName'), 'आशा देशमुख')
    await page.fill('#label', 'notebook')
    await page.check('[name=scope-read]')
    await page.click('form[action^="/account/tokens#"] button')
    const token = (await page.textContent('#token')) ?? ''
    assert.match(token, /^cw_[\w-]{43}$/)
    const me = await fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${token}` } })
    assert.deepEqual(((await me.json()) as { scopes: string[] }).scopes, ['read', 'chat'])
    await page.goto('/account')
    assert.equal(await page.isVisible('#token'), false)
    await page.click('form[action^="/account/tokens/"][action$="/revoke"] button')
    assert.equal((await fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${token}` } })).status, 401)
    await page.click('form[action="/sign-out"] button')
    await page.goto('/account')
    assert.match((await page.textContent('h1')) ?? '', /Please sign in/)
  })

  await t.test('under a bare address the page says that passkeys need a name, and where it stands', async () => {
    const bare = await visitAs(browser, t, running.url)
    await bare.goto('/sign-in?back=%2Fmodels')
    assert.equal(await bare.locator('[data-passkey]').count(), 0)
    const there = await bare.getByRole('link', { name: 'open this page as localhost' }).getAttribute('href')
    assert.equal(there, `${underName(running.url)}/sign-in?back=%2Fmodels`)
    await assertSound(bare)
  })

  await t.test('a passkey is made, signs in without a name, and is removed', async (t) => {
    const page = await visitAs(browser, t, url)
    await withAuthenticator(page.context(), page)
    await signIn(page, 'asha', password)
    await page.goto('/account')
    await Promise.all([page.waitForEvent('load'), page.click('[data-passkey=add] button')])
    assert.match((await page.textContent('main')) ?? '', /Chrome on Linux.*Never used\./s)
    await page.click('form[action="/sign-out"] button')
    await page.goto('/sign-in?back=/account')
    await Promise.all([page.waitForURL(`${url}/account`), page.click('[data-passkey=sign-in] button')])
    assert.match((await page.textContent('main')) ?? '', /by passkey/)
    // A copy of it would count from where it was copied, behind what is known here.
    const { counter } = await running.app.db.selectFrom('passkeys').select('counter').executeTakeFirstOrThrow()
    assert.ok(Number(counter) > 0)
    await running.app.db.updateTable('passkeys').set({ counter: 1_000 }).execute()
    await page.goto('/sign-in?back=/changes')
    await page.click('[data-passkey=sign-in] button')
    await page.locator('[data-passkey] [role=status]', { hasText: /\S/ }).first().waitFor({ state: 'attached' })
    assert.match((await page.textContent('[data-passkey] [role=status]')) ?? '', /The answer of the passkey does not fit/)
    await page.goto('/account')
    await page.click('details.confirm summary')
    await page.click('form[action^="/account/passkeys/"] button')
    assert.equal(await page.locator('form[action^="/account/passkeys/"]').count(), 0)
    await page.click('form[action="/sign-out"] button')
    await page.goto('/sign-in')
    await page.click('[data-passkey=sign-in] button')
    await page.locator('[data-passkey] [role=status]', { hasText: /\S/ }).first().waitFor({ state: 'attached' })
    assert.match((await page.textContent('[data-passkey] [role=status]')) ?? '', /This passkey is not known here/)
  })

  await t.test('a maintainer invites somebody to a community, who opens an account and reviews there', async (t) => {
    await running.operator.post('/api/models', { name: 'marathi/saathi', base: 'bundled' })
    const page = await visitAs(browser, t, url)
    await signIn(page, 'asha', password)
    await page.goto('/models/marathi/saathi/members')
    await assertSound(page)
    await page.selectOption('#invited', 'reviewer')
    await page.fill('#note', 'Ravi, from the workshop')
    await page.click('form[action$="/invitations#invitations"] button')
    const invitation = (await page.textContent('#invitation')) ?? ''
    await assertSound(page)
    const guest = await visitAs(browser, t, url, { look: looks[2] as (typeof looks)[number] })
    await guest.goto(invitation)
    await assertSound(guest)
    await keepScreenshot(guest, 'invitation')
    await guest.fill('#name', 'ravi')
    await guest.fill('#password', 'a sentence for ravi')
    await guest.click('main button.primary')
    assert.match((await guest.textContent('[role=status]')) ?? '', /Welcome, ravi/)
    assert.equal((await guest.goto(invitation))?.status(), 404)
    await page.goto('/models/marathi/saathi/members')
    assert.match((await page.textContent('main')) ?? '', /ravi\s*reviewer.*used.*Used by ravi\./s)
    await page.selectOption('[aria-label="Role of ravi"]', 'maintainer')
    await page.click('button:has-text("Change role")')
    assert.match((await page.textContent('main')) ?? '', /ravi became maintainer, by asha\./)
    await guest.goto('/models/marathi/saathi/members')
    assert.ok(await guest.isVisible('#note'))
  })

  await t.test('whoever maintains the instance changes roles on it, and invites to it', async (t) => {
    const page = await visitAs(browser, t, url)
    await signIn(page, 'asha', password)
    await page.goto('/people')
    await page.selectOption('[aria-label="Role of ravi"]', 'reviewer')
    await page.click('li:has-text("ravi") button')
    assert.match((await page.textContent('main')) ?? '', /ravi\s*reviewer/)
    await page.selectOption('[aria-label="Role of asha"]', 'contributor')
    await page.click('li:has-text("asha") button')
    assert.match((await page.textContent('[role=alert]')) ?? '', /asha is the only maintainer of this instance/)
    await page.click('form[action$="/invitations#invitations"] button')
    assert.match((await page.textContent('#invitation')) ?? '', /\/invitation\/[\w-]{43}$/)
    await page.goto('/people')
    await page.click('form[action$="/revoke"] button')
    assert.match((await page.textContent('main')) ?? '', /taken back/)
    const stranger = await visitAs(browser, t, url)
    await stranger.goto('/people')
    assert.equal(await stranger.locator('main form').count(), 0)
  })

  await t.test('the operator lets somebody in with a link, by a press and not by opening', async (t) => {
    const { link: way } = await running.operator.post<{ link: string }>('/api/people/ravi/sign-in-link')
    const page = await visitAs(browser, t, url)
    await page.goto(underName(way))
    await page.goto(underName(way))
    await assertSound(page)
    await page.click('main button.primary')
    assert.equal(new URL(page.url()).pathname, '/account')
    assert.match((await page.textContent('[role=status]')) ?? '', /Set a password or add a passkey/)
    assert.equal((await page.goto(underName(way)))?.status(), 404)
  })

  await t.test('every page is sound in the four ways it is looked at', async (t) => {
    for (const look of looks) {
      const page = await visitAs(browser, t, url, { look })
      await page.goto('/sign-in')
      await assertSound(page)
      await keepScreenshot(page, `sign-in-${look.name}`)
      await page.fill('#name', 'asha')
      await page.fill('#password', password)
      await page.click('main button.primary')
      for (const [name, path] of [
        ['account', '/account'],
        ['members', '/models/marathi/saathi/members'],
        ['people', '/people'],
      ] as const) {
        await page.goto(path)
        await assertSound(page)
        await keepScreenshot(page, `${name}-${look.name}`)
      }
    }
  })

  await t.test('a choice of language and colours goes with its owner to another browser', async (t) => {
    const page = await visitAs(browser, t, url)
    await signIn(page, 'ravi', 'a sentence for ravi')
    await page.goto('/account')
    await page.selectOption('#language', 'ur')
    await page.selectOption('#theme', 'dark')
    await page.click('form[action="/account/profile"] button')
    assert.deepEqual(await page.evaluate('[document.documentElement.lang, document.documentElement.dataset.theme]'), ['ur', 'dark'])
    const other = await visitAs(browser, t, url)
    await signIn(other, 'ravi', 'a sentence for ravi')
    assert.deepEqual(await other.evaluate('[document.documentElement.lang, document.documentElement.dataset.theme]'), ['ur', 'dark'])
  })
})

test('an account elsewhere opens one here, and signs in from then on', async (t) => {
  const { app } = await runningApp(t)
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const provider = await openProvider(t, `${url}/sign-in/provider/back`)
  const parts = { ...app, provider, signUp: 'open' as const }
  const http = createHttp(parts, createPages(parts))
  const handle = getRequestListener((request, bindings) => http.fetch(request, bindings))
  server.on('request', (request, response) => void handle(request, response))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const page = await visitAs(await openBrowser(t), t, url)
  const thereAndBack = async () => {
    await page.goto('/sign-in?back=/account')
    await page.click('a:has-text("Their school")')
    if (page.url().startsWith(provider.issuer)) {
      await page.fill('[name=login]', 'Asha.K')
      await page.fill('[name=password]', 'theirs')
      await page.click('[type=submit]')
      await page.click('[type=submit]')
    }
  }
  await thereAndBack()
  assert.equal(await page.inputValue('#name'), 'asha.k')
  assert.equal(await page.locator('#password').count(), 0)
  await assertSound(page)
  await page.click('main button.primary')
  assert.equal(new URL(page.url()).pathname, '/account')
  assert.match((await page.textContent('main')) ?? '', /You have none: you sign in another way/)
  await page.click('form[action="/sign-out"] button')
  await thereAndBack()
  await page.waitForURL(`${url}/account`)
  assert.match((await page.textContent('main')) ?? '', /by an account elsewhere/)
  await page.click('details.confirm summary')
  await page.click('form[action^="/account/provider/"] button')
  assert.match((await page.textContent('[role=alert]')) ?? '', /This is your only way to sign in/)
})
