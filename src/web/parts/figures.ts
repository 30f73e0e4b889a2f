/** Numbers as the visitor's language writes them. */

import type { Locale } from '../messages.ts'

export function count({ tag }: Locale, value: number): string {
  return new Intl.NumberFormat(tag).format(value)
}

/** A share of 0..1 as per cent, one digit behind the point. */
export function percent({ tag }: Locale, share: number): string {
  return new Intl.NumberFormat(tag, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(share)
}

/** A difference with its sign, e.g. "+3.5"; a true minus, not a hyphen. */
export function signed({ tag }: Locale, value: number, digits = 1): string {
  return new Intl.NumberFormat(tag, { signDisplay: 'exceptZero', minimumFractionDigits: digits, maximumFractionDigits: digits })
    .format(value)
    .replace('-', '−')
}

/** Bytes: "9.1 MB". */
export function bytes({ tag }: Locale, value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  let [size, unit] = [value, 0]
  while (size >= 1000 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1]
  return new Intl.NumberFormat(tag, {
    style: 'unit',
    unit: units[unit] as string,
    unitDisplay: 'short',
    maximumFractionDigits: size < 10 && unit > 0 ? 1 : 0,
  }).format(size)
}
