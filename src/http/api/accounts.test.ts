/** Accounts as browsers and programs meet them: cookies, other sites, scopes, passkeys' ceremonies, members. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { AppError } from '../../errors.ts'
import { Client } from '../client.ts'
import { runningApp } from '../testing.ts'

const running = await runningApp({ after })
const password = 'a sentence for asha'
const set = await running.operator.post<{ link: string }>('/api/set-up/link')

const refused = (code: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.deepEqual([error.code, words.test(error.message)], [code, true], error.message)
  return true
}

/** A browser: it keeps the cookie, and says where each request comes from. */
class Browser {
  cookie = ''
  readonly #site: string
  constructor(site = 'same-origin') {
    this.#site = site
  }
  async send(method: string, path: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown>; cookies: string[] }> {
    const response = await fetch(`${running.url}${path}`, {
      method,
      headers: { 'sec-fetch-site': this.#site, 'content-type': 'application/json', ...(this.cookie && { cookie: this.cookie }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const cookies = response.headers.getSetCookie()
    const session = cookies.find((it) => it.startsWith('commonweights-session='))
    if (session !== undefined) this.cookie = session.split(';')[0] as string
    return { status: response.status, json: (await response.json()) as Record<string, unknown>, cookies }
  }
}

test('the first maintainer sets the server up in a browser, and is signed in', async () => {
  assert.match(set.link, new RegExp(`^${running.url}/set-up/[\\w-]{43}$`))
  const browser = new Browser()
  const secret = set.link.split('/').at(-1)
  const wrong = await browser.send('POST', '/api/set-up', { name: 'asha', password, secret: 'x'.repeat(43) })
  assert.equal(wrong.status, 404)
  const made = await browser.send('POST', '/api/set-up', { name: 'asha', password, secret })
  assert.deepEqual(made.json, { name: 'asha', role: 'maintainer' })
  assert.match(made.cookies[0] as string, /^commonweights-session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/)
  const me = await browser.send('GET', '/api/me')
  assert.deepEqual([me.json['name'], me.json['role'], me.json['scopes']], ['asha', 'maintainer', null])
  await assert.rejects(running.operator.post('/api/set-up/link'), refused('conflict', /is set up/))
})

test('a cookie counts for what pages of this site send, and for nothing that another site makes a browser send', async () => {
  const browser = new Browser()
  await browser.send('POST', '/api/sign-in', { name: 'asha', password })
  const elsewhere = new Browser('cross-site')
  elsewhere.cookie = browser.cookie
  assert.equal((await elsewhere.send('GET', '/api/me')).status, 401)
  assert.equal((await elsewhere.send('PUT', '/api/me/profile', { bio: 'not mine' })).status, 401)
  const old = await fetch(`${running.url}/api/me/profile`, {
    method: 'PUT',
    headers: { origin: 'https://elsewhere.example', cookie: browser.cookie, 'content-type': 'application/json' },
    body: '{"bio":"not mine"}',
  })
  assert.equal(old.status, 401)
  assert.equal((await browser.send('PUT', '/api/me/profile', { bio: 'mine', language: 'ur' })).json['bio'], 'mine')
})

test('another site signs nobody in', async () => {
  const response = await fetch(`${running.url}/api/sign-in`, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'cross-site', origin: 'https://elsewhere.example', 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'asha', password }),
  })
  assert.equal(response.status, 403)
  assert.deepEqual(response.headers.getSetCookie(), [])
})

test('sessions are listed and ended; an ended cookie is nobody and is taken from the browser', async () => {
  const [one, two] = [new Browser(), new Browser()]
  for (const browser of [one, two]) await browser.send('POST', '/api/sign-in', { name: 'asha', password })
  const list = (await one.send('GET', '/api/me/sessions')).json as unknown as { id: number; current: boolean }[]
  assert.equal(list.filter(({ current }) => current).length, 1)
  assert.ok(list.length >= 2)
  const left = (await one.send('DELETE', '/api/me/sessions')).json as unknown as unknown[]
  assert.equal(left.length, 1)
  const gone = await two.send('GET', '/api/me')
  assert.equal(gone.status, 401)
  assert.match(gone.cookies[0] as string, /^commonweights-session=; Max-Age=0; Path=\//)
  assert.equal((await one.send('POST', '/api/sign-out')).status, 200)
  assert.equal((await one.send('GET', '/api/me')).status, 401)
})

test('a wrong password is refused, and too many close the account to that address', async () => {
  const browser = new Browser()
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => browser.send('POST', '/api/sign-in', { name: 'guessed', password: 'wrong' })),
  )
  const statuses = answers.map(({ status }) => status).sort()
  assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 401), 503, 503])
})

test('over TLS the cookie is for this host alone', async () => {
  const { createHttp } = await import('../server.ts')
  const { createPages } = await import('../../web/pages.ts')
  const app = { ...running.app, publicOrigin: 'https://wiki.example', proxies: 1 }
  const http = createHttp(app, createPages(app))
  const response = await http.request('/api/sign-in', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', 'x-forwarded-for': '198.51.100.9' },
    body: JSON.stringify({ name: 'asha', password }),
  })
  assert.equal(response.status, 200)
  assert.match(
    response.headers.getSetCookie()[0] as string,
    /^__Host-commonweights-session=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  )
})

test('a token opens what its scopes say', async () => {
  const { token } = await running.operator.post<{ token: string }>('/api/people/asha/tokens', { label: 'reads', scopes: ['read'] })
  const reading = clientWith(token)
  assert.deepEqual((await reading.get<{ scopes: string[] }>('/api/me')).scopes, ['read'])
  await assert.rejects(
    reading.post('/api/invitations', { role: 'contributor' }),
    refused('forbidden', /not for this; use one with the scope/),
  )
  await assert.rejects(reading.get('/v1/models'), refused('forbidden', /scope "chat"/))
  const { token: chat } = await running.operator.post<{ token: string }>('/api/people/asha/tokens', { label: 'chats', scopes: ['chat'] })
  await assert.rejects(clientWith(chat).get('/api/me'), refused('forbidden', /scope "read"/))
  assert.ok(await clientWith(chat).get('/v1/models'))
  const page = await fetch(running.url, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(page.status, 403)
})

test('an invitation to a community opens an account that reviews there', async () => {
  await running.operator.post('/api/models', { name: 'marathi/saathi', base: 'bundled' })
  const { link } = await running.operator.post<{ link: string }>('/api/invitations', { role: 'reviewer', model: 'marathi/saathi' })
  const browser = new Browser()
  const invitation = link.split('/').at(-1)
  const found = await browser.send('POST', '/api/invitations/find', { secret: invitation })
  assert.deepEqual([found.json['model'], found.json['role']], ['marathi/saathi', 'reviewer'])
  await browser.send('POST', '/api/sign-up', { name: 'ravi', password: 'a sentence for ravi', invitation })
  const me = await browser.send('GET', '/api/me')
  assert.deepEqual([me.json['role'], (me.json['memberships'] as { role: string }[]).map(({ role }) => role)], ['contributor', ['reviewer']])
  const members = await running.operator.get<{ name: string; role: string }[]>('/api/models/marathi/saathi/members')
  assert.deepEqual(
    members.map(({ name, role }) => [name, role]),
    [['ravi', 'reviewer']],
  )
  const left = await browser.send('DELETE', '/api/models/marathi/saathi/members/ravi')
  assert.deepEqual(left.json, [])
  assert.equal((await browser.send('POST', '/api/sign-up', { name: 'meera', password: 'a sentence for her' })).status, 403)
})

test('an authenticator is asked for a challenge of its own each time, under a name and not an address', async () => {
  const named = running.url.replace('127.0.0.1', 'localhost')
  const begin = async () =>
    (await fetch(`${named}/api/sign-in/passkey/begin`, { method: 'POST' })).json() as Promise<{
      options: { challenge: string; rpId: string }
    }>
  const [one, two] = [await begin(), await begin()]
  assert.equal(one.options.rpId, 'localhost')
  assert.notEqual(one.options.challenge, two.options.challenge)
  const byAddress = await fetch(`${running.url}/api/sign-in/passkey/begin`, { method: 'POST' })
  assert.equal(byAddress.status, 400)
})

function clientWith(token: string): Client {
  return new Client(fetch, running.url, token)
}
