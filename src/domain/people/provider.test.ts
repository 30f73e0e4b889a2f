/** Sign-in with an account elsewhere, against a real OpenID provider in this process. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryDatabase } from '../../storage/testing.ts'
import { operator } from './actor.ts'
import { addPerson } from './add-person.ts'
import { invite } from './invitations.ts'
import { accountsOf, unlinkAccount } from './provider-accounts.ts'
import { goToProvider, returnFromProvider, type ProviderApp } from './provider.ts'
import { signUp } from './sign-up.ts'
import { openProvider } from './testing.ts'

const here = { address: '203.0.113.7', device: 'Firefox on Linux' }
const redirect = 'http://localhost:3210/sign-in/provider/back'

/** What a browser does at the provider: signs in there as `login`, agrees, and is sent back. Returns the query it comes back with. */
async function signInThere(start: URL, login: string): Promise<URLSearchParams> {
  const cookies = new Map<string, string>()
  let [next, form]: [URL, URLSearchParams | null] = [start, null]
  for (let step = 0; step < 20; step++) {
    const response = await fetch(next, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: form }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) as unknown as [string, string, string]
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location !== null) {
      const to = new URL(location, next)
      if (to.href.startsWith(redirect)) return to.searchParams
      ;[next, form] = [to, null]
      continue
    }
    const page = await response.text()
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1]
    assert.ok(prompt, page.slice(0, 500))
    next = new URL(/action="([^"]+)"/.exec(page)?.[1] as string, next)
    form = new URLSearchParams({ prompt, ...(prompt === 'login' && { login, password: 'any' }) })
  }
  throw new Error('The provider went round in circles.')
}

async function wayBack(app: ProviderApp, login: string, options: { invitation?: string } = {}) {
  const { ceremony, url } = await goToProvider(app, here, null, redirect, { back: '/models', ...options })
  return { ceremony, answer: await signInThere(url, login) }
}

test('the way to the provider carries PKCE, state and nonce, and never the same ones twice', async (t) => {
  const app = { db: await temporaryDatabase(t), provider: await openProvider(t, redirect) }
  const [one, two] = [await goToProvider(app, here, null, redirect), await goToProvider(app, here, null, redirect)]
  for (const name of ['state', 'nonce', 'code_challenge']) {
    assert.ok((one.url.searchParams.get(name) ?? '').length >= 43, name)
    assert.notEqual(one.url.searchParams.get(name), two.url.searchParams.get(name))
  }
  assert.deepEqual([one.url.searchParams.get('code_challenge_method'), one.url.searchParams.get('scope')], ['S256', 'openid profile'])
})

test('a first sign-in obeys the sign-up rule; from then on issuer and subject open the account', async (t) => {
  const app = { db: await temporaryDatabase(t), provider: await openProvider(t, redirect) }
  const first = await returnFromProvider(app, here, null, await wayBack(app, 'Asha.K'))
  assert.ok(first.state === 'new')
  assert.deepEqual([first.suggestedName, first.back], ['asha.k', '/models'])
  await assert.rejects(signUp(app, here, { name: 'asha', provider: first.account }), { code: 'forbidden', message: /by invitation/ })
  const { secret } = await invite(app, operator, { role: 'reviewer', modelId: null })
  const { person } = await signUp(app, here, { name: 'asha', provider: first.account, invitation: secret })
  assert.deepEqual([person.name, person.role], ['asha', 'reviewer'])
  const again = await returnFromProvider(app, here, null, await wayBack(app, 'Asha.K'))
  assert.ok(again.state === 'signed-in')
  assert.equal(again.session.person.id, person.id)
  const other = await returnFromProvider(app, here, null, await wayBack(app, 'somebody-else', { invitation: 'kept on the way' }))
  assert.ok(other.state === 'new')
  assert.equal(other.invitation, 'kept on the way')
})

test('an account here is not opened by the same name or address there', async (t) => {
  const app = { db: await temporaryDatabase(t), provider: await openProvider(t, redirect), signUp: 'open' as const }
  await addPerson(app, operator, { name: 'asha', role: 'maintainer' })
  const back = await returnFromProvider(app, here, null, await wayBack(app, 'asha'))
  assert.ok(back.state === 'new')
  await assert.rejects(signUp(app, here, { name: 'asha', provider: back.account }), {
    code: 'conflict',
    message: /already is a person called asha/,
  })
  const { person } = await signUp(app, here, { name: 'asha.other', provider: back.account })
  assert.equal(person.role, 'contributor')
})

test('what was not asked for is refused: another state, another browser, a second time', async (t) => {
  const app = { db: await temporaryDatabase(t), provider: await openProvider(t, redirect) }
  const [mine, theirs] = [await wayBack(app, 'asha'), await wayBack(app, 'mallory')]
  await assert.rejects(returnFromProvider(app, here, null, { ceremony: mine.ceremony, answer: theirs.answer }), { code: 'unauthenticated' })
  await assert.rejects(returnFromProvider(app, here, null, mine), { code: 'invalid', message: /Begin again/ })
  await assert.rejects(returnFromProvider(app, here, null, { ceremony: 'x'.repeat(43), answer: theirs.answer }), { code: 'invalid' })
  const denied = await goToProvider(app, here, null, redirect)
  const answer = new URLSearchParams({
    error: 'access_denied',
    state: denied.url.searchParams.get('state') as string,
    iss: app.provider.issuer,
  })
  await assert.rejects(returnFromProvider(app, here, null, { ceremony: denied.ceremony, answer }), { code: 'unauthenticated' })
})

test('whoever is signed in links an account to theirs, and takes it off where there is another way in', async (t) => {
  const app = { db: await temporaryDatabase(t), provider: await openProvider(t, redirect), signUp: 'open' as const }
  const { person: asha } = await signUp(app, here, { name: 'asha', password: 'a sentence for asha' })
  const { person: ben } = await signUp(app, here, { name: 'ben', password: 'a sentence for ben' })
  const begin = async (who: typeof asha) => {
    const { ceremony, url } = await goToProvider(app, here, who, redirect)
    return { ceremony, answer: await signInThere(url, 'at-school') }
  }
  await assert.rejects(returnFromProvider(app, here, ben, await begin(asha)), { code: 'forbidden' })
  assert.equal((await returnFromProvider(app, here, asha, await begin(asha))).state, 'linked')
  await assert.rejects(returnFromProvider(app, here, ben, await begin(ben)), { code: 'conflict', message: /somebody else/ })
  const [account] = await accountsOf(app.db, asha.id)
  assert.equal(account?.issuer, app.provider.issuer)
  await assert.rejects(unlinkAccount(app, ben, account.id), { code: 'not-found' })
  await app.db.deleteFrom('passwords').where('personId', '=', asha.id).execute()
  await assert.rejects(unlinkAccount(app, asha, account.id), { code: 'conflict', message: /only way to sign in/ })
})

test('without a provider, or with one that does not answer, the way says so', async (t) => {
  const db = await temporaryDatabase(t)
  await assert.rejects(goToProvider({ db }, here, null, redirect), { code: 'not-found' })
  const provider = { issuer: 'http://127.0.0.1:9', clientId: 'wiki', clientSecret: null, name: 'Their school' }
  await assert.rejects(goToProvider({ db, provider }, here, null, redirect), {
    code: 'unavailable',
    message: /Their school does not answer/,
  })
})
