/** Fields of one line that many forms share: words that somebody writes, and what is no prose (an address, a licence, a language, a version). */

import { html, type Content, type Html } from '../markup.ts'
import { field, type Field } from './basics.ts'

export interface LineField extends Omit<Field, 'control'> {
  readonly value: string
  readonly maxlength?: number | undefined
  readonly required?: boolean
  /** For screens: a line as short as what it is for. */
  readonly short?: boolean
  /** Id of a list of suggestions. */
  readonly list?: string
  readonly autocomplete?: string
}

/** In the direction of what is typed. */
export function wordsField(line: LineField): Html {
  return lineField(line, html` dir="auto"`)
}

/** From left to right in every language; nothing makes the first letter a capital or marks it as misspelt. */
export function codeField(line: LineField): Html {
  return lineField(line, html` dir="ltr" autocapitalize="none" spellcheck="false"`)
}

function lineField({ value, maxlength, required = false, short = false, list, autocomplete, ...rest }: LineField, kind: Content): Html {
  return field({
    ...rest,
    control: (a) =>
      html`<input
        ${a}
        ${kind}
        value="${value}"
        ${short && html` class="short"`}
        ${maxlength !== undefined && html` maxlength="${maxlength}"`}
        ${list !== undefined && html` list="${list}"`}
        ${autocomplete !== undefined && html` autocomplete="${autocomplete}"`}
        ${required && html` required`}
      />`,
  })
}
