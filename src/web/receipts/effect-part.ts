/** What one measurement says a contribution did: how many answers changed, how the score moved with its interval, and some of the answers before and after. */

import type { Effect, SuiteChange } from '../../domain/receipts/receipt.ts'
import { html, type Html } from '../markup.ts'
import type { MessageKey } from '../messages.ts'
import { badge, modelText, userText } from '../parts/basics.ts'
import { count, percent, signed } from '../parts/figures.ts'
import { intervalPlot } from '../parts/plots.ts'
import type { Visit } from '../visit.ts'

/** How it is known, in a word and in a sentence. Without a control, a change has followed, which is not to say that it was caused. */
function howOf({ how, builds }: Effect): { readonly word: MessageKey; readonly sentence: MessageKey; readonly causal: boolean } {
  switch (how) {
    case 'preview':
      return builds.length > 1
        ? { word: 'receipts.howPreview', sentence: 'receipts.howPreviewText', causal: true }
        : { word: 'receipts.howPreview', sentence: 'receipts.howPreviewAlone', causal: false }
    case 'left-out-warm':
      return { word: 'receipts.howLeftOut', sentence: 'receipts.howWarmText', causal: true }
    case 'left-out-full':
      return { word: 'receipts.howLeftOut', sentence: 'receipts.howFullText', causal: true }
    default:
      return how satisfies never
  }
}

export function effectPart(visit: Visit, effect: Effect): Html {
  const { t } = visit
  const { word, sentence, causal } = howOf(effect)
  return html`<div class="effect">
    <p>${badge(t(word), 'accent')} <span class="soft">${t(sentence)}</span></p>
    ${effect.suites.map((suite) => suitePart(visit, effect, suite, causal))}
  </div>`
}

function suitePart(visit: Visit, effect: Effect, suite: SuiteChange, causal: boolean): Html {
  const { t, locale } = visit
  const { changed, samples } = suite
  const isText = suite.metric === 'bits-per-byte'
  const all = changed.better + changed.worse + changed.other
  const values = { n: all, samples, suite: suite.suite }
  const sentence = isText
    ? t(causal ? 'receipts.textsBecause' : 'receipts.textsAfter', values)
    : t(causal ? 'receipts.answersBecause' : 'receipts.answersAfter', values)
  return html`<div class="suite-change">
    <p class="said-large">${sentence}</p>
    ${changesBar(visit, suite)} ${scorePart(visit, suite)}
    ${
      suite.answers.length > 0 &&
      html`<details ${all <= 6 && html` open`}>
        <summary>${t('receipts.someAnswers', { n: suite.answers.length, all: count(locale, all) })}</summary>
        <ul class="changed-answers">
          ${suite.answers.map((answer) => answerPart(visit, effect, answer))}
        </ul>
      </details>`
    }
  </div>`
}

const kinds = [
  ['better', 'good', 'receipts.nBetter'],
  ['worse', 'bad', 'receipts.nWorse'],
  ['other', 'undecided', 'receipts.nOther'],
] as const satisfies readonly (readonly [keyof SuiteChange['changed'], string, MessageKey])[]

/** All answers of the suite as one bar: better, worse, otherwise, and the rest that stayed. The words below say the same. */
function changesBar({ t, locale }: Visit, { changed, samples }: SuiteChange): Html {
  const width = 640
  let at = 0
  const parts = kinds.flatMap(([kind, tone]) => {
    const size = (changed[kind] / Math.max(1, samples)) * width
    const part = { tone, x: at, size }
    at += size
    return size > 0 ? [part] : []
  })
  return html`<svg class="bar" viewBox="0 0 ${width} 18" preserveAspectRatio="none" aria-hidden="true">
      <rect class="rest" x="0" y="0" width="${width}" height="18" />
      ${parts.map(({ tone, x, size }) => html`<rect class="${tone}" x="${x.toFixed(2)}" y="0" width="${Math.max(2, size).toFixed(2)}" height="18" />`)}
    </svg>
    <ul class="legend">
      ${kinds.map(
        ([kind, tone, message]) =>
          changed[kind] > 0 && html`<li class="${tone}">${t(message, { n: changed[kind], shown: count(locale, changed[kind]) })}</li>`,
      )}
      <li class="rest">${t('receipts.nSame', { n: samples - changed.better - changed.worse - changed.other })}</li>
    </ul>`
}

function scorePart(visit: Visit, suite: SuiteChange): Html {
  const { t, locale } = visit
  const { metric, difference, interval, verdict } = suite
  const [isText, scale] = [metric === 'bits-per-byte', metric === 'bits-per-byte' ? 1 : 100]
  const score = (value: number) => (isText ? value.toFixed(3) : percent(locale, value))
  const tone = verdict === 'better' ? 'good' : verdict === 'worse' ? 'bad' : 'plain'
  return html`<p>
      ${t(metricWords[metric])}: ${score(suite.without.score)} → <strong>${score(suite.with.score)}</strong>
      ${badge(t(`common.${verdict}`), tone)}
    </p>
    ${intervalPlot(
      locale,
      t(isText ? 'receipts.intervalBits' : 'receipts.intervalPoints'),
      [{ label: suite.suite, value: difference * scale, low: interval[0] * scale, high: interval[1] * scale }],
      isText ? { digits: 3, better: 'less' } : {},
    )}
    <p class="small soft">
      ${t('common.interval', { low: signed(locale, interval[0] * scale, isText ? 3 : 1), high: signed(locale, interval[1] * scale, isText ? 3 : 1) })}
    </p>`
}

const metricWords = {
  'bits-per-byte': 'receipts.metricBits',
  'exact-match': 'receipts.metricExact',
  accuracy: 'receipts.metricChosen',
  'rules-kept': 'receipts.metricRules',
} as const satisfies Record<SuiteChange['metric'], MessageKey>

type Answer = SuiteChange['answers'][number]

/** In a preview the release before stands on one side; left out, the same training without it. */
function answerPart(visit: Visit, { how }: Effect, { asked, expected, before, after, change }: Answer): Html {
  const { t } = visit
  const tone = change === 'better' ? 'good' : change === 'worse' ? 'bad' : 'plain'
  const word = change === 'other' ? 'receipts.changeOther' : (`common.${change}` as const)
  return html`<li>
    <p class="who">${t('receipts.asked')} ${badge(t(word), tone)}</p>
    ${userText(asked)}
    <div class="halves">
      <div>
        <p class="who">${t(how === 'preview' ? 'receipts.before1' : 'receipts.without')} ${rightness(visit, before)}</p>
        ${givenPart(before)}
      </div>
      <div>
        <p class="who">${t(how === 'preview' ? 'receipts.after1' : 'receipts.with')} ${rightness(visit, after)}</p>
        ${givenPart(after)}
      </div>
    </div>
    ${expected !== null && html`<p class="small">${t('receipts.expected')} <bdi>${expected}</bdi></p>`}
  </li>`
}

function rightness({ t }: Visit, given: Answer['before']): Html | false {
  return given.kind === 'answer' && badge(t(given.right ? 'receipts.right' : 'receipts.wrong'), given.right ? 'good' : 'bad')
}

function givenPart(given: Answer['before']): Html {
  return given.kind === 'answer' ? modelText(given.text) : html`<p>${given.bitsPerByte.toFixed(3)}</p>`
}
