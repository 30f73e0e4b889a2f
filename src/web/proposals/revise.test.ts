import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contribute } from '../../domain/contributions/contribute.ts'
import { changesOf, findContribution } from '../../domain/contributions/contribution-queries.ts'
import { decideContribution } from '../../domain/datasets/decide-contribution.ts'
import { addPerson } from '../../domain/people/add-person.ts'
import { operator } from '../../domain/people/actor.ts'
import { runningApp } from '../../http/testing.ts'
import { assertSound, keepScreenshot, looks, openBrowser, visitAs } from '../testing.ts'

test('a proposal of several changes is revised by a form, without JavaScript too', async (t) => {
  const { app, url, operator: api } = await runningApp(t)
  await api.post('/api/models', { name: 'marathi/saathi', base: 'bundled' })
  const { person, token } = await addPerson(app, operator, { name: 'asha', role: 'contributor' })
  const months = ['जानेवारी', 'फेब्रुवारी', 'मार्च'] as const
  const { contribution } = await contribute(app, { kind: 'person', ...person }, 'marathi/saathi', {
    message: 'Months',
    licence: 'CC-BY-4.0',
    language: 'mr',
    origin: 'human',
    source: 'a calendar',
    signOff: 'Asha K',
    changes: [
      ...months.map((month, i) => ({
        kind: 'add' as const,
        content: {
          messages: [
            { role: 'user', content: `Month ${i + 1} in Marathi?` },
            { role: 'assistant', content: month },
          ],
        },
      })),
      { kind: 'case', sample: { messages: [{ role: 'user', content: 'Month 4 in Marathi?' }], expected: 'एप्रल' } },
      { kind: 'clause', change: { action: 'add', text: 'Answers in Marathi.' } },
    ],
  })
  await decideContribution(app, operator, contribution.id, { decision: 'request-changes', message: 'Which calendar? And एप्रिल has an i.' })
  const browser = await openBrowser(t)
  const plain = { name: 'plain', options: { javaScriptEnabled: false, locale: 'en', viewport: { width: 390, height: 844 } } }
  const page = await visitAs(browser, t, url, { token, look: plain })
  const now = () => changesOf(app.db, contribution.id)

  await t.test('what the reviewer asks for stands above; a refusal keeps what was typed and stands at its change', async () => {
    await page.goto(`/contributions/${contribution.id}`)
    await page.getByRole('link', { name: 'Revise' }).click()
    assert.match((await page.locator('blockquote').textContent()) ?? '', /Which calendar\?/)
    await page.locator('#row-1 textarea').nth(1).fill('')
    await page.getByLabel('Where is it from?').fill('a calendar of the school board, 2026')
    await page.getByLabel('What did you change?').first().fill('The calendar is named')
    await page.getByLabel('I made this').check()
    await page.getByRole('button', { name: 'Offer the next round' }).first().click()
    assert.match((await page.locator('#row-1 .findings').textContent()) ?? '', /error/)
    assert.equal(await page.getByLabel('Where is it from?').inputValue(), 'a calendar of the school board, 2026')
    assert.equal((await findContribution(app.db, contribution.id)).round, 1)
  })

  await t.test('edited, taken out, added: one press makes the next round, and the rest is as it was', async () => {
    await page.locator('#row-1 textarea').nth(1).fill('जानेवारी')
    await page.locator('#row-3').getByLabel('Take this out of the proposal').check()
    await page.locator('#row-4').getByLabel('Right answer').fill('एप्रिल')
    await page.locator('#row-5 textarea').fill('Answers in Marathi, in its own script.')
    await page.getByRole('button', { name: 'One more example' }).click()
    assert.equal(await page.locator('#row-3').getByLabel('Take this out of the proposal').isChecked(), true)
    await page.locator('#row-6').getByLabel('Question').fill('Month 5 in Marathi?')
    await page.locator('#row-6').getByLabel('Answer').fill('मे')
    await page.getByRole('button', { name: 'Offer the next round' }).first().click()
    assert.match((await page.getByRole('status').first().textContent()) ?? '', /next round is there/)
    const changes = await now()
    assert.deepEqual(
      changes.map((change) =>
        change.kind === 'add' && 'messages' in change.example.content
          ? change.example.content.messages.at(-1)?.content
          : change.kind === 'case'
            ? change.sample.expected
            : change.kind === 'clause' && change.change.action === 'add'
              ? change.change.clause.text
              : null,
      ),
      ['जानेवारी', 'फेब्रुवारी', 'एप्रिल', 'Answers in Marathi, in its own script.', 'मे'],
    )
    const sources = changes.flatMap((change) => ('example' in change ? [change.example.provenance.source] : []))
    assert.deepEqual([...new Set(sources)], ['a calendar of the school board, 2026'])
  })

  await t.test('a round that changes nothing is not offered, nor one made from an older form', async () => {
    const before = await findContribution(app.db, contribution.id)
    await page.goto(`/contributions/${contribution.id}/revise`)
    await page.getByLabel('What did you change?').first().fill('Nothing')
    await page.getByLabel('I made this').check()
    await page.getByRole('button', { name: 'Offer the next round' }).first().click()
    assert.match((await page.getByRole('alert').textContent()) ?? '', /Nothing is other than in the round before/)
    assert.equal((await findContribution(app.db, contribution.id)).round, before.round)
    await page.evaluate("document.querySelector('[name=round]').value = '1'")
    await page.getByRole('button', { name: 'Offer the next round' }).first().click()
    assert.match((await page.getByRole('alert').textContent()) ?? '', /a newer round than the one this form shows/)
  })

  const numbers = Array.from({ length: 90 }, (_, i) => ({
    kind: 'add' as const,
    content: {
      messages: [
        { role: 'user', content: `Number ${i + 1} in words?` },
        { role: 'assistant', content: `number ${i + 1}` },
      ],
    },
  }))
  const terms = { licence: 'CC-BY-4.0', language: 'en', origin: 'human', source: 'counted', signOff: 'Asha K' }
  const many = (await contribute(app, { kind: 'person', ...person }, 'marathi/saathi', { message: 'Numbers', ...terms, changes: numbers }))
    .contribution.id
  const answers = async () =>
    (await changesOf(app.db, many, { limit: 200 })).flatMap((change) =>
      change.kind === 'add' && 'messages' in change.example.content ? [change.example.content.messages.at(-1)?.content] : [],
    )

  await t.test('ninety changes have pages; what is typed on each comes along, and one press sends all of it', async () => {
    await page.goto(`/contributions/${many}/revise`)
    assert.match((await page.textContent('main')) ?? '', /Changes 1 to 40 of 90 are shown/)
    await page.locator('#row-2 textarea').nth(1).fill('two')
    await page.locator('#row-3').getByLabel('Take this out of the proposal').check()
    await page.getByLabel('What did you change?').first().fill('Three pages')
    await page.getByRole('button', { name: 'Those after' }).click()
    assert.match((await page.textContent('main')) ?? '', /Changes 41 to 80 of 90 are shown[\s\S]*2 changes on other pages are kept\./)
    await page.locator('#row-45 textarea').nth(1).fill('')
    await page.getByRole('button', { name: 'Those after' }).click()
    await page.locator('#row-90 textarea').nth(1).fill('ninety')
    await page.getByRole('button', { name: 'One more example' }).click()
    await page.locator('#row-91').getByLabel('Question').fill('Number 91 in words?')
    await page.locator('#row-91').getByLabel('Answer').fill('ninety-one')
    await page.getByLabel('I made this').check()
    await page.getByRole('button', { name: 'Offer the next round' }).first().click()
    // What is wrong is on the page before: it is turned to, and everything typed is still there.
    assert.match((await page.locator('#row-45 .findings').textContent()) ?? '', /error/)
    assert.match((await page.textContent('main')) ?? '', /Changes 41 to 80 of 90 are shown[\s\S]*3 changes on other pages are kept\./)
    await page.locator('#row-45 textarea').nth(1).fill('forty-five')
    await page.getByRole('button', { name: 'Those before' }).click()
    assert.equal(await page.locator('#row-2 textarea').nth(1).inputValue(), 'two')
    assert.equal(await page.locator('#row-3').getByLabel('Take this out of the proposal').isChecked(), true)
    assert.equal(await page.getByLabel('What did you change?').first().inputValue(), 'Three pages')
    await page.locator('#row-2 textarea').nth(1).fill('Two')
    await page.getByRole('button', { name: 'Offer the next round' }).first().click()
    assert.match((await page.getByRole('status').first().textContent()) ?? '', /next round is there/)
    const expected = [
      ...numbers.map(({ content }, i) => ({ 1: 'Two', 44: 'forty-five', 89: 'ninety' })[i] ?? content.messages[1]!.content),
      'ninety-one',
    ].toSpliced(2, 1)
    assert.deepEqual(await answers(), expected)
    assert.equal((await findContribution(app.db, many)).round, 2)
  })

  await t.test('a draft of several pages comes back whole after a lost connection', async () => {
    const scripted = await visitAs(browser, t, url, { token })
    await scripted.goto(`/contributions/${many}/revise`)
    await scripted.locator('#row-1 textarea').nth(1).fill('one')
    await scripted.getByRole('button', { name: 'Those after' }).click()
    await assertSound(scripted)
    await scripted.locator('#row-41 textarea').nth(1).fill('forty-two')
    await scripted.goto(`/contributions/${many}/revise?after=40`)
    await scripted.locator('.draft-note').waitFor()
    assert.equal(await scripted.locator('#row-41 textarea').nth(1).inputValue(), 'forty-two')
    await scripted.getByLabel('What did you change?').first().fill('Two pages')
    await scripted.getByLabel('I made this').check()
    await scripted.getByRole('button', { name: 'Offer the next round' }).first().click()
    await scripted.waitForURL(/\/contributions\/\d+$/)
    const now = await answers()
    assert.deepEqual([now[0], now[40], now.length], ['one', 'forty-two', 90])
  })

  await t.test('looked at in four ways', async () => {
    for (const look of looks) {
      const looked = await visitAs(browser, t, url, { token, look })
      await looked.goto(`/contributions/${contribution.id}/revise`)
      await assertSound(looked)
      await keepScreenshot(looked, `revise-${look.name}`)
    }
  })
})
