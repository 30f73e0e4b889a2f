/** HTML as tagged templates: everything inserted is escaped unless it is markup itself. */

import { html } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'

export { html } from 'hono/html'

/** What `html` makes. Only markup counts as markup: a string put into a template is text, whoever wrote it. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** Whatever may stand in a template. */
export type Content = Html | string | number | false | null | undefined | readonly Content[]

export const nothing: Html = html``

/** `items` with `separator` between them. */
export function joined(items: readonly Content[], separator: Content): Content[] {
  return items.flatMap((item, i) => (i === 0 ? [item] : [separator, item]))
}

/** An address with its query: what is null, undefined or '' is left out. */
export function address(path: string, query: Record<string, string | number | null | undefined> = {}): string {
  const said = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== null && value !== undefined && value !== '') said.set(key, String(value))
  return said.size ? `${path}?${said.toString()}` : path
}

/** The address of a community's page: `/models/owner/name` and what comes after. Names may be of any script. */
export function modelPath(model: { readonly owner: string; readonly name: string } | string, rest = ''): string {
  const [owner, name] = typeof model === 'string' ? model.split('/') : [model.owner, model.name]
  return `/models/${encodeURIComponent(owner ?? '')}/${encodeURIComponent(name ?? '')}${rest}`
}
