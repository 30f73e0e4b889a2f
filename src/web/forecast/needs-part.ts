/** Where help is most needed, by topic and language: what more of the same would mend, what it would not, and where little is left to see. */

import type { Need } from '../../domain/forecasts/forecast.ts'
import { html, type Html } from '../markup.ts'
import type { MessageKey } from '../messages.ts'
import { badge, table, type Tone } from '../parts/basics.ts'
import { percent } from '../parts/figures.ts'
import { languageName } from '../parts/languages.ts'
import type { Visit } from '../visit.ts'
import { gainText } from './curve-part.ts'

const kinds: Record<Need['kind'], readonly [MessageKey, Tone]> = {
  more: ['forecast.needMore', 'good'],
  other: ['forecast.needOther', 'warn'],
  enough: ['forecast.needEnough', 'plain'],
}

const rowsShown = 40

export function needsPart(visit: Visit, needs: readonly Need[]): Html {
  const { t } = visit
  return html`<h2>${t('forecast.needs')}</h2>
    <p class="soft">${t('forecast.needsIntro')}</p>
    ${table(
      t('forecast.needsCaption'),
      [t('forecast.needWhere'), t('forecast.needHelps'), t('forecast.needLeft'), t('forecast.needGain')],
      needs.slice(0, rowsShown).map((need) => row(visit, need, needs)),
      [2, 3],
    )}`
}

function row({ t, locale }: Visit, need: Need, all: readonly Need[]): Html {
  const { by, label, suite, metric, kind, left, gain } = need
  const [word, tone] = kinds[kind]
  const isShare = metric !== 'bits-per-byte'
  // Two suites may know the same topic.
  const twins = all.filter((other) => other.by === by && other.label === label).length > 1
  return html`<tr>
    <td>
      <bdi>${by === 'language' ? languageName(locale, label) : label}</bdi>
      <span class="soft"
        >${by === 'language' ? t('forecast.byLanguage') : by === 'topic' ? t('forecast.byTopic') : ''}${twins && html` · <bdi>${suite}</bdi>`}</span
      >
    </td>
    <td>${badge(t(word), tone)}</td>
    <td class="number">${isShare ? t('forecast.wrong', { share: percent(locale, left) }) : left.toFixed(3)}</td>
    <td class="number">${kind === 'enough' ? '–' : gainText(locale, metric, gain.value)}</td>
  </tr>`
}
