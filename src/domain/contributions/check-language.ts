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
  const language = locale.language
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

/** All two- and three-letter codes CLDR has a name for: 18,000 look-ups, done once and only when a tag is wrong. */
function languagesByName(): Map<string, string> {
  const letters = [...'abcdefghijklmnopqrstuvwxyz']
  const pairs = letters.flatMap((a) => letters.map((b) => a + b))
  const found = new Map<string, string>()
  for (const code of [...pairs, ...pairs.flatMap((pair) => letters.map((c) => pair + c))]) {
    const english = nameOf(code)
    if (english === undefined) continue
    const canonical = Intl.getCanonicalLocales(code)[0] as string
    if (!found.has(english.toLowerCase())) found.set(english.toLowerCase(), canonical)
    const own = new Intl.DisplayNames(code, { type: 'language', fallback: 'none' }).of(code)
    if (own !== undefined && !found.has(own.toLowerCase())) found.set(own.toLowerCase(), canonical)
  }
  return found
}
