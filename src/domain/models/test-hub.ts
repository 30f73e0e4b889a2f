/** A Hugging Face Hub as its clients see it, over real HTTP, serving one folder. For tests. */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Lifetime } from '../../storage/testing.ts'

export const hubCommit = '5f4d5c1e0b7a5b1f0d9c8e7a6b5c4d3e2f1a0b9c'

export interface TestHub {
  readonly endpoint: string
  /** Paths asked for. */
  readonly asked: string[]
}

/** `lie` puts other bytes in place of a file's when it is downloaded; what is listed stays true. */
export async function startHub(
  lifetime: Lifetime,
  name: string,
  folder: string,
  lie: Readonly<Record<string, Uint8Array>> = {},
): Promise<TestHub> {
  const asked: string[] = []
  const files = new Map(readdirSync(folder).map((path) => [path, readFileSync(join(folder, path))]))
  const entry = (path: string, bytes: Uint8Array) => {
    const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
    const large = path.endsWith('.safetensors')
    const lfs = large ? { lfs: { oid: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, pointerSize: 130 } } : {}
    return { type: 'file', path, size: bytes.length, oid, ...lfs }
  }
  const notFound = (response: ServerResponse, code: string) => {
    response.writeHead(404, { 'x-error-code': code, 'content-type': 'application/json' }).end(JSON.stringify({ error: code }))
  }
  const json = (response: ServerResponse, value: unknown) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://hub').pathname
    asked.push(path)
    if (path === `/api/models/${name}` || path.startsWith(`/api/models/${name}/revision/`))
      return json(response, {
        ...{
          id: name,
          _id: '1',
          sha: hubCommit,
          author: name.split('/')[0],
          private: false,
          gated: false,
          disabled: false,
          downloads: 0,
          likes: 0,
        },
        ...{ tags: [], lastModified: '2026-01-01T00:00:00.000Z', siblings: [...files.keys()].map((rfilename) => ({ rfilename })) },
      })
    if (path.startsWith(`/api/models/${name}/tree/${hubCommit}`))
      return json(
        response,
        [...files].map(([path, bytes]) => entry(path, bytes)),
      )
    const file = new RegExp(`^/${name}/resolve/${hubCommit}/(.+)$`).exec(path)?.[1]
    if (file === undefined) return notFound(response, 'RepoNotFound')
    const bytes = lie[file] ?? files.get(file)
    if (!bytes) return notFound(response, 'EntryNotFound')
    const listed = entry(file, files.get(file) as Uint8Array)
    const headers = { 'x-repo-commit': hubCommit, etag: `"${listed.lfs?.oid ?? listed.oid}"`, 'accept-ranges': 'bytes' }
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    if (range === null)
      return void response.writeHead(200, { ...headers, 'content-length': bytes.length }).end(request.method === 'HEAD' ? undefined : bytes)
    const start = Number(range[1])
    const end = Math.min(range[2] ? Number(range[2]) : bytes.length - 1, bytes.length - 1)
    response
      .writeHead(206, { ...headers, 'content-range': `bytes ${start}-${end}/${bytes.length}`, 'content-length': end - start + 1 })
      .end(bytes.subarray(start, end + 1))
  })
  await new Promise<void>((started) => server.listen(0, '127.0.0.1', started))
  lifetime.after(
    () =>
      new Promise<void>((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  )
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}
