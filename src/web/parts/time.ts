/** When something happened: "3 hours ago", with the exact time for machines and on hover. */

import { html, type Html } from '../markup.ts'
import type { Locale } from '../messages.ts'

const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

export function ago({ tag }: Locale, at: Date, now = new Date()): Html {
  return html`<time datetime="${at.toISOString()}" title="${at.toISOString().slice(0, 16).replace('T', ' ')} UTC"
    >${agoText(tag, at, now)}</time
  >`
}

export function agoText(tag: string, at: Date, now = new Date()): string {
  const seconds = (at.getTime() - now.getTime()) / 1000
  const words = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' })
  for (const [unit, size] of units) if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit)
  return words.format(0, 'second')
}

/** The day, e.g. "3 March 2031". */
export function day({ tag }: Locale, at: Date): Html {
  const text = at.toLocaleDateString(tag, { dateStyle: 'long', timeZone: 'UTC' })
  return html`<time datetime="${at.toISOString()}">${text}</time>`
}

/** A duration for people: "2 min 5 s", in the page's language. */
export function duration({ tag }: Locale, seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const part = (value: number, unit: string) => new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'short' }).format(value)
  if (hours > 0) return `${part(hours, 'hour')} ${part(minutes, 'minute')}`
  if (minutes > 0) return `${part(minutes, 'minute')} ${part(rest, 'second')}`
  return part(rest, 'second')
}
