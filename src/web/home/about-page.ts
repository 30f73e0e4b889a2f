/** What Commonweights is and what it holds itself to, for somebody who has just heard of it. */

import { html } from '../markup.ts'
import type { Page } from '../page.ts'
import type { Visit } from '../visit.ts'

const sections = ['What', 'Who', 'Measured', 'Licence', 'Open', 'Safe'] as const

export function aboutPage({ t }: Visit, version: string): Page {
  return {
    title: t('home.about'),
    width: 'text',
    main: html`${sections.map(
        (it) =>
          html`<h2>${t(`home.about${it}`)}</h2>
            <p>${t(`home.about${it}Text`)}</p>`,
      )}
      <p class="meta">Commonweights ${version} · Apache-2.0 · <a href="/api/openapi.json">${t('common.api')}</a></p>`,
  }
}
