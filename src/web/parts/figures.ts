/** Numbers as the visitor's language writes them. */

import type { Locale } from '../messages.ts'

const formats = new Map<string, Intl.NumberFormat>()

/** Made once for each language and way of writing: making one takes longer than writing a thousand numbers with it. */
export function numberFormat({ tag }: Locale, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  const key = `${tag} ${JSON.stringify(options)}`
  const known = formats.get(key) ?? new Intl.NumberFormat(tag, options)
  formats.set(key, known)
  return known
}

export function count(locale: Locale, value: number): string {
  return numberFormat(locale).format(value)
}

/** A share of 0..1 as per cent, one digit behind the point. */
export function percent(locale: Locale, share: number): string {
  return numberFormat(locale, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(share)
}

/** A difference with its sign, e.g. "+3.5"; a true minus, not a hyphen. */
export function signed(locale: Locale, value: number, digits = 1): string {
  return numberFormat(locale, { signDisplay: 'exceptZero', minimumFractionDigits: digits, maximumFractionDigits: digits })
    .format(value)
    .replace('-', '−')
}

/** Bytes: "9.1 MB". */
export function bytes(locale: Locale, value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  let [size, unit] = [value, 0]
  while (size >= 1000 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1]
  return numberFormat(locale, {
    style: 'unit',
    unit: units[unit] as string,
    unitDisplay: 'short',
    maximumFractionDigits: size < 10 && unit > 0 ? 1 : 0,
  }).format(size)
}
