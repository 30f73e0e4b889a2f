/** Follows a forecast while it is made; when it has ended, the page is loaded anew with what came out. */

interface Update {
  readonly state: string
  readonly progress: {
    readonly done: number
    readonly of: number
    readonly fraction: string | null
    readonly step: number | null
    readonly steps: number | null
  }
}

const holder = document.querySelector<HTMLElement>('#forecast')
if (holder) follow(new EventSource(holder.dataset['events'] ?? ''))

function follow(source: EventSource): void {
  source.addEventListener('update', (event) => {
    const { state, progress } = JSON.parse((event as MessageEvent<string>).data) as Update
    if (state !== 'queued' && state !== 'running') {
      source.close()
      location.reload()
      return
    }
    const { done, of, step, steps, fraction } = progress
    const bar = document.querySelector<HTMLProgressElement>('#forecast-progress')
    if (bar) bar.value = done + (steps ? (step ?? 0) / steps : 0)
    const words = document.querySelector<HTMLElement>('#forecast-done')
    if (words) words.textContent = (words.dataset['text'] ?? '').replace('{done}', String(done)).replace('{of}', String(of))
    const part = document.querySelector('#forecast-fraction')
    if (part) part.textContent = fraction
    // What was left when the page was loaded is no longer true.
    document.querySelector('#forecast-left')?.remove()
  })
}
