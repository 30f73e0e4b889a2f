import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contribute } from '../../domain/contributions/contribute.ts'
import { partsOfComment } from '../../domain/conversation/comment-parts.ts'
import { findPerson } from '../../domain/people/people-queries.ts'
import { addPerson } from '../../domain/people/add-person.ts'
import { operator, type RoleName } from '../../domain/people/actor.ts'
import { adding, offerOf } from '../../domain/testing.ts'
import { runningApp } from '../../http/testing.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'

test('a comment is taken apart without losing a character: names, addresses and code are told from text', () => {
  const text = 'See https://example.org/a?b=c). Ask @asha.k. or `@nobody`, not mail@example.org.\n```\n@code\n```'
  const parts = partsOfComment(text)
  assert.equal(parts.map((part) => part.text).join(''), text)
  assert.deepEqual(
    parts.filter(({ kind }) => kind !== 'text').map(({ kind, text }) => [kind, text]),
    [
      ['link', 'https://example.org/a?b=c'],
      ['mention', '@asha.k'],
      ['code', '`@nobody`'],
      ['code', '```\n@code\n```'],
    ],
  )
})

test('a discussion in a browser', async (t) => {
  const { app, url, operator: api } = await runningApp(t)
  await api.post('/api/models', { name: 'marathi/saathi', base: 'bundled' })
  const tokenOf = async (name: string, role: RoleName) => (await addPerson(app, operator, { name, role })).token
  const [asha, bilal, zoya] = [
    await tokenOf('asha', 'contributor'),
    await tokenOf('bilal', 'contributor'),
    await tokenOf('zoya', 'maintainer'),
  ]
  const author = { kind: 'person', ...(await findPerson(app.db, 'asha')) } as const
  const { contribution } = await contribute(app, author, 'marathi/saathi', offerOf(adding({ text: 'परवा म्हणजे उद्याच्या नंतरचा दिवस.' })))
  const path = `/contributions/${contribution.id}`
  const browser = await openBrowser(t)
  const page = await visitAs(browser, t, url, { token: bilal })

  await t.test('a question is asked under a proposal; whom it names is linked, and what looks like markup stays text', async () => {
    await page.goto(path)
    await page.getByLabel('What do you want to say?').fill('Is this right, @asha? <img src=x onerror=alert(1)> @nobody')
    await page.getByRole('button', { name: 'Send' }).first().click()
    await page.waitForURL(/#thread-1$/)
    assert.match((await page.locator('.said-text').innerText()) ?? '', /<img src=x onerror=alert\(1\)> @nobody/)
    assert.deepEqual(await page.locator('.mention').allTextContents(), ['@asha'])
    assert.equal(await page.evaluate('Object.keys(localStorage).length'), 0, 'what was sent is no draft any more')
    await assertSound(page)
  })

  await t.test('the one who was named is told, answers, and a comment too long is shown again as it was typed', async (t) => {
    const answering = await visitAs(browser, t, url, { token: asha })
    await answering.goto('/threads/1')
    await assertSound(answering)
    await answering.evaluate("document.getElementById('reply-1').removeAttribute('maxlength')")
    await answering.getByLabel('Your reply').fill('अ'.repeat(10_001))
    await answering.getByRole('button', { name: 'Send' }).click()
    assert.match((await answering.getByRole('alert').textContent()) ?? '', /10001 characters; at most 10000/)
    assert.equal((await answering.getByLabel('Your reply').inputValue()).length, 10_001)
    await answering.getByLabel('Your reply').fill('हो, बरोबर आहे.')
    await answering.getByRole('button', { name: 'Send' }).click()
    await answering.waitForURL(/#comment-2$/)
  })

  await t.test('an edit keeps what was said before, word by word', async () => {
    await page.goto('/comments/1/edit')
    await page.getByLabel('What do you want to say?').fill('Is this wrong, @asha?')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: /^edited/ }).click()
    assert.match((await page.locator('del').first().textContent()) ?? '', /right/)
    await assertSound(page)
  })

  await t.test('a hidden comment leaves a tombstone that says why; its author still sees it, others do not', async (t) => {
    const moderator = await visitAs(browser, t, url, { token: zoya })
    await moderator.goto('/comments/2/hide')
    await moderator.getByLabel('Why?').fill('Off topic.')
    await moderator.getByRole('button', { name: 'Hide' }).click()
    await moderator.waitForURL(/#comment-2$/)
    await page.goto(path)
    assert.match((await page.locator('#comment-2').textContent()) ?? '', /Hidden by zoya:\s*Off topic\./)
    assert.doesNotMatch((await page.locator('#comment-2').textContent()) ?? '', /बरोबर/)
    await page.getByRole('button', { name: 'Mark as resolved' }).click()
    assert.match((await page.locator('#thread-1').textContent()) ?? '', /Resolved/)
    for (const look of looks.slice(1)) {
      const seen = await visitAs(browser, t, url, { token: zoya, look })
      await seen.goto('/threads/1')
      await assertSound(seen)
      await keepScreenshot(seen, `thread-${look.name}`)
    }
  })
})
