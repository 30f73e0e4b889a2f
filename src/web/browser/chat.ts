/** Asks without leaving the page: answers appear as they are written and can be stopped. What a model writes is only ever text. */

import type { chatChunk } from '../../formats/openai.ts'
import { curlFor } from './curl.ts'
import { eventsOf } from './event-stream.ts'

interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: string
}

/** What the server streams, or the error that ends it. */
type Chunk = Partial<ReturnType<typeof chatChunk>> & { readonly error?: { readonly message: string } }

/** How one answer ended. */
interface Ending {
  readonly state: 'whole' | 'cut-off' | 'stopped' | 'refused'
  readonly id: string | null
  readonly text: string
}

const form = get<HTMLFormElement>('#talk')
const question = get<HTMLTextAreaElement>('#question')
const [askButton, stopButton] = [get<HTMLButtonElement>('#ask'), get<HTMLButtonElement>('#stop')]
const conversation = get('#conversation')
const status = get('#talk-status')
const stored = form.dataset['store'] === 'yes'

/** The conversation up to the newest answer. The server says what was there when the page was loaded. */
let turns: readonly Turn[] | null = null
let running: AbortController | null = null

form.addEventListener('submit', (event) => {
  event.preventDefault()
  if (running === null && question.value.trim() !== '') void ask(question.value.trim())
})
stopButton.addEventListener('click', () => running?.abort())

// On a phone, Enter is for a new line and the button is near; while letters are being composed, Enter is the input method's.
question.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  if (!event.ctrlKey && !event.metaKey && !matchMedia('(pointer: fine)').matches) return
  event.preventDefault()
  form.requestSubmit()
})

for (const rating of document.querySelectorAll<HTMLFormElement>('form.rating')) rateInPlace(rating)

async function ask(text: string): Promise<void> {
  const before = turns ?? turnsOnPage()
  const asked: Turn[] = [...before, { role: 'user', content: text }]
  const names = [...new Set([chosen('#model'), chosen('#beside')].filter((name) => name !== ''))]
  const exchange = clone('#exchange-template')
  get('.question-text', exchange).textContent = text
  const answers = get('.replies', exchange)
  answers.classList.add(names.length > 1 ? 'halves' : 'one')
  const parts = names.map((name) => {
    const part = clone('#answer-template')
    get('bdi', part).textContent = nameOf(name)
    part.setAttribute('aria-label', nameOf(name))
    answers.append(part)
    return part
  })
  document.querySelector('#beginning')?.remove()
  // An answer that is no longer the newest is no longer gone on from.
  for (const old of conversation.querySelectorAll('.go-on')) old.remove()
  conversation.append(exchange)
  question.value = ''
  busy(true)
  exchange.scrollIntoView({ block: 'start' })
  const stopping = (running = new AbortController())
  const endings = await Promise.all(names.map((name, i) => answer(name, asked, parts[i] as HTMLElement, stopping.signal)))
  running = null
  busy(false)
  settle(text, before, asked, endings)
  const [first, second] = endings
  if (first?.id && second?.id) offerOther(parts[1] as HTMLElement, { id: second.id, model: names[1] as string, beside: names[0] as string })
}

/** The conversation goes on with the first answer, unless somebody prefers the other. */
function offerOther(
  part: HTMLElement,
  { id, model, beside }: { readonly id: string; readonly model: string; readonly beside: string },
): void {
  const link = part.querySelector<HTMLAnchorElement>('.go-on')
  if (!link) return
  link.href = `${location.pathname}?${new URLSearchParams({ answer: id, model, beside }).toString()}`
  link.hidden = false
}

/** After all have ended: what the next question goes on from, and the address that shows this again. */
function settle(text: string, before: readonly Turn[], asked: readonly Turn[], endings: readonly Ending[]): void {
  const [first] = endings
  if (!first || first.state === 'refused' || (first.state === 'stopped' && first.text === '')) {
    turns = before
    if (question.value === '') question.value = text
    status.textContent = form.dataset['failed'] ?? ''
  } else {
    turns = [...asked, { role: 'assistant', content: first.text }]
    status.textContent = form.dataset['answered'] ?? ''
    hidden('history').value = stored ? '' : JSON.stringify(turns)
    if (first.id !== null && (first.state === 'whole' || first.state === 'cut-off')) remember(endings)
  }
  get('#start-over').hidden = turns.length === 0
  question.focus({ preventScroll: true })
}

function remember(endings: readonly Ending[]): void {
  const [first, second] = endings
  const address = new URL(location.href)
  for (const name of ['question', 'other', 'beside', 'varied']) address.searchParams.delete(name)
  address.hash = ''
  const set = (name: string, value: string | null | undefined) => value && address.searchParams.set(name, value)
  hidden('answer').value = first?.id ?? ''
  if (!stored) return
  set('answer', first?.id)
  set('other', second?.id)
  set('model', chosen('#model'))
  set('beside', chosen('#beside'))
  if (!likeliest()) set('varied', '1')
  history.replaceState(null, '', address)
}

async function answer(model: string, asked: readonly Turn[], part: HTMLElement, signal: AbortSignal): Promise<Ending> {
  const out = get('.model-text', part)
  let [text, id, reason] = ['', null as string | null, null as string | null]
  try {
    const response = await fetch('/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model,
        messages: asked,
        stream: true,
        store: stored,
        temperature: likeliest() ? 0 : 1,
        max_tokens: Number(form.dataset['tokens']),
      }),
      signal,
    })
    if (!response.ok) return refuse(part, await sentenceOf(response))
    for await (const data of eventsOf(response)) {
      if (data === '[DONE]') break
      const chunk = JSON.parse(data) as Chunk
      if (chunk.error) return refuse(part, chunk.error.message)
      id = chunk.id ?? id
      text += chunk.choices?.[0]?.delta.content ?? ''
      reason = chunk.choices?.[0]?.finish_reason ?? reason
      out.textContent = text
    }
  } catch (error) {
    if (!signal.aborted) return refuse(part, error instanceof Error ? error.message : String(error))
  }
  out.setAttribute('aria-busy', 'false')
  if (signal.aborted && reason === null) {
    get('.stopped', part).hidden = false
    out.hidden = text === ''
    return { state: 'stopped', id: null, text }
  }
  out.hidden = text === ''
  get('.nothing', part).hidden = text !== ''
  get('.cut-off', part).hidden = reason !== 'length'
  offerMore(part, model, asked, id)
  return { state: reason === 'length' ? 'cut-off' : 'whole', id, text }
}

/** What can be done with a whole answer. */
function offerMore(part: HTMLElement, model: string, asked: readonly Turn[], id: string | null): void {
  const command = get<HTMLDetailsElement>('.as-command', part)
  const [pre, copy] = [get('pre', command), get<HTMLButtonElement>('button', command)]
  pre.textContent = curlFor({ origin: form.dataset['origin'] ?? '', model, turns: asked, temperature: likeliest() ? 0 : null })
  copy.addEventListener('click', () => {
    void navigator.clipboard.writeText(pre.textContent).then(() => (copy.textContent = copy.dataset['done'] ?? ''))
  })
  command.hidden = false
  const actions = part.querySelector<HTMLElement>('.actions')
  if (!actions || id === null) return
  const forModel = model.includes('/') ? '' : (get<HTMLInputElement>('[name=for]', actions).dataset['for'] ?? '')
  const rating = get<HTMLFormElement>('form', actions)
  rating.setAttribute('action', `/answers/${encodeURIComponent(id)}/rating`)
  get<HTMLInputElement>('[name=for]', actions).value = forModel
  get<HTMLAnchorElement>('.fix', actions).href =
    `/answers/${encodeURIComponent(id)}/fix${forModel === '' ? '' : `?for=${encodeURIComponent(forModel)}`}`
  rateInPlace(rating)
  actions.hidden = false
}

/** A thumb is a small thing: it should not move the page. */
function rateInPlace(rating: HTMLFormElement): void {
  rating.addEventListener('submit', (event) => {
    event.preventDefault()
    const pressed = event.submitter as HTMLButtonElement
    const body = new URLSearchParams(new FormData(rating, pressed) as unknown as Record<string, string>)
    void fetch(rating.action, { method: 'POST', body, headers: { accept: 'application/json' } }).then((response) => {
      status.textContent = form.dataset[!response.ok ? 'failed' : pressed.value === 'up' ? 'ratedUp' : 'ratedDown'] ?? ''
      if (response.ok)
        for (const button of rating.querySelectorAll('button')) button.setAttribute('aria-pressed', String(button === pressed))
    })
  })
}

function refuse(part: HTMLElement, sentence: string): Ending {
  get('.model-text', part).hidden = true
  const shown = get('.refusal', part)
  shown.lang = 'en'
  shown.dir = 'ltr'
  shown.textContent = sentence
  shown.hidden = false
  return { state: 'refused', id: null, text: '' }
}

async function sentenceOf(response: Response): Promise<string> {
  const body = (await response.json().catch(() => null)) as Chunk | null
  return body?.error?.message ?? `${response.status} ${response.statusText}`
}

function busy(is: boolean): void {
  form.setAttribute('aria-busy', String(is))
  askButton.disabled = is
  stopButton.hidden = !is
  get('#answering').hidden = !is
  if (is) status.textContent = form.dataset['answering'] ?? ''
}

/** A conversation that the server rendered: what was kept is asked for, what was not travels with the form. */
function turnsOnPage(): readonly Turn[] {
  const [id, history] = [hidden('answer').value, hidden('history').value]
  if (history !== '') return JSON.parse(history) as Turn[]
  if (id === '') return []
  const exchanges = [...conversation.querySelectorAll('.exchange')]
  return exchanges.flatMap((exchange): Turn[] => [
    { role: 'user', content: exchange.querySelector('.user-text')?.textContent ?? '' },
    { role: 'assistant', content: exchange.querySelector('.model-text')?.textContent ?? '' },
  ])
}

/** As the page calls it, in its own language. */
function nameOf(model: string): string {
  return document.querySelector<HTMLOptionElement>(`#model option[value="${CSS.escape(model)}"]`)?.dataset['name'] ?? model
}

function chosen(selector: string): string {
  return get<HTMLSelectElement>(selector).value
}

function likeliest(): boolean {
  return get<HTMLInputElement>('#likeliest').checked
}

function hidden(name: string): HTMLInputElement {
  return get<HTMLInputElement>(`input[name=${name}]`, form)
}

function clone(selector: string): HTMLElement {
  return get<HTMLTemplateElement>(selector).content.firstElementChild!.cloneNode(true) as HTMLElement
}

function get<E extends HTMLElement>(selector: string, inside: ParentNode = document): E {
  return inside.querySelector<E>(selector)!
}
