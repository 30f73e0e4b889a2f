/** The interface's words: one folder of JSON a language, one file an area, ICU MessageFormat inside. English is complete; what another language lacks is shown in English. */

import { readdirSync, readFileSync } from 'node:fs'
import { IntlMessageFormat, type FormatXMLElementFn } from 'intl-messageformat'
import { AppError } from '../errors.ts'
import type { Content, Html } from './markup.ts'
import changes from './messages/en/changes.json' with { type: 'json' }
import charter from './messages/en/charter.json' with { type: 'json' }
import chat from './messages/en/chat.json' with { type: 'json' }
import common from './messages/en/common.json' with { type: 'json' }
import community from './messages/en/community.json' with { type: 'json' }
import discussion from './messages/en/discussion.json' with { type: 'json' }
import examples from './messages/en/examples.json' with { type: 'json' }
import forecast from './messages/en/forecast.json' with { type: 'json' }
import home from './messages/en/home.json' with { type: 'json' }
import lineage from './messages/en/lineage.json' with { type: 'json' }
import notifications from './messages/en/notifications.json' with { type: 'json' }
import openness from './messages/en/openness.json' with { type: 'json' }
import operator from './messages/en/operator.json' with { type: 'json' }
import people from './messages/en/people.json' with { type: 'json' }
import profile from './messages/en/profile.json' with { type: 'json' }
import proposals from './messages/en/proposals.json' with { type: 'json' }
import receipts from './messages/en/receipts.json' with { type: 'json' }
import releases from './messages/en/releases.json' with { type: 'json' }
import runs from './messages/en/runs.json' with { type: 'json' }
import saidDiscussion from './messages/en/said-discussion.json' with { type: 'json' }
import saidFiles from './messages/en/said-files.json' with { type: 'json' }
import saidForecast from './messages/en/said-forecast.json' with { type: 'json' }
import saidLicences from './messages/en/said-licences.json' with { type: 'json' }
import saidModels from './messages/en/said-models.json' with { type: 'json' }
import saidPages from './messages/en/said-pages.json' with { type: 'json' }
import saidPeople from './messages/en/said-people.json' with { type: 'json' }
import saidPreviews from './messages/en/said-previews.json' with { type: 'json' }
import saidProposals from './messages/en/said-proposals.json' with { type: 'json' }
import saidReceipts from './messages/en/said-receipts.json' with { type: 'json' }
import saidReleases from './messages/en/said-releases.json' with { type: 'json' }
import saidReview from './messages/en/said-review.json' with { type: 'json' }
import saidStudies from './messages/en/said-studies.json' with { type: 'json' }
import saidTraining from './messages/en/said-training.json' with { type: 'json' }
import saidTrains from './messages/en/said-trains.json' with { type: 'json' }
import saidWords from './messages/en/said-words.json' with { type: 'json' }
import settings from './messages/en/settings.json' with { type: 'json' }
import studies from './messages/en/studies.json' with { type: 'json' }
import suites from './messages/en/suites.json' with { type: 'json' }
import trains from './messages/en/trains.json' with { type: 'json' }
import upload from './messages/en/upload.json' with { type: 'json' }

export const english = {
  changes,
  charter,
  chat,
  common,
  community,
  discussion,
  examples,
  forecast,
  home,
  lineage,
  notifications,
  openness,
  operator,
  people,
  profile,
  proposals,
  receipts,
  releases,
  runs,
  'said-discussion': saidDiscussion,
  'said-files': saidFiles,
  'said-forecast': saidForecast,
  'said-licences': saidLicences,
  'said-models': saidModels,
  'said-pages': saidPages,
  'said-people': saidPeople,
  'said-previews': saidPreviews,
  'said-proposals': saidProposals,
  'said-receipts': saidReceipts,
  'said-releases': saidReleases,
  'said-review': saidReview,
  'said-studies': saidStudies,
  'said-training': saidTraining,
  'said-trains': saidTrains,
  'said-words': saidWords,
  settings,
  studies,
  suites,
  trains,
  upload,
} as const satisfies Record<string, Readonly<Record<string, string>>>

type Catalogue = typeof english
/** `area.key`. */
export type MessageKey = { [A in keyof Catalogue]: `${A}.${Extract<keyof Catalogue[A], string>}` }[keyof Catalogue]
export type Values = Readonly<Record<string, string | number | Date | null | undefined>>

/** A language the interface speaks. */
export interface Locale {
  /** BCP 47. */
  readonly tag: string
  readonly direction: 'ltr' | 'rtl'
  /** In its own words. */
  readonly name: string
}

export interface Translate {
  (key: MessageKey, values?: Values): string
  /** For messages with tags: `<link>read it</link>` calls `values.link` with the text inside. */
  rich(key: MessageKey, values: Readonly<Record<string, string | number | Date | Html | ((inside: Content) => Html)>>): Content
  /** Whether the language has this message of its own. */
  says(key: string): boolean
  readonly locale: Locale
}

type Messages = ReadonlyMap<string, string>

const folder = new URL('./messages/', import.meta.url)

/** Every language that has a folder. A new one appears here by being put there. */
export const locales: readonly Locale[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => localeOf(name))
  .sort((a, b) => (a.tag === 'en' ? -1 : b.tag === 'en' ? 1 : a.name.localeCompare(b.name)))

const catalogues = new Map<string, Messages>(locales.map(({ tag }) => [tag, readCatalogue(tag)]))

function localeOf(tag: string): Locale {
  const locale = new Intl.Locale(tag)
  const { direction } = (locale as Intl.Locale & { getTextInfo(): { direction: 'ltr' | 'rtl' } }).getTextInfo()
  return { tag, direction, name: new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag }
}

/** All messages of a language by `area.key`. A file that is not JSON ends the start: better than pages half in English. */
export function readCatalogue(tag: string): Messages {
  const messages = new Map<string, string>()
  const own = new URL(`${tag}/`, folder)
  for (const file of readdirSync(own).filter((name) => name.endsWith('.json'))) {
    const area = file.slice(0, -'.json'.length)
    const read = JSON.parse(readFileSync(new URL(file, own), 'utf8')) as Record<string, string>
    for (const [key, text] of Object.entries(read)) messages.set(`${area}.${key}`, text)
  }
  return messages
}

/** The language for a wish list such as "ur", or an Accept-Language header; English where none fits. */
export function chooseLocale(...wishes: readonly (string | null | undefined)[]): Locale {
  for (const wish of wishes)
    for (const part of (wish ?? '').split(',').slice(0, 20)) {
      const language = part.split(';')[0]?.trim().toLowerCase().split('-')[0]
      const found = locales.find(({ tag }) => tag === language)
      if (found) return found
    }
  return locales[0] as Locale
}

const translators = new Map<string, Translate>()

/** How a language says things. Messages are parsed once, when first needed. */
export function translator(locale: Locale): Translate {
  const known = translators.get(locale.tag)
  if (known) return known
  const formats = new Map<string, IntlMessageFormat>()
  const formatOf = (key: string): IntlMessageFormat => {
    const parsed = formats.get(key)
    if (parsed) return parsed
    const own = catalogues.get(locale.tag)?.get(key)
    const text = own ?? catalogues.get('en')?.get(key)
    if (text === undefined) throw new AppError('invalid', `There is no message ${key} in src/web/messages/en; add it there.`)
    const format = new IntlMessageFormat(text, own === undefined ? 'en' : locale.tag)
    formats.set(key, format)
    return format
  }
  const translate = ((key: MessageKey, values?: Values) => String(formatOf(key).format(values))) as Translate
  const made = Object.assign(translate, {
    rich: (key: MessageKey, values: Readonly<Record<string, unknown>>): Content => {
      const wrapped = Object.fromEntries(
        Object.entries(values).map(([name, value]) => [
          name,
          typeof value === 'function' ? (parts: Content[]) => (value as (inside: Content) => Html)(parts) : value,
        ]),
      )
      return formatOf(key).format(wrapped as Record<string, FormatXMLElementFn<Html>>)
    },
    says: (key: string) => catalogues.get(locale.tag)?.has(key) ?? false,
    locale,
  })
  translators.set(locale.tag, made)
  return made
}
