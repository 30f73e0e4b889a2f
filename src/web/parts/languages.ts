/** Languages by name: in the page's language, and in their own. */

import { html, type Content } from '../markup.ts'
import type { Locale } from '../messages.ts'

/** "Marathi"; the tag itself where nobody has a name for it. */
export function languageName({ tag }: Locale, language: string): string {
  try {
    return new Intl.DisplayNames([tag], { type: 'language' }).of(language) ?? language
  } catch {
    return language
  }
}

export function languageList(locale: Locale, languages: readonly string[]): Content {
  return languages.map((it, i) => html`${i > 0 && ', '}${languageName(locale, it)}`)
}
