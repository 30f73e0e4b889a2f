/** "Start from what it said", without loading the page again. */

const link = document.querySelector<HTMLAnchorElement>('#start-from')
const field = document.querySelector<HTMLTextAreaElement>('#better')

link?.addEventListener('click', (event) => {
  if (!field) return
  event.preventDefault()
  field.value = link.dataset['text'] ?? ''
  field.dispatchEvent(new Event('input', { bubbles: true }))
  field.focus()
})

export {}
