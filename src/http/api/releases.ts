/** Releases: published through their gate, read, retracted, downloaded. */

import { createRoute } from '@hono/zod-openapi'
import { stream } from 'hono/streaming'
import { releaseFiles } from '../../domain/releases/export-release.ts'
import { publishRelease } from '../../domain/releases/publish-release.ts'
import { findRelease, listReleases } from '../../domain/releases/release-queries.ts'
import { retractRelease } from '../../domain/releases/retract-release.ts'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import { requireActor } from '../auth.ts'
import { body, failures, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { plain, release } from './schemas.ts'

const releasePath = modelPath.extend({ version: z.string().openapi({ example: '0.1.0', description: 'A version, or "latest".' }) })
const exportPath = releasePath.extend({ format: z.enum(['peft', 'gguf', 'gguf-merged']) })

export function releaseRoutes(app: { readonly db: Database; readonly blobs: Blobs; readonly jobs: Pick<Jobs, 'enqueue'> }) {
  return router()
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/releases',
        summary: 'Publish a run once its gate holds',
        request: { params: modelPath, body: body(z.strictObject({ version: z.string(), run: z.int().optional() })) },
        responses: { 200: json(release, 'The release.'), ...failures },
      }),
      async (c) => {
        const { version, run } = c.req.valid('json')
        return c.json(
          plain(
            await publishRelease(app, requireActor(c), modelOf(c.req.valid('param')), version, run === undefined ? {} : { run }),
          ) as never,
          200,
        )
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/releases',
        summary: 'Releases, newest first, retracted ones included',
        request: { params: modelPath, query: page },
        responses: { 200: json(z.array(release), 'Releases.'), ...failures },
      }),
      async (c) => c.json(plain(await listReleases(app.db, modelOf(c.req.valid('param')), pageOf(c.req.valid('query')))) as never, 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/releases/{version}',
        summary: 'One release',
        request: { params: releasePath },
        responses: { 200: json(release, 'The release.'), ...failures },
      }),
      async (c) => c.json(plain(await findRelease(app.db, modelOf(c.req.valid('param')), c.req.valid('param').version)) as never, 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/releases/{version}/retract',
        summary: 'Take a release back; it stays on record with the reason',
        request: { params: releasePath, body: body(z.strictObject({ reason: z.string() })) },
        responses: { 200: json(release, 'The release.'), ...failures },
      }),
      async (c) => {
        const { version, ...model } = c.req.valid('param')
        return c.json(plain(await retractRelease(app, requireActor(c), modelOf(model), version, c.req.valid('json').reason)) as never, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/releases/{version}/export/{format}',
        summary: 'The files of a release in one of the formats other tools read',
        request: { params: exportPath },
        responses: {
          200: json(
            z.object({ files: z.array(z.object({ path: z.string(), digest: z.string(), size: z.int() })) }),
            'Each can be fetched below this address by its path.',
          ),
          ...failures,
        },
      }),
      async (c) => {
        const { version, format, ...model } = c.req.valid('param')
        const files = await releaseFiles(app, modelOf(model), version, format)
        return c.json({ files: files.map(({ path, digest, size }) => ({ path, digest, size })) }, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/releases/{version}/export/{format}/{path}',
        summary: 'One of those files',
        request: { params: exportPath.extend({ path: z.string() }) },
        responses: {
          200: { content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } }, description: 'Its bytes.' },
          ...failures,
        },
      }),
      async (c) => {
        const { version, format, path, ...model } = c.req.valid('param')
        const files = await releaseFiles(app, modelOf(model), version, format)
        const file = files.find((it) => it.path === path)
        if (!file)
          throw new AppError(
            'not-found',
            `The ${format} files of ${modelOf(model)}@${version} have no ${path}; they are ${files.map((it) => it.path).join(', ')}.`,
          )
        c.header('content-type', 'application/octet-stream')
        c.header('content-length', String(file.size))
        return stream(c, async (out) => {
          for await (const bytes of app.blobs.read(file.digest)) await out.write(bytes)
        })
      },
    )
}
