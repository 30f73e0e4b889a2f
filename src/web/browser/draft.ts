/** Keeps what is typed into a form in this browser until it has been sent, and puts it back when the form is opened again: a lost connection loses nothing. */

interface Draft {
  readonly at: number
  readonly values: Readonly<Record<string, string>>
}

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

/** Nobody comes back to a draft of last month, and the browser's room is small. */
const forgottenAfter = 30 * 24 * 3600 * 1000
const prefix = 'draft: '

forgetSent()
forgetOld()
for (const form of document.querySelectorAll<HTMLFormElement>('form[data-draft]')) keep(form)

function keep(form: HTMLFormElement): void {
  const key = `${prefix}${form.dataset['draft'] ?? ''}`
  const draft = read(key)
  // What the server shows again after a refusal is newer than what was kept before.
  const refused = 'draftNewer' in form.dataset || document.querySelector('.refusal, [aria-invalid="true"]') !== null
  if (draft && !refused && restore(form, draft)) announce(form, key)
  form.addEventListener('input', () => {
    const draft: Draft = { at: Date.now(), values: valuesOf(form) }
    try {
      localStorage.setItem(key, JSON.stringify(draft))
    } catch {
      // A full or forbidden store: the form works without it.
    }
  })
}

function controlsOf(form: HTMLFormElement): Control[] {
  return [...form.elements].filter(
    (it): it is Control =>
      (it instanceof HTMLInputElement || it instanceof HTMLTextAreaElement || it instanceof HTMLSelectElement) &&
      it.name !== '' &&
      (it.type !== 'hidden' || 'carried' in it.dataset) &&
      it.type !== 'file' &&
      it.type !== 'password',
  )
}

function ticks(it: Control): it is HTMLInputElement {
  return it instanceof HTMLInputElement && (it.type === 'radio' || it.type === 'checkbox')
}

function valuesOf(form: HTMLFormElement): Record<string, string> {
  const values: Record<string, string> = {}
  for (const it of controlsOf(form)) {
    if (!ticks(it)) values[it.name] = it.value
    else if (it.checked) values[it.name] = it.value
    else values[it.name] ??= ''
  }
  return values
}

/** Whether anything is different now. */
function restore(form: HTMLFormElement, { values }: Draft): boolean {
  let changed = false
  for (const it of controlsOf(form)) {
    const value = values[it.name]
    if (value === undefined || it.type === 'hidden') continue
    if (ticks(it)) {
      const checked = it.value === value
      changed ||= it.checked !== checked
      it.checked = checked
    } else if (it.value !== value) {
      it.value = value
      changed = true
    }
  }
  return carry(form, values) || changed
}

/** What was typed on other pages of a form of several: it is sent with this one, as the server would have sent it along. Whether there was any. */
function carry(form: HTMLFormElement, values: Draft['values']): boolean {
  const start = form.dataset['draftCarries']
  if (start === undefined) return false
  const there = new Set(Array.from(form.elements, (it) => it.getAttribute('name')))
  const missing = Object.entries(values).filter(([name]) => name.startsWith(start) && !there.has(name))
  for (const [name, value] of missing) {
    const field = document.createElement('input')
    Object.assign(field, { type: 'hidden', name, value })
    field.dataset['carried'] = ''
    form.append(field)
  }
  return missing.length > 0
}

function announce(form: HTMLFormElement, key: string): void {
  const note = document.createElement('p')
  note.className = 'note draft-note'
  note.setAttribute('role', 'status')
  const discard = document.createElement('button')
  discard.type = 'button'
  discard.className = 'quiet'
  discard.textContent = form.dataset['draftDiscard'] ?? ''
  discard.addEventListener('click', () => {
    localStorage.removeItem(key)
    for (const it of form.querySelectorAll('input[data-carried]')) it.remove()
    form.reset()
    note.remove()
    form.querySelector<HTMLElement>('textarea, input:not([type=hidden])')?.focus()
  })
  note.append(form.dataset['draftRestored'] ?? '', ' ', discard)
  form.prepend(note)
  form.closest('details')?.setAttribute('open', '')
}

/** The server names what has arrived in a cookie of a minute. */
function forgetSent(): void {
  const sent = document.cookie.split('; ').find((cookie) => cookie.startsWith('draft-sent='))
  if (sent === undefined) return
  localStorage.removeItem(`${prefix}${decodeURIComponent(sent.slice('draft-sent='.length))}`)
  document.cookie = 'draft-sent=; path=/; max-age=0; samesite=lax'
}

function forgetOld(): void {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(prefix)) continue
    const draft = read(key)
    if (!draft || Date.now() - draft.at > forgottenAfter) localStorage.removeItem(key)
  }
}

function read(key: string): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(key) ?? 'null') as Draft | null
    return draft && typeof draft.at === 'number' && typeof draft.values === 'object' ? draft : null
  } catch {
    return null
  }
}

export {}
