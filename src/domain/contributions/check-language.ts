/** Reads language tags (BCP 47) and suggests one where a name was written. Pure. */

const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })

/** The canonical tag, or what is wrong with it. */
export function parseLanguage(input: string): { readonly tag: string } | { readonly problem: string } {
  const shown = JSON.stringify(input.slice(0, 60))
  const refuse = (fact: string) => {
    const meant = tagOfName(input)
    return { problem: `The language ${shown} ${fact}; ${meant ? `did you mean ${meant}?` : 'use a BCP 47 tag such as mr or kok-Deva.'}` }
  }
  if (input.trim() === '') return { problem: 'No language is given; use a BCP 47 tag such as mr.' }
  let locale: Intl.Locale
  try {
    locale = new Intl.Locale(input.trim())
  } catch {
    return refuse('is not a BCP 47 tag')
  }
  // Newer engines leave the language of "und" out.
  const language = (locale.language as string | undefined) ?? 'und'
  if (language === 'und' || language === 'mul' || language === 'zxx') return refuse('does not say which language it is')
  // CLDR names every two-letter language, but only some of the 7,000 with three letters.
  if (language.length !== 3 && nameOf(language) === undefined) return refuse('is not a language anyone registered')
  return { tag: locale.toString() }
}

function nameOf(language: string): string | undefined {
  try {
    return names.of(language)
  } catch {
    return undefined
  }
}

let byName: Map<string, string> | undefined

/** The tag of a language's English or own name. */
function tagOfName(name: string): string | null {
  byName ??= languagesByName()
  return byName.get(name.trim().normalize('NFC').toLowerCase()) ?? null
}

/** The scheduled languages of India, which communities here most often write by their own name. */
const ownNames = [
  'as',
  'bn',
  'brx',
  'doi',
  'gu',
  'hi',
  'kn',
  'kok',
  'ks',
  'mai',
  'ml',
  'mni',
  'mr',
  'ne',
  'or',
  'pa',
  'sa',
  'sat',
  'sd',
  'ta',
  'te',
  'ur',
]

/** English names of all two-letter codes and of the above: 700 look-ups, done once and only when a tag is wrong. */
function languagesByName(): Map<string, string> {
  const letters = [...'abcdefghijklmnopqrstuvwxyz']
  const found = new Map<string, string>()
  for (const code of [...letters.flatMap((a) => letters.map((b) => a + b)), ...ownNames]) {
    const english = nameOf(code)?.toLowerCase()
    if (english !== undefined && !found.has(english)) found.set(english, Intl.getCanonicalLocales(code)[0] as string)
  }
  for (const code of ownNames) {
    const own = new Intl.DisplayNames(code, { type: 'language', fallback: 'none' }).of(code)
    if (own !== undefined) found.set(own.toLowerCase(), code)
  }
  return found
}
