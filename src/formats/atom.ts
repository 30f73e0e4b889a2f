/** Writes Atom 1.0 feeds (RFC 4287) with tag: URIs (RFC 4151) as ids. Pure: the same feed is the same text. */

import { FormatError } from './format-error.ts'

export interface AtomFeed {
  /** Stays the same for ever, wherever the feed is read from: see `tagUri`. */
  readonly id: string
  readonly title: string
  readonly subtitle?: string | undefined
  /** Where this feed is. */
  readonly self: string
  /** What it is a feed of, for a browser. */
  readonly alternate: string
  readonly author: string
  /** When nothing has happened yet; otherwise the newest entry says it. */
  readonly since: Date
  readonly entries: readonly AtomEntry[]
}

export interface AtomEntry {
  readonly id: string
  readonly title: string
  readonly link: string
  readonly author: string
  readonly published: Date
  readonly updated: Date
  /** What kind of entry it is, for those who filter. */
  readonly category: string
  /** Plain text. */
  readonly content: string
}

export const atomType = 'application/atom+xml; charset=utf-8'

export function writeAtom(feed: AtomFeed): string {
  const updated = feed.entries.reduce((newest, entry) => (entry.updated > newest ? entry.updated : newest), feed.since)
  const lines = [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `  <id>${escapeXml(feed.id)}</id>`,
    `  <title>${escapeXml(feed.title)}</title>`,
    ...(feed.subtitle === undefined ? [] : [`  <subtitle>${escapeXml(feed.subtitle)}</subtitle>`]),
    `  <updated>${updated.toISOString()}</updated>`,
    `  <author><name>${escapeXml(feed.author)}</name></author>`,
    `  <link rel="self" type="application/atom+xml" href="${escapeXml(feed.self)}"/>`,
    `  <link rel="alternate" href="${escapeXml(feed.alternate)}"/>`,
    `  <generator>Commonweights</generator>`,
    ...feed.entries.flatMap(entryLines),
    '</feed>',
  ]
  return `${lines.join('\n')}\n`
}

function entryLines(entry: AtomEntry): string[] {
  return [
    '  <entry>',
    `    <id>${escapeXml(entry.id)}</id>`,
    `    <title>${escapeXml(entry.title)}</title>`,
    `    <published>${entry.published.toISOString()}</published>`,
    `    <updated>${entry.updated.toISOString()}</updated>`,
    `    <author><name>${escapeXml(entry.author)}</name></author>`,
    `    <category term="${escapeXml(entry.category)}"/>`,
    `    <link rel="alternate" href="${escapeXml(entry.link)}"/>`,
    `    <content type="text">${escapeXml(entry.content)}</content>`,
    '  </entry>',
  ]
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '\r': '&#13;' }

/** Everything XML 1.0 cannot hold (control characters, halves of surrogate pairs, U+FFFE and U+FFFF) becomes U+FFFD; the rest is what it was. */
export function escapeXml(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- these are the characters looked for
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Cs}]/gu, '\ufffd')
      // A parser reads a bare carriage return as a line feed, so it is written as a reference too.
      .replace(/[&<>"'\r]/g, (character) => entities[character] as string)
  )
}

/**
 * A name that nobody else gives, and that stays when addresses change: tag:example.org,2031-03-05:contributions/12.
 * @param host the name the server is known by; one that RFC 4151 does not admit (an IPv6 address) becomes "localhost"
 * @param date the day the thing came into being
 */
export function tagUri(host: string, date: Date, specific: string): string {
  const authority = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(host) ? host.toLowerCase() : 'localhost'
  if (Number.isNaN(date.getTime())) throw new FormatError('A tag needs a day, and this date is none.')
  return `tag:${authority},${date.toISOString().slice(0, 10)}:${encodeURI(specific).replace(/[#[\]]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)}`
}
