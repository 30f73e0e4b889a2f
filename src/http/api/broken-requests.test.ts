/** Every route of the API, as its own description lists them, asked for what is not there and sent what cannot be read. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runningApp } from '../testing.ts'

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** What stands in an address where nothing is of that name. */
const unknown: Readonly<Record<string, string>> = { owner: 'nobody', name: 'nothing', digest: `sha256:${'0'.repeat(64)}` }

test('a broken request gets a sentence and a code, whatever route it is for, and never a bug', async (t) => {
  const { app, url } = await runningApp(t)
  const ask = (path: string, init: RequestInit) =>
    fetch(`${url}/api${path}`, { ...init, headers: { authorization: `Bearer ${app.operatorKey}`, ...init.headers } })
  const { paths } = (await (await ask('/openapi.json', {})).json()) as Described
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
  )
  assert.ok(routes.length > 100, String(routes.length))
  const addressOf = (path: string, fill: (name: string) => string) =>
    path.replace(/^\/api/, '').replaceAll(/\{(\w+)[^}]*\}/g, (_, name: string) => encodeURIComponent(fill(name)))
  const sound = async (what: string, response: Response) => {
    if (response.ok) return response.body?.cancel()
    const text = await response.text()
    assert.ok(response.status < 500, `${what}: ${response.status} ${text}`)
    const { error } = JSON.parse(text) as { error: { message: unknown; code: unknown } }
    assert.ok(typeof error.message === 'string' && error.message.length > 10 && typeof error.code === 'string', `${what}: ${text}`)
    return
  }
  for (const [method, path] of routes) {
    const writes = method !== 'GET' && method !== 'DELETE'
    const json = { 'content-type': 'application/json' }
    const named = addressOf(path, (name) => unknown[name] ?? '999999')
    await sound(`${method} ${named}`, await ask(named, { method, ...(writes && { headers: json, body: '{}' }) }))
    const odd = addressOf(path, () => '\u0000’or 1=1')
    await sound(`${method} ${odd}`, await ask(odd, { method, ...(writes && { headers: json, body: '{}' }) }))
    if (!writes) continue
    for (const body of ['{"broken', '[]', 'null', `{"text":"${'x'.repeat(100)}","surprise":true}`])
      await sound(`${method} ${named} with ${body.slice(0, 20)}`, await ask(named, { method, headers: json, body }))
  }
})
