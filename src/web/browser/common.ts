/** Small comforts of every page: copy buttons, times in the visitor's own zone, forms that are sent once. */

for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
  button.hidden = false
  button.addEventListener('click', () => void copy(button))
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const text = document.getElementById(button.dataset['copy'] ?? '')?.textContent ?? ''
  await navigator.clipboard.writeText(text)
  const label = button.textContent
  button.textContent = button.dataset['done'] ?? label
  setTimeout(() => (button.textContent = label), 2_000)
}

/** The server writes times in UTC; here is the visitor's zone, in the page's language. */
for (const time of document.querySelectorAll<HTMLTimeElement>('time[datetime]')) {
  const at = new Date(time.dateTime)
  if (!Number.isNaN(at.getTime())) time.title = at.toLocaleString(document.documentElement.lang, { dateStyle: 'full', timeStyle: 'short' })
}

/** On a narrow screen the lit one of a long row of tabs may be out of sight. */
for (const row of document.querySelectorAll<HTMLElement>('nav.tabs, nav.lists ul')) {
  const lit = row.querySelector('[aria-current]')?.getBoundingClientRect()
  const frame = row.getBoundingClientRect()
  // From right to left too: what is added is a distance, wherever the row begins.
  if (lit && (lit.left < frame.left || lit.right > frame.right)) row.scrollLeft += lit.left + lit.width / 2 - frame.left - frame.width / 2
}

/** A second press while the first is on its way would send everything twice. */
document.addEventListener('submit', (event) => {
  const form = event.target
  if (!(form instanceof HTMLFormElement) || form.method !== 'post' || event.defaultPrevented) return
  if (form.dataset['sent']) {
    event.preventDefault()
    return
  }
  form.dataset['sent'] = 'yes'
})

// A page that comes back from the browser's history has not sent its forms.
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-sent]')) delete form.dataset['sent']
})

export {}
