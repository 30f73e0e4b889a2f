/** Checks the characters of a text: what cannot be stored, what is hidden from a reader, and what is normalised. Pure. */

/** One thing found in a text, as the rest of a row's sentence. */
export interface TextFinding {
  readonly severity: 'error' | 'warning'
  readonly sentence: string
}

export interface CheckedText {
  /** NFC, with plain line ends. */
  readonly text: string
  readonly findings: readonly TextFinding[]
}

/** Scripts in which zero-width joiner and non-joiner shape letters (Unicode Standard 23.2): they are spelling there, not decoration. */
const joining =
  /[\p{Script=Arabic}\p{Script=Bengali}\p{Script=Devanagari}\p{Script=Gujarati}\p{Script=Gurmukhi}\p{Script=Kannada}\p{Script=Khmer}\p{Script=Malayalam}\p{Script=Meetei_Mayek}\p{Script=Mongolian}\p{Script=Myanmar}\p{Script=Nko}\p{Script=Oriya}\p{Script=Sinhala}\p{Script=Syriac}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Thaana}\p{Script=Tibetan}\p{Script=Balinese}\p{Script=Javanese}\p{Script=Grantha}\p{Script=Tirhuta}\p{Script=Newa}\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Mn}\p{Mc}]/u

/** Scripts written without spaces, where a zero-width space says where a line may break. */
const unspaced =
  /[\p{Script=Khmer}\p{Script=Thai}\p{Script=Lao}\p{Script=Myanmar}\p{Script=Tibetan}\p{Script=Javanese}\p{Script=Balinese}]/u

const rightToLeft =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}]/u

const code = (character: string) => `U+${(character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}`

const suspicious =
  // eslint-disable-next-line no-control-regex -- these are the characters looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\uffff\u{e0000}-\u{e0fff}\p{Co}\p{Cs}]/u

/** Checks and normalises one text. */
export function checkText(input: string): CheckedText {
  const lines = input.replace(/\r\n?/g, '\n')
  const text = lines.normalize('NFC')
  const findings: TextFinding[] = []
  if (lines !== input) findings.push({ severity: 'warning', sentence: 'Its line ends were made plain (LF).' })
  if (text !== lines) findings.push({ severity: 'warning', sentence: 'It was normalised to NFC, which looks the same.' })
  if (suspicious.test(text)) findings.push(...hiddenCharacters(text))
  return { text, findings }
}

function hiddenCharacters(text: string): TextFinding[] {
  const found = new Map<string, TextFinding>()
  const characters = [...text]
  for (const [i, character] of characters.entries()) {
    if (!suspicious.test(character)) continue
    const judged = judge(character, characters, i, text)
    if (judged && !found.has(judged.sentence)) found.set(judged.sentence, judged)
  }
  return [...found.values()]
}

function judge(character: string, characters: readonly string[], i: number, text: string): TextFinding | null {
  const point = character.codePointAt(0) as number
  const error = (sentence: string): TextFinding => ({ severity: 'error', sentence })
  const warning = (sentence: string): TextFinding => ({ severity: 'warning', sentence })
  const [before, after] = [characters[i - 1] ?? '', characters[i + 1] ?? '']
  const within = (from: number, to: number) => point >= from && point <= to

  if (within(0xd800, 0xdfff)) return error(`It holds half a character (${code(character)}); the text was cut or decoded wrongly.`)
  if (point === 0xfffd)
    return error('It holds the replacement character U+FFFD; the text was decoded wrongly before. Read it again as what it is, e.g. UTF-8.')
  if (within(0xfdd0, 0xfdef) || (point & 0xfffe) === 0xfffe) return error(`It holds ${code(character)}, which is no character.`)
  if (point < 0x20 || within(0x7f, 0x9f)) return error(`It holds the control character ${code(character)}; remove it.`)
  // Joiners shape letters of many scripts and hold emoji together; between other letters they only hide something.
  if (point === 0x200c || point === 0x200d)
    return joining.test(before) || joining.test(after) || after === '\ufe0f' || before === '\ufe0f'
      ? null
      : warning(`It holds the invisible joiner ${code(character)} where it joins nothing.`)
  if (point === 0x200b) return unspaced.test(text) ? null : warning('It holds the zero-width space U+200B, which nobody sees.')
  if (point === 0xfeff) return error('It holds a byte order mark (U+FEFF) inside; remove it.')
  if (point === 0x2060 || point === 0xad || point === 0x180e) return warning(`It holds ${code(character)}, which nobody sees.`)
  if (point === 0x200e || point === 0x200f || point === 0x61c)
    return rightToLeft.test(text) ? null : warning(`It holds the direction mark ${code(character)} in text that runs from left to right.`)
  if (within(0x202d, 0x202e)) return error(`It holds ${code(character)}, which makes text appear in another order than it is; remove it.`)
  if (within(0x202a, 0x202c) || within(0x2066, 0x2069))
    return rightToLeft.test(text)
      ? warning(`It holds the direction control ${code(character)}.`)
      : error(`It holds the direction control ${code(character)} in text that runs from left to right; remove it.`)
  if (within(0xe0020, 0xe007f))
    return inFlag(characters, i)
      ? null
      : error(`It holds the invisible tag character ${code(character)}, which can carry hidden text; remove it.`)
  if (within(0xe0100, 0xe01ef))
    return isVariation(before) || isVariation(after)
      ? error('It holds a row of variation selectors, which can carry hidden text; remove them.')
      : null
  if (/\p{Co}/u.test(character)) return warning(`It holds the private character ${code(character)}, which looks different everywhere.`)
  if (within(0x2061, 0x206f) || within(0xe0000, 0xe0fff) || within(0xfff9, 0xfffb))
    return error(`It holds the invisible character ${code(character)}; remove it.`)
  return null
}

function isVariation(character: string): boolean {
  const point = character.codePointAt(0) ?? 0
  return point >= 0xe0100 && point <= 0xe01ef
}

/** Flags of countries' parts are a black flag followed by tag characters. */
function inFlag(characters: readonly string[], i: number): boolean {
  let at = i
  while (at >= 0 && i - at < 8 && /[\u{e0020}-\u{e007f}]/u.test(characters[at] as string)) at--
  return characters[at] === '\u{1f3f4}'
}
