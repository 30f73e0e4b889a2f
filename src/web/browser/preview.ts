/** Keeps the progress of a preview moving, and shows what it found as soon as there is something new to read. */

interface BuildUpdate {
  readonly state: string
  readonly run: {
    readonly state: string
    readonly progress: { readonly step: number; readonly steps: number | null; readonly secondsLeft: number | null }
  }
}

interface Update {
  readonly state: string
  readonly build: BuildUpdate
  readonly control: BuildUpdate | null
}

const live = document.querySelector<HTMLElement>('[data-preview]')
if (live) follow(live)

function follow(part: HTMLElement): void {
  const events = new EventSource(part.dataset['preview'] ?? '')
  const known = { build: ended(part, 'build') }
  events.addEventListener('update', (event) => {
    const update = JSON.parse((event as MessageEvent<string>).data) as Update
    show(part, 'build', update.build)
    if (update.control) show(part, 'control', update.control)
    const over = ['finished', 'failed', 'cancelled'].includes(update.state)
    // The answers of the first build can be read while the second goes on.
    if (!over && !(update.build.state === 'finished' && !known.build)) return
    events.close()
    reloadWhenIdle()
  })
}

function ended(part: HTMLElement, name: string): boolean {
  return part.querySelector<HTMLProgressElement>(`[data-build="${name}"] progress`)?.value === 1
}

function show(part: HTMLElement, name: string, { state, run }: BuildUpdate): void {
  const own = part.querySelector<HTMLElement>(`[data-build="${name}"]`)
  const bar = own?.querySelector('progress')
  const [words, left] = [own?.querySelector('[data-words]'), own?.querySelector('[data-left]')]
  if (!own || !bar || !words || !left || state === 'queued') return
  const { step, steps, secondsLeft } = run.progress
  const number = new Intl.NumberFormat(document.documentElement.lang)
  if (['finished', 'failed', 'cancelled'].includes(state)) {
    bar.value = 1
    words.textContent = part.dataset['ended'] ?? ''
    left.textContent = ''
  } else if (run.state === 'finished') {
    bar.value = 0.95
    words.textContent = part.dataset['evaluating'] ?? ''
    left.textContent = ''
  } else if (steps !== null) {
    bar.value = (0.9 * step) / steps
    words.textContent = (part.dataset['step'] ?? '').replace('{step}', number.format(step)).replace('{steps}', number.format(steps))
    left.textContent = secondsLeft === null ? '' : (part.dataset['left'] ?? '').replace('{left}', secondsText(secondsLeft))
  }
}

function secondsText(seconds: number): string {
  const unit = seconds >= 90 ? 'minute' : 'second'
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: 0,
  }).format(unit === 'minute' ? seconds / 60 : seconds)
}

/** Nobody's page moves under their fingers: whoever writes presses the button themselves. */
function reloadWhenIdle(): void {
  const writing = [...document.querySelectorAll<HTMLTextAreaElement>('textarea')].some((it) => it.value !== it.defaultValue)
  if (!writing && !document.querySelector('dialog[open]')) location.reload()
  else document.querySelector<HTMLElement>('[data-reload]')?.classList.add('primary')
}

export {}
