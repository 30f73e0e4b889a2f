/** A case of a suite as people read it: what is asked, what is expected, what was answered. */

import type { SampleResult } from '../../domain/evaluation/evaluation.ts'
import { describeRules } from '../../domain/models/answer-rules.ts'
import type { SuiteSample } from '../../domain/models/suite.ts'
import { html, type Content } from '../markup.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'

/** A text of a suite may be a whole story; this much of it is shown. */
const excerpt = 1_200

const cut = (text: string) => (text.length > excerpt ? `${text.slice(0, excerpt)}…` : text)

/** What is asked: the text, the prompt, or the turns one under the other. */
export function sampleText(sample: SuiteSample): string {
  if (sample.kind === 'text') return cut(sample.text)
  return cut('prompt' in sample ? sample.prompt : sample.messages.map(({ content }) => content).join('\n\n'))
}

/** What would be right; null for texts, which have no answer. */
export function expectedText({ t }: Pick<Visit, 't'>, sample: SuiteSample): Content {
  switch (sample.kind) {
    case 'text':
      return null
    case 'exact':
      return html`${t('suites.rightIs')} <bdi lang="${sample.language ?? ''}">${cut(sample.expected)}</bdi>`
    case 'choice':
      return html`${t('suites.rightIs')}
        <bdi>${sample.choices[sample.answer] ?? ''}</bdi> ${t('suites.ofChoices', { choices: sample.choices.join(' / ') })}`
    case 'rule':
      return html`${t('suites.rightRule')} ${told(t, describeRules(sample.expect))}`
    default:
      return sample satisfies never
  }
}

/** What a model gave. */
export function answerText({ t, locale }: Pick<Visit, 't' | 'locale'>, sample: SuiteSample, result: SampleResult): string {
  if (result.kind === 'text') {
    const bits = result.nats / Math.LN2 / Math.max(1, result.bytes)
    return t('suites.bitsPerByte', {
      bits: new Intl.NumberFormat(locale.tag, { minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(bits),
    })
  }
  if (result.kind === 'choice') return sample.kind === 'choice' ? (sample.choices[result.picked] ?? '') : ''
  return result.answer === '' ? t('releases.noAnswer') : cut(result.answer)
}
