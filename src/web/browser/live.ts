/** A part of a page that the server knows more about than it did: told that something changed, the page is read again and that part is put in its place. */

/** Reads follow each other at most this closely: milliseconds. */
const PACE = 700
/** Before a connection that ended is tried again. */
const PATIENCE = 3_000

let source: EventSource | null = null
let reading: Promise<void> | null = null
let again = false

function follow(): void {
  const address = document.getElementById('live')?.dataset['live']
  source?.close()
  for (const link of document.querySelectorAll<HTMLElement>('.without-script')) link.hidden = true
  if (address === undefined) return
  source = new EventSource(address)
  let first = true
  source.addEventListener('update', () => {
    // The first says how things are now: the page has just been made from that.
    if (!first) void read()
    first = false
  })
  // The stream ends when nothing more happens by itself: what came of it is on the page.
  source.addEventListener('error', () => {
    source?.close()
    void read().then(() => setTimeout(follow, PATIENCE))
  })
}

/** One read at a time; what changed meanwhile is read after it. */
async function read(): Promise<void> {
  again = true
  reading ??= (async () => {
    while (again) {
      again = false
      await new Promise((resolve) => setTimeout(resolve, PACE))
      await replace()
    }
    reading = null
  })()
  return reading
}

async function replace(): Promise<void> {
  const answer = await fetch(location.href).catch(() => null)
  const [here, text] = [document.getElementById('live'), answer?.ok ? await answer.text() : null]
  if (!here || text === null) return
  const fresh = new DOMParser().parseFromString(text, 'text/html').getElementById('live')
  if (!fresh || fresh.dataset['live'] === undefined) {
    // It is over, and what may be done next stands outside of this part.
    location.reload()
    return
  }
  here.replaceChildren(...fresh.childNodes)
  if (fresh.dataset['live'] !== here.dataset['live']) {
    here.dataset['live'] = fresh.dataset['live']
    follow()
  }
}

follow()

export {}
