import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runningApp } from '../http/testing.ts'
import { keepScreenshot, looks, openBrowser, visitAs, assertSound } from './testing.ts'

test('pages of the site', async (t) => {
  const { app, url } = await runningApp(t)
  const browser = await openBrowser(t)

  await t.test('the home page is sound in light and dark, at phone and desktop width, in Urdu from right to left', async (t) => {
    for (const look of looks) {
      const page = await visitAs(browser, t, url, { look })
      await page.goto('/')
      await assertSound(page)
      await keepScreenshot(page, `home-${look.name}`)
      if (look.options.locale === 'ur') assert.equal(await page.evaluate('getComputedStyle(document.body).direction'), 'rtl')
    }
  })

  await t.test('a page that is not there says so with a way on, to programs in JSON', async (t) => {
    const page = await visitAs(browser, t, url)
    const answer = await page.goto('/no/such/page')
    assert.equal(answer?.status(), 404)
    await assertSound(page)
    assert.match((await page.textContent('main')) ?? '', /There is no page at \/no\/such\/page/)
    const json = await fetch(`${url}/api/nothing`)
    assert.deepEqual([json.status, json.headers.get('content-type')?.split(';')[0]], [404, 'application/json'])
  })

  await t.test('a language and a theme are kept, and never lead to another site', async () => {
    const chosen = await fetch(`${url}/language?to=ur&back=//evil.example/`, { redirect: 'manual' })
    assert.equal(chosen.headers.get('location'), '/')
    assert.match(chosen.headers.get('set-cookie') ?? '', /^lang=ur;/)
    const page = await (await fetch(`${url}/`, { headers: { cookie: 'lang=ur; theme=dark' } })).text()
    assert.match(page, /<html lang="ur" dir="rtl" data-theme="dark">/)
  })

  await t.test('a form from another site is refused, whatever it is for', async () => {
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }, {}]) {
      const answer = await fetch(`${url}/anything`, { method: 'POST', headers, body: new URLSearchParams({ a: 'b' }) })
      assert.equal(answer.status, 403)
    }
    const own = await fetch(`${url}/anything`, { method: 'POST', headers: { origin: url }, body: new URLSearchParams({ a: 'b' }) })
    assert.equal(own.status, 404)
  })

  await t.test('nothing stands in a page that its policy would have to allow: no inline script, style or third party', async () => {
    const answer = await fetch(url)
    const policy = answer.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/)
    assert.doesNotMatch(policy, /unsafe|https?:/)
    const text = await answer.text()
    assert.doesNotMatch(text, /<script(?![^>]* src="\/)|<style| style="| on[a-z]+="/)
  })

  await t.test('assets keep their address as long as they are the same, and are whole', async () => {
    const text = await (await fetch(url)).text()
    const addresses = [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path as string)
    assert.ok(addresses.length >= 4)
    for (const path of addresses) {
      const answer = await fetch(`${url}${path}`)
      assert.equal(answer.status, 200, path)
      assert.match(answer.headers.get('cache-control') ?? '', /immutable/)
      assert.ok((await answer.arrayBuffer()).byteLength > 100)
    }
    assert.ok(app.version)
  })
})
