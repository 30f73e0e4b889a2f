/** Searching a dataset: a field, filters with how many there are of each, and what was found. */

import type { ExampleTallies, FoundExample, FoundExamples, Tally } from '../../domain/datasets/example-search.ts'
import { foundIn, parseSearch, type SearchTerm } from '../../domain/contributions/search-query.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { AppError } from '../../errors.ts'
import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { empty, field, pager, person, shortDigest } from '../parts/basics.ts'
import { languageName } from '../parts/languages.ts'
import { piecesOf } from '../proposals/change-part.ts'
import { dots } from '../proposals/words.ts'
import type { Visit } from '../visit.ts'

export interface SearchData {
  readonly model: CommunityModel
  readonly typed: {
    readonly text: string
    readonly language: string
    readonly origin: string
    readonly licence: string
    readonly contributor: string
  }
  /** null: the search was refused. */
  readonly found: FoundExamples | null
  readonly refused: AppError | null
  readonly tallies: ExampleTallies
}

export function searchPage(visit: Visit, { model, typed, found, refused, tallies }: SearchData): Page {
  const { t, locale } = visit
  const path = modelPath(model, '/examples')
  const query = { q: typed.text, language: typed.language, origin: typed.origin, licence: typed.licence, contributor: typed.contributor }
  const asked = Object.values(query).some((value) => value !== '')
  const terms = refused || typed.text === '' ? [] : parseSearch(typed.text)
  const select = (name: keyof ExampleTallies, label: string, all: readonly Tally[], word: (value: string) => Content) =>
    field({
      name,
      label,
      control: (attributes) =>
        html`<select ${attributes}>
          <option value="">${t('examples.any')}</option>
          ${withChosen(all, typed[name]).map(
            ({ value, count }) =>
              html`<option value="${value}" ${value === typed[name] && html` selected`}>
                ${word(value)} (${count.toLocaleString(locale.tag)})
              </option>`,
          )}
        </select>`,
    })
  return {
    title: t('examples.title', { community: `${model.owner}/${model.name}` }),
    heading: t('examples.examples'),
    community: { model, section: 'examples' },
    json: address(`/api${path}`, query),
    refused,
    main: html`<form class="stack card" role="search" action="${path}">
        ${field({
          name: 'q',
          label: t('examples.words'),
          hint: t('examples.wordsHint'),
          control: (attributes) => html`<input type="search" ${attributes} value="${typed.text}" maxlength="500" dir="auto" />`,
        })}
        <div class="filters">
          ${select('language', t('examples.language'), tallies.language, (tag) => languageName(locale, tag))}
          ${select('origin', t('examples.origin'), tallies.origin, (origin) => originWord(visit, origin))}
          ${select('licence', t('examples.licence'), tallies.licence, (it) => it)}
          ${select('contributor', t('examples.contributor'), tallies.contributor, (name) => name)}
        </div>
        <p class="actions">
          <button class="primary">${t('examples.search')}</button>
          ${asked && html`<a class="button" href="${path}">${t('examples.all')}</a>`}
        </p>
      </form>
      ${found && !found.complete && html`<p class="note">${t('examples.incomplete')}</p>`}
      ${
        found &&
        found.examples.length > 0 &&
        html`<ol class="rows plain">
          ${found.examples.map((example) => foundRow(visit, model, example, terms))}
        </ol>`
      }
      ${found && found.examples.length === 0 && (asked ? empty(t('examples.nothingFound')) : empty(t('examples.none'), html`<a class="button" href="${modelPath(model, '/propose')}">${t('examples.propose')}</a>`))}
      ${pager(t, { older: found === null || found.next === null ? null : address(path, { ...query, after: found.next }) })}`,
  }
}

/** A value that is asked for stands in the list, however rare it is. */
function withChosen(all: readonly Tally[], chosen: string): readonly Tally[] {
  return chosen === '' || all.some(({ value }) => value === chosen) ? all : [...all, { value: chosen, count: 0 }]
}

export function originWord({ t }: Visit, origin: string): string {
  return origin === 'human' || origin === 'translated' || origin === 'adapted' || origin === 'generated'
    ? t(`examples.origin_${origin}`)
    : origin
}

function foundRow(visit: Visit, model: CommunityModel, example: FoundExample, terms: readonly SearchTerm[]): Html {
  const { t, locale } = visit
  const { digest, content, provenance, contribution, author } = example
  const link = modelPath(model, `/examples/${digest.slice('sha256:'.length)}`)
  return html`<li>
    ${piecesOf(content).map(({ text }) => html`<p class="user-text" dir="auto" lang="${provenance.language}">${marked(shortened(text), terms)}</p>`)}
    <p class="meta">
      ${dots(
        html`<a href="${link}">${t('examples.example')} ${shortDigest(digest)}</a>`,
        person(t, author),
        html`<a href="/contributions/${contribution}">${t('examples.contribution', { id: contribution })}</a>`,
        languageName(locale, provenance.language),
        html`<bdi>${provenance.licence}</bdi>`,
        originWord(visit, provenance.origin),
      )}
    </p>
  </li>`
}

/** Characters of a text in the list, by what people see as one. */
const shown = 400
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function shortened(text: string): string {
  if (text.length <= shown) return text
  const [...characters] = segmenter.segment(text.slice(0, shown * 4))
  return characters.length <= shown
    ? text
    : `${characters
        .slice(0, shown)
        .map(({ segment }) => segment)
        .join('')}…`
}

/** What was looked for, marked. */
export function marked(text: string, terms: readonly SearchTerm[]): Content {
  const parts: Content[] = []
  let at = 0
  for (const [start, end] of foundIn(text, terms)) {
    parts.push(text.slice(at, start), html`<mark>${text.slice(start, end)}</mark>`)
    at = end
  }
  return [...parts, text.slice(at)]
}
