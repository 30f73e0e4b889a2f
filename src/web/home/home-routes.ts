/** The home page. */

import { Hono } from 'hono'
import { listModels } from '../../domain/models/model-queries.ts'
import type { Database } from '../../storage/database.ts'
import { html, modelPath } from '../markup.ts'
import { show } from '../page.ts'

export function homeRoutes(app: { readonly db: Database }): Hono {
  return new Hono().get('/', async (c) => {
    const models = await listModels(app.db)
    return show(c, {
      title: 'Commonweights',
      json: '/api/models',
      main: html`<ul class="rows">
        ${models.map((model) => html`<li><a href="${modelPath(model)}">${model.owner}/${model.name}</a></li>`)}
      </ul>`,
    })
  })
}
