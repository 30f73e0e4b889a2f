/** A run as it happens: the loss curve grows, the figures follow, and when it has ended the page is drawn anew. */

import uPlot from 'uplot'

interface Update {
  readonly run: {
    readonly state: string
    readonly endedAt: string | null
    readonly progress: {
      readonly step: number
      readonly steps: number | null
      readonly loss: number | null
      readonly tokensPerSecond: number | null
      readonly secondsLeft: number | null
    }
  }
  readonly steps: readonly { readonly step: number; readonly loss: number }[]
}

/** Points kept: when there are more, every second one goes. A long run stays a few hundred points. */
const MOST_POINTS = 600

const holder = document.getElementById('run-curve') as HTMLElement
const labels = JSON.parse(holder.dataset['labels'] ?? '{}') as Record<string, string>
const language = document.documentElement.lang
const points = JSON.parse(holder.dataset['points'] ?? '[]') as [number, number][]
let steps = points.map(([step]) => step)
let losses = points.map(([, loss]) => loss)
let plot: uPlot | null = null

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const figures = (value: number, most: number, least = 0): string =>
  new Intl.NumberFormat(language, { minimumFractionDigits: least, maximumFractionDigits: most }).format(value)

function draw(): void {
  if (steps.length < 2) return
  if (plot) {
    plot.setData([steps, losses])
    return
  }
  holder.replaceChildren()
  holder.dir = 'ltr'
  const axis = (label: string): uPlot.Axis => ({
    label,
    labelFont: '13px sans-serif',
    labelSize: 24,
    stroke: () => colour('--soft'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { stroke: () => colour('--line'), width: 1 },
    values: (_, ticks) => ticks.map((tick) => figures(tick, 3)),
  })
  plot = new uPlot(
    {
      width: holder.clientWidth,
      height: 280,
      scales: { x: { time: false }, y: { range: (_, __, most) => [0, most * 1.05] } },
      series: [
        { label: labels['step'] ?? '', value: (_, value) => (value === null ? '–' : figures(value, 0)) },
        {
          label: labels['loss'] ?? '',
          stroke: () => colour('--accent'),
          width: 2,
          points: { show: false },
          value: (_, value) => (value === null ? '–' : figures(value, 4)),
        },
      ],
      axes: [axis(labels['step'] ?? ''), axis(labels['loss'] ?? '')],
      cursor: { drag: { x: false, y: false } },
    },
    [steps, losses],
    holder,
  )
}

function add(more: Update['steps']): void {
  for (const { step, loss } of more) {
    // A run that was interrupted does some steps a second time, with the same numbers.
    if (step <= (steps.at(-1) ?? 0)) continue
    steps.push(step)
    losses.push(loss)
  }
  while (steps.length > MOST_POINTS) {
    const keep = (_: number, i: number): boolean => i % 2 === 0 || i === steps.length - 1
    ;[steps, losses] = [steps.filter(keep), losses.filter(keep)]
  }
}

function say(id: string, text: string): void {
  const place = document.getElementById(id)
  if (place && place.textContent !== text) place.textContent = text
}

function follow({ run, steps: more }: Update): void {
  const { progress, state } = run
  const ended = state === 'finished' || state === 'failed' || (state === 'cancelled' && run.endedAt !== null)
  // The server draws what there is to do next: resume, or measure and release. The same for a start, because what may be done changes.
  if (ended || state !== holder.dataset['state']) {
    source.close()
    location.reload()
    return
  }
  add(more)
  draw()
  const { step, steps: all } = progress
  const bar = document.getElementById('run-progress') as HTMLProgressElement | null
  if (bar && all !== null) [bar.max, bar.value] = [all, step]
  if (all !== null) say('run-step', (labels['stepOf'] ?? '').replace('{step}', figures(step, 0)).replace('{steps}', figures(all, 0)))
  if (progress.loss !== null) say('run-loss', figures(progress.loss, progress.loss < 0.1 ? 4 : 3, 3))
  if (progress.tokensPerSecond !== null) say('run-speed', (labels['speed'] ?? '').replace('{n}', figures(progress.tokensPerSecond, 0)))
  if (state === 'cancelled') say('run-left', labels['stopping'] ?? '')
  else if (progress.secondsLeft !== null) say('run-left', (labels['left'] ?? '').replace('{time}', duration(progress.secondsLeft)))
}

/** As src/web/parts/time.ts says it. */
function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const part = (value: number, unit: string) => new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(value)
  if (hours > 0) return `${part(hours, 'hour')} ${part(minutes, 'minute')}`
  if (minutes > 0) return `${part(minutes, 'minute')} ${part(rest, 'second')}`
  return part(rest, 'second')
}

draw()
for (const link of document.querySelectorAll<HTMLElement>('.without-script')) link.hidden = true
const source = new EventSource(holder.dataset['events'] ?? '')
source.addEventListener('update', (event) => follow(JSON.parse((event as MessageEvent<string>).data) as Update))
// The browser tries again by itself; meanwhile the figures are old, and the page says so.
source.addEventListener('error', () => say('run-left', labels['lost'] ?? ''))
addEventListener('resize', () => plot?.setSize({ width: holder.clientWidth, height: 280 }))
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot?.redraw())
