/** A page: what its author says of it, and the document around that. */

import type { Context } from 'hono'
import { hasRole } from '../domain/people/actor.ts'
import type { AppError } from '../errors.ts'
import { seeOther, statusOf } from '../http/errors.ts'
import { assetPath } from './assets.ts'
import { communityHead, type Section } from './community-head.ts'
import { locales } from './messages.ts'
import { address, html, type Content, type Html } from './markup.ts'
import { told } from './said/told.ts'
import type { Visit } from './visit.ts'

export interface Page {
  /** In the visitor's language, plain text: the browser's title and, unless `heading` says otherwise, the h1. */
  readonly title: string
  /** Where the h1 is more than the title, e.g. with a badge. `null`: the page has an h1 of its own in `main`. */
  readonly heading?: Content
  readonly main: Html
  /** Puts the community's name and tabs above, with this section lit. */
  readonly community?: { readonly model: { readonly owner: string; readonly name: string }; readonly section: Section }
  /** Where the API has this page's data, e.g. `/api/contributions/7`. */
  readonly json?: string
  /** Its Atom feed, e.g. `/feeds/marathi/saathi.atom`. */
  readonly feed?: string
  /** Browser modules of src/web/browser, by name without `.ts`: the page must work without them. */
  readonly modules?: readonly string[]
  /** Stylesheets besides our own, by asset name. */
  readonly styles?: readonly string[]
  /** One column of text for reading, or the full width for tables and graphs. */
  readonly width?: 'text' | 'wide'
  /** The form on the page was refused: the sentence stands above it, and the status says so. What was typed must be in `main` again. */
  readonly refused?: AppError | null
}

/** Answers with the page. */
export function show(c: Context, page: Page): Response | Promise<Response> {
  const body = document(c.get('visit'), page)
  // Pages differ by who looks and in which language: no shared cache may keep them.
  c.header('cache-control', 'private, no-cache')
  return page.refused ? c.html(body, statusOf(page.refused.code)) : c.html(body)
}

/** After a form that worked: on to a page, so that reloading sends nothing twice. */
export function goOn(c: Context, path: string): Response {
  return c.redirect(path, seeOther)
}

export function document(visit: Visit, page: Page): Html {
  const { t, locale, theme } = visit
  const heading = page.heading === undefined ? page.title : page.heading
  return html`<!doctype html>
    <html lang="${locale.tag}" dir="${locale.direction}" data-theme="${theme}">
      <head>
        <meta charset="utf-8" />
        <title>${page.title === 'Commonweights' ? 'Commonweights' : `${page.title} · Commonweights`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="${theme === 'auto' ? 'light dark' : theme}" />
        <link rel="icon" href="${assetPath('icon.svg')}" type="image/svg+xml" />
        <link rel="stylesheet" href="${assetPath('fonts.css')}" />
        <link rel="stylesheet" href="${assetPath('style.css')}" />
        ${(page.styles ?? []).map((name) => html`<link rel="stylesheet" href="${assetPath(name)}" />`)}
        ${page.json && html`<link rel="alternate" type="application/json" href="${page.json}" />`}
        ${page.feed && html`<link rel="alternate" type="application/atom+xml" href="${page.feed}" title="${page.title}" />`}
        ${['common', ...(page.modules ?? [])].map(
          (name) => html`<script type="module" src="${assetPath(`browser/${name}.ts`)}"></script> `,
        )}
      </head>
      <body>
        <a class="skip" href="#main">${t('common.skip')}</a>
        ${siteHead(visit)} ${page.community && communityHead(visit, page.community)}
        <main id="main" class="${page.width ?? 'wide'}" tabindex="-1">
          ${heading !== null && html`<h1>${heading}</h1>`} ${visit.said && html`<p class="said" role="status">${visit.said}</p>`}
          ${page.refused && refusal(visit, page.refused)} ${page.main}
        </main>
        ${siteFoot(visit, page)}
      </body>
    </html>`
}

function siteHead({ t, actor, url, unread }: Visit): Html {
  const here = (path: string) => (url.pathname === path ? html` aria-current="page"` : '')
  const back = address('/sign-in', { back: `${url.pathname}${url.search}` })
  return html`<header class="site">
    <nav aria-label="${t('common.site')}">
      <a class="brand" href="/" ${here('/')}><img src="${assetPath('icon.svg')}" alt="" width="28" height="28" />Commonweights</a>
      <ul>
        <li><a href="/models" ${here('/models')}>${t('common.communities')}</a></li>
        <li><a href="/changes" ${here('/changes')}>${t('common.recentChanges')}</a></li>
        ${
          actor === null
            ? html`<li class="end"><a href="${back}">${t('common.signIn')}</a></li>`
            : html`<li class="end">
                  <a href="/notifications" ${here('/notifications')}
                    >${t('common.notifications')}${unread > 0 && html` <span class="count">${unread > 99 ? '99+' : unread}</span>`}</a
                  >
                </li>
                ${
                  actor.kind === 'person'
                    ? html`<li>
                        <a href="/people/${encodeURIComponent(actor.name)}"><bdi>${actor.name}</bdi></a>
                      </li>`
                    : html`<li><a href="/operator" ${here('/operator')}>${t('common.operator')}</a></li>`
                }`
        }
      </ul>
    </nav>
  </header>`
}

function siteFoot({ t, locale, theme, url, actor }: Visit, page: Page): Html {
  const back = `${url.pathname}${url.search}`
  return html`<footer class="site">
    <nav aria-label="${t('common.languages')}">
      <ul class="inline">
        ${locales.map(
          ({ tag, name }) =>
            html`<li>
              <a
                href="${address('/language', { to: tag, back })}"
                lang="${tag}"
                hreflang="${tag}"
                ${tag === locale.tag && html` aria-current="true"`}
                >${name}</a
              >
            </li>`,
        )}
      </ul>
    </nav>
    <nav aria-label="${t('common.theme')}">
      <ul class="inline">
        ${(['auto', 'light', 'dark'] as const).map(
          (it) =>
            html`<li>
              <a href="${address('/theme', { to: it, back })}" ${it === theme && html` aria-current="true"`}>${t(`common.theme_${it}`)}</a>
            </li>`,
        )}
      </ul>
    </nav>
    <ul class="inline">
      ${page.json && html`<li><a href="${page.json}">${t('common.asJson')}</a></li>`}
      ${page.feed && html`<li><a href="${page.feed}">${t('common.asFeed')}</a></li>`}
      ${
        actor !== null &&
        hasRole(actor, 'maintainer') &&
        html`<li><a href="/operator">${t('common.operator')}</a></li>
          <li><a href="/people">${t('common.people')}</a></li>`
      }
      <li><a href="/api/openapi.json">${t('common.api')}</a></li>
      <li><a href="/about">${t('common.about')}</a></li>
    </ul>
  </footer>`
}

function refusal({ t }: Visit, error: AppError): Html {
  return html`<div class="refusal" role="alert">
    <p><strong>${t('common.refused')}</strong> ${told(t, error.message)}</p>
    ${
      error.details.length > 0 &&
      html`<ul>
        ${error.details.map((detail) => html`<li>${detail.row ? html`${detail.row}: ` : ''}${told(t, detail.sentence)}</li>`)}
      </ul>`
    }
  </div>`
}
