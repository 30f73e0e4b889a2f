/**
 * Working through a queue by keyboard: j and k for the next and the previous, a, m and r for what a reviewer decides, c for a comment, ? for help. Never while somebody writes,
 * never with a modifier, and no key sends anything by itself: it chooses, and the button sends.
 */

const dialog = document.querySelector<HTMLDialogElement>('dialog#keys')
for (const hint of document.querySelectorAll<HTMLElement>('[data-keys-hint]')) hint.hidden = false

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented || writes(event.target)) return
  if (dialog?.open) return
  if (press(event.key)) event.preventDefault()
})

/** Radio buttons and links are no text: keys go on working there. */
function writes(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !['radio', 'checkbox', 'button', 'submit'].includes(target.type)
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
}

function press(key: string): boolean {
  if (key === '?') {
    dialog?.showModal()
    return dialog !== null
  }
  const rows = [...document.querySelectorAll<HTMLAnchorElement>('a[data-row]')]
  if (rows.length > 0) return pressInList(key, rows)
  const control = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)
  if (control === null) return false
  if (control instanceof HTMLInputElement || control instanceof HTMLDetailsElement) {
    if (control instanceof HTMLDetailsElement) control.open = true
    else {
      control.checked = true
      control.dispatchEvent(new Event('input', { bubbles: true }))
    }
    const then = document.getElementById(control.dataset['then'] ?? '') ?? control
    then.scrollIntoView({ block: 'center' })
    then.focus()
  } else if (control instanceof HTMLAnchorElement) control.click()
  else control.focus()
  return true
}

function pressInList(key: string, rows: readonly HTMLAnchorElement[]): boolean {
  const at = rows.indexOf(document.activeElement as HTMLAnchorElement)
  const row = rows[at]
  if (key === 'j' || key === 'k') {
    const next = rows[at === -1 ? 0 : at + (key === 'j' ? 1 : -1)]
    next?.focus()
    next?.scrollIntoView({ block: 'nearest' })
    return next !== undefined
  }
  const decision = { a: 'accept', m: 'request-changes', r: 'reject' }[key]
  if (row === undefined || (decision === undefined && key !== 'c')) return false
  const to = new URL(row.href)
  if (decision !== undefined) to.searchParams.set('decide', decision)
  to.hash = decision === undefined ? 'new-thread' : 'decide'
  location.assign(to)
  return true
}

export {}
