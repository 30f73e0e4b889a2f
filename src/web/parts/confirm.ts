/** An action that cannot be undone by going back: the first press opens what it does in words, the second does it. Works without JavaScript and by keyboard. */

import { html, type Content, type Html } from '../markup.ts'

export interface Confirmation {
  /** The button that opens it. */
  readonly label: string
  /** What will happen, in a sentence. */
  readonly sentence: Content
  /** Where the form goes. */
  readonly action: string
  /** The button that does it; the same words where nothing is said. */
  readonly doIt?: string
  /** Fields of the form, besides the button. */
  readonly fields?: Content
  readonly tone?: 'primary' | 'danger' | 'plain'
  readonly open?: boolean
}

export function confirmation({ label, sentence, action, doIt, fields, tone = 'plain', open = false }: Confirmation): Html {
  return html`<details class="confirm" ${open && html` open`}>
    <summary class="button ${tone}">${label}</summary>
    <form class="stack card" method="post" action="${action}">
      <p>${sentence}</p>
      ${fields}
      <p class="actions"><button class="${tone}">${doIt ?? label}</button></p>
    </form>
  </details>`
}
