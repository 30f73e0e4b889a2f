/** What the program says on real pages, read by somebody who reads only Hindi or only Urdu. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contribute } from '../../domain/contributions/contribute.ts'
import { decideContribution } from '../../domain/datasets/decide-contribution.ts'
import { addSuite } from '../../domain/models/add-suite.ts'
import { receiptsOfPerson } from '../../domain/receipts/receipt-queries.ts'
import { publishRelease } from '../../domain/releases/publish-release.ts'
import { endOf, evaluated, type Loop } from '../../domain/releases/testing.ts'
import { adding, offerOf } from '../../domain/testing.ts'
import { startRun } from '../../domain/training/start-run.ts'
import { answers, jsonl, model, openSmallCommunity } from '../releases/testing.ts'
import { assertValid } from '../testing.ts'

const languages = ['hi', 'ur'] as const
type Language = (typeof languages)[number]
/** Per language. */
type Both = Readonly<Record<Language, RegExp>>

test('a page says in Hindi and Urdu what the program found, decided and refused', async (t) => {
  const { app, url, asha, tomba, reviewer, maintainer, tokens, offer } = await openSmallCommunity(t)
  const loop = app as unknown as Loop

  /** The main part of a page as plain text; nothing in it may be marked as English but a file of the release. */
  const readPage = async (path: string, language: Language, { as, form }: { as?: string; form?: Record<string, string> } = {}) => {
    const answer = await fetch(`${url}${path}`, {
      headers: {
        cookie: `lang=${language}`,
        ...(as !== undefined && { authorization: `Bearer ${tokens[as]}` }),
        ...(form && { origin: url }),
      },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    })
    const html = await answer.text()
    await assertValid(html, `${path} in ${language}`)
    const main = html.slice(html.indexOf('<main'), html.indexOf('</main>'))
    assert.deepEqual(main.match(/<(?!pre)\w+[^>]* lang="en"[^>]*>[^<]*/g) ?? [], [], `English on ${path} in ${language}`)
    return {
      status: answer.status,
      main,
      text: main
        .replaceAll(/<[^>]*>/g, '')
        .replaceAll('&quot;', '"')
        .replaceAll(/\s+/g, ' '),
    }
  }
  const says = async (path: string, expected: Both, how: { as?: string; form?: Record<string, string>; status?: number } = {}) => {
    for (const language of languages) {
      const { status, text } = await readPage(path, language, how)
      assert.equal(status, how.status ?? 200)
      assert.match(text, expected[language])
    }
  }

  await t.test('a form that is refused says above it what is wrong, and beside each field', async () => {
    const typed = { shape: 'pair', prompt: 'Noon?', completion: 'दुपार', origin: 'human', language: 'Marathi', licence: 'CC-BY-4.0' }
    await says(
      `/models/${model}/propose`,
      {
        hi: /प्रस्ताव लौटा दिया गया और उसका कुछ भी सहेजा नहीं गया।.*भाषा "Marathi" कहीं पंजीकृत नहीं है; क्या आपका अर्थ mr था\?/,
        ur: /تجویز لوٹا دی گئی اور اس کا کچھ بھی محفوظ نہیں ہوا۔.*زبان "Marathi" کہیں درج نہیں ہے؛ کیا آپ کی مراد mr تھی؟/,
      },
      { as: 'asha', form: { ...typed, mayGive: 'yes', signOff: 'asha' }, status: 400 },
    )
    const untold = { hi: /बटन के ऊपर का खाना चुनें।/, ur: /بٹن کے اوپر کا خانہ چنیں۔/ }
    await says(`/models/${model}/propose`, untold, { as: 'asha', form: typed, status: 400 })
    const wrong = { hi: /नाम या पासवर्ड सही नहीं है।/, ur: /نام یا پاس ورڈ درست نہیں ہے۔/ }
    await says('/sign-in', wrong, { form: { name: 'asha', password: 'not this one' }, status: 401 })
    await says('/contributions/99', { hi: /प्रस्ताव 99 नहीं है;/, ur: /تجویز 99 موجود نہیں؛/ }, { status: 404 })
  })

  await t.test('what the checks of a proposal remarked', async () => {
    const { contribution } = await contribute(
      app,
      tomba,
      model,
      offerOf(adding({ prompt: 'कुठे?', completion: 'इथे' }, { prompt: 'कुठे?', completion: 'तिथे\u200b' }), { message: 'Where' }),
    )
    await says(`/contributions/${contribution.id}`, {
      hi: /यह पंक्ति 1 के प्रश्न का दूसरा उत्तर देती है; दोनों तभी रखें जब दोनों सही हों।/,
      ur: /یہ سطر 1 کے سوال کا دوسرا جواب دیتی ہے؛ دونوں تبھی رکھیں جب دونوں درست ہوں۔/,
    })
    await decideContribution(app, reviewer, contribution.id, { decision: 'reject', message: 'Both cannot be right.' })
    await says(
      '/notifications',
      {
        hi: new RegExp(`ravi ने आपका प्रस्ताव ${contribution.id}, “Where”, अस्वीकार किया: Both cannot be right\\.`),
        ur: new RegExp(`ravi نے آپ کی تجویز ${contribution.id}، ”Where“، نامنظور کی: Both cannot be right\\.`),
      },
      { as: 'tomba' },
    )
  })

  await t.test('a gate that refuses, and why', async () => {
    await addSuite(app, maintainer, model, {
      name: 'never',
      kind: 'exact',
      samples: jsonl([1, 2, 3].map((n) => ({ prompt: `Never ${n}?`, expected: 'nothing of the kind' }))),
    })
    await offer(asha, answers(24, 56, 'ok'), 'Half of the answers')
    const run = await startRun(app, reviewer, model, {})
    await endOf(loop, run)
    await evaluated(loop, reviewer, model)
    await says(
      `/models/${model}/releases/new?run=${run.id}`,
      {
        hi: /द्वार ने रोका।.*never.*बेहतर होना सिद्ध नहीं हुआ, और यह लक्ष्य परीक्षा है, जिसे बेहतर होना होगा।/,
        ur: /دروازے نے روکا۔.*never.*بہتر ہونا ثابت نہیں ہوا، اور یہ ہدف آزمائش ہے، جسے بہتر ہونا ہوگا۔/,
      },
      { as: 'meera' },
    )
  })

  await t.test('a release with its licence, and the receipts of those whose work is in it or is not', async () => {
    await addSuite(app, maintainer, model, {
      name: 'never',
      kind: 'exact',
      target: false,
      samples: jsonl([1, 2, 3].map((n) => ({ prompt: `Never ${n}?`, expected: 'nothing of the kind' }))),
    })
    await evaluated(loop, reviewer, model)
    await publishRelease(app, maintainer, model, '0.1.0')
    for (const { id } of await app.db.selectFrom('jobs').select('id').where('kind', '=', 'receipts').execute()) await app.jobs.ended(id)
    const licence = { hi: /व्यावसायिक उपयोग की अनुमति है।.*क़ानूनी सलाह नहीं/, ur: /تجارتی استعمال کی اجازت ہے۔.*قانونی مشورہ نہیں/ }
    await says(`/models/${model}/releases/0.1.0`, licence)
    const [left] = await receiptsOfPerson(app.db, 'tomba')
    const [had] = await receiptsOfPerson(app.db, 'asha')
    assert.ok(left && had)
    await says(`/receipts/${left.digest}`, { hi: /ravi ने इसे अस्वीकार किया।/, ur: /ravi نے اسے نامنظور کیا۔/ })
    for (const language of languages) await readPage(`/receipts/${had.digest}`, language)
    await says(
      '/notifications',
      { hi: /marathi\/saathi 0\.1\.0 में आपके 32 उदाहरण शामिल हुए।/, ur: /marathi\/saathi 0\.1\.0 میں آپ کی 32 مثالیں شامل ہوئیں۔/ },
      { as: 'asha' },
    )
    for (const path of ['', '/settings', '/trains', '/openness', '/charter', '/suites', '/forecast'])
      for (const language of languages) await readPage(`/models/${model}${path}`, language)
  })
})
