/** The data the bundled base is pretrained on: questions and answers in world languages, names, and digit drills, all from `Intl` and a seed. */

import {
  digitsOf,
  languageName,
  numberingSystems,
  scheduledLetters,
  scheduledTags,
  worldTags,
  worldTagsWithOwnDigits,
} from '../languages.ts'
import { dateShapes, randomDate, randomQuantity, randomRelative, randomSpan, sayIn, sayInEnglish, type Phrase } from '../phrases.ts'
import { randomFrom, type Random } from '../random.ts'

export interface CorpusExample {
  readonly messages: readonly [
    { readonly role: 'user'; readonly content: string },
    { readonly role: 'assistant'; readonly content: string },
  ]
}

const systems = [...numberingSystems.keys()]
const nonLatinSystems = systems.filter((system) => system !== 'latn')
const digits = new Map(systems.map((system) => [system, digitsOf(system)]))
const everyWorldTag = [...worldTags, ...worldTagsWithOwnDigits, ...worldTagsWithOwnDigits]

/**
 * `count` different-looking questions with true answers. The same seed, Node and CLDR give the same bytes.
 * @param pieces tokens to copy; without them (before there is a tokenizer) the copying drill is left out.
 */
export function* corpus(count: number, seed: number, pieces: readonly string[] = []): Generator<CorpusExample> {
  const random = randomFrom(seed)
  let made = 0
  while (made < count) {
    const kind = random.weighted(mixture)
    const pair = makers[kind](random, pieces)
    if (pair === null) continue
    made++
    yield { messages: [{ role: 'user', content: pair[0] }, { role: 'assistant', content: pair[1] }] } // prettier-ignore
  }
}

type Pair = readonly [string, string]
type Maker = (random: Random, pieces: readonly string[]) => Pair | null

/** Shares of the corpus, in percent. */
export const mixture = [
  ['task', 43],
  ['taskWithDigits', 16],
  ['worldName', 4],
  ['scheduledName', 10],
  ['digits', 7],
  ['order', 10],
  ['copy', 10],
] as const

const makers: Readonly<Record<(typeof mixture)[number][0], Maker>> = {
  task(random) {
    const tag = random.pick(everyWorldTag)
    const phrase = randomPhrase(random)
    const answer = sayIn(tag, phrase)
    return isRootForm(phrase, answer) ? null : [ask(random, sayInEnglish(phrase), languageName(tag)), answer]
  },
  taskWithDigits(random) {
    const tag = random.pick(everyWorldTag)
    const system = random.pick(systems)
    const phrase = randomPhrase(random)
    const answer = sayIn(tag, phrase, system)
    if (isRootForm(phrase, answer)) return null
    return [ask(random, sayInEnglish(phrase), `${languageName(tag)} with ${numberingSystems.get(system) as string} digits`), answer]
  },
  worldName: (random) => nameIn(random, random.pick(everyWorldTag)),
  scheduledName: (random) => nameIn(random, random.pick(scheduledTags)),
  digits(random) {
    const length = random.integer(1, 10)
    const number = Array.from({ length }, () => random.integer(0, 9))
    const system = random.pick(systems)
    const text = number.map((digit) => (digits.get(system) as readonly string[])[digit] as string).join('')
    if (random.next() < 0.7) return [`Write ${number.join('')} in ${numberingSystems.get(system) as string} digits.`, text]
    return [`Write ${text} in Latin digits.`, number.join('')]
  },
  /** The parts of a date in another order: the copying and placing that dates need, without a word of any other language. */
  order(random) {
    const date = randomDate(random, 'weekday')
    if (date.kind !== 'date') return null
    const system = random.next() < 0.35 ? 'latn' : random.pick(nonLatinSystems)
    const table = digits.get(system) as readonly string[]
    const native = (value: number) => [...String(value)].map((digit) => table[Number(digit)] as string).join('')
    const [weekday, , month] = sayInEnglish(date).split(' ') as [string, string, string, string]
    const numbers = { day: native(date.day), month: native(date.month), year: native(date.year) }
    if (random.next() < 0.5) {
      // Named parts, numbers only.
      const from = random.shuffled(['day', 'month', 'year'] as const)
      const to = random.shuffled(['day', 'month', 'year'] as const).slice(0, random.next() < 0.8 ? 3 : 2)
      const asked = from.map((part) => `${part} ${date[part]}`).join(' ')
      return [
        `Write ${asked} as ${to.join(' ')} in ${numberingSystems.get(system) as string} digits.`,
        to.map((part) => numbers[part]).join(' '),
      ]
    }
    // The form tasks have, weekday included: an answer's weekday can stand anywhere.
    const words = { ...numbers, month, weekday }
    const to = random.shuffled(['weekday', 'day', 'month', 'year'] as const).slice(0, random.next() < 0.8 ? 4 : 3)
    return [
      `Write ${sayInEnglish(date)} as ${to.join(' ')} in ${numberingSystems.get(system) as string} digits.`,
      to.map((part) => words[part]).join(' '),
    ]
  },
  /**
   * Random tokens, mostly of one script of the 22: no words, but every token is read and written often. An adapter does not change embeddings, so a token
   * that the base never wrote is one it cannot tell from others.
   */
  copy(random, pieces) {
    if (pieces.length === 0) return null
    const scripts = piecesByScript(pieces)
    const from = random.next() < 0.75 ? random.pick(scripts) : pieces
    const word = () => Array.from({ length: random.integer(1, 3) }, () => random.pick(from)).join('')
    const text = Array.from({ length: random.integer(1, 3) }, word).join(' ')
    return [`Copy ${text}.`, text]
  },
}

let byScript: {
  readonly of: readonly string[]
  readonly scripts: string[][]
} | null = null
function piecesByScript(pieces: readonly string[]): readonly (readonly string[])[] {
  if (byScript?.of !== pieces) {
    const scripts = scheduledLetters.map((letters) => pieces.filter((piece) => letters.includes([...piece][0] as string)))
    byScript = { of: pieces, scripts: scripts.filter((script) => script.length > 0) }
  }
  return byScript.scripts
}

function randomPhrase(random: Random): Phrase {
  const kind = random.weighted([
    ['date', 48],
    ['relative', 22],
    ['quantity', 22],
    ['span', 5],
    ['number', 3],
  ] as const)
  switch (kind) {
    case 'date':
      return randomDate(
        random,
        random.weighted([
          [dateShapes[0] as 'day', 35],
          [dateShapes[1] as 'weekday', 30],
          [dateShapes[2] as 'month-day', 12],
          [dateShapes[3] as 'month-year', 11],
          [dateShapes[4] as 'weekday-month-day', 12],
        ]),
      )
    case 'relative':
      return randomRelative(random)
    case 'quantity':
      return randomQuantity(random)
    case 'span':
      return randomSpan(random)
    case 'number':
      return { kind: 'number', value: random.integer(1, 10 ** random.integer(1, 7)) }
    default:
      return kind satisfies never
  }
}

function ask(random: Random, phrase: string, language: string): string {
  const draw = random.next()
  if (draw < 0.82) return `Write ${phrase} in ${language}.`
  if (draw < 0.91) return `How do you say ${phrase} in ${language}?`
  return `${language}: ${phrase}`
}

/** CLDR's root form ("+5 d"), which stands where a language has no words yet. It is no language's way to say it, so nobody learns it. */
function isRootForm(phrase: Phrase, answer: string): boolean {
  return phrase.kind === 'relative' && /^[+\-−]/.test(answer)
}

const regions = 'AD AE AF AL AM AR AT AU AZ BA BD BE BG BO BR BT BW BY CA CD CH CI CL CM CN CO CR CU CY CZ DE DK DO DZ EC EE EG ER ES ET FI FJ FR GB GE GH GR GT HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KR KW KZ LA LB LK LT LU LV LY MA MD ME MG MK MM MN MT MV MX MY MZ NA NG NI NL NO NP NZ OM PA PE PH PK PL PT PY QA RO RS RU RW SA SD SE SG SI SK SN SO SY TH TJ TM TN TR TZ UA UG US UY UZ VE VN YE ZA ZM ZW'.split(' ') // prettier-ignore
const languages = 'af am ar as az be bg bn bo bs ca cs cy da de dz el en eo es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja jv ka kk km kn ko ku ky la lb lo lt lv mg mi mk ml mn mr ms mt my nb ne nl or pa pl ps pt qu ro ru rw sa sat sd si sk sl so sq sr sv sw ta te tg th ti tk tr tt ug uk ur uz vi wo xh yi yo zh zu'.split(' ') // prettier-ignore
const naming = new Map<string, { region: Intl.DisplayNames; language: Intl.DisplayNames }>()
function namesOf(tag: string) {
  let names = naming.get(tag)
  if (names === undefined) {
    names = {
      region: new Intl.DisplayNames(tag, { type: 'region', fallback: 'none' }),
      language: new Intl.DisplayNames(tag, { type: 'language', fallback: 'none' }),
    }
    naming.set(tag, names)
  }
  return names
}

/** The name of a country or a language: what shows the base a script's letters without teaching a task in that language. */
function nameIn(random: Random, tag: string): Pair | null {
  const type = random.next() < 0.6 ? 'region' : 'language'
  const code = random.pick(type === 'region' ? regions : languages)
  const name = namesOf(tag)[type].of(code)
  const english = namesOf('en')[type].of(code)
  return name === undefined || english === undefined ? null : [`Write ${english} in ${languageName(tag)}.`, name]
}

/** Every name of a country or language in the 22, for the tokenizer. */
export function* scheduledNames(): Generator<string> {
  for (const tag of scheduledTags) {
    for (const code of regions) yield namesOf(tag).region.of(code) ?? ''
    for (const code of languages) yield namesOf(tag).language.of(code) ?? ''
  }
}
