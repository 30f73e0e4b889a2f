/** The source of the program that runs this server: whoever doubts what trained, measured or graded a model can read it. */

import { Hono } from 'hono'
import { AppError } from '../../errors.ts'
import { html, joined, type Html } from '../markup.ts'
import { show, type Page } from '../page.ts'
import type { Visit } from '../visit.ts'
import { programFile, programFolder } from './program-files.ts'

export function sourceRoutes(app: { readonly version: string }): Hono {
  return new Hono()
    .get('/source', (c) => show(c, sourcePage(c.get('visit'), app.version, '', programFolder('') ?? [])))
    .get('/source/:path{.+}', (c) => {
      const path = decodeURIComponent(c.req.path.slice('/source/'.length))
      const folder = programFolder(path)
      if (folder) return show(c, sourcePage(c.get('visit'), app.version, path, folder))
      const text = programFile(path)
      if (text === null)
        throw new AppError('not-found', `There is no file ${path.slice(0, 200)} in this program; /source lists those there are.`)
      // Plain text whatever it is: nothing of it is run.
      return c.body(text, 200, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
    })
}

export function sourcePage({ t }: Visit, version: string, path: string, names: readonly string[]): Page {
  const parts = path.split('/').filter(Boolean)
  const steps = [
    link('/source', 'commonweights'),
    ...parts.map((part, i) => (i === parts.length - 1 ? html`<span aria-current="page">${part}</span>` : link(`/source/${parts.slice(0, i + 1).join('/')}/`, part))), // prettier-ignore
  ]
  return {
    title: t('openness.sourceTitle'),
    width: 'text',
    main: html`<p class="lead">${t('openness.sourceWhat', { version })}</p>
      <nav aria-label="${t('openness.sourcePath')}" dir="ltr">
        <p>${joined(steps, ' / ')}</p>
      </nav>
      <ul class="source-files" dir="ltr">
        ${names.map((name) => html`<li>${link(`/source/${path}${name}`, name)}</li>`)}
      </ul>`,
  }
}

const link = (address: string, text: string): Html => html`<a href="${address}"><code>${text}</code></a>`
