/** What the HTTP tests share: the whole app on a port, with the bundled base, in a folder that goes away. */

import { openApp, type App } from '../app.ts'
import { loadConfig } from '../config.ts'
import { addBase } from '../domain/models/add-base.ts'
import { operator } from '../domain/people/actor.ts'
import { temporaryHome, type Lifetime } from '../storage/testing.ts'
import { Client } from './client.ts'

export interface RunningApp {
  readonly app: App
  readonly url: string
  readonly operator: Client
  /** A client that acts as a person of that role, made for the test. */
  person(name: string, role: string): Promise<Client>
}

export const bundledFolder = new URL('../../examples/base/model/', import.meta.url).pathname

export async function runningApp(lifetime: Lifetime): Promise<RunningApp> {
  const home = await temporaryHome(lifetime)
  const app = await openApp(loadConfig({ home, port: 0 }, { COMMONWEIGHTS_LOG: 'error' }))
  const listening = await app.listen()
  await app.start()
  lifetime.after(async () => {
    await listening.close(1)
    await app.close()
  })
  await addBase(app, operator, { from: { folder: bundledFolder }, name: 'bundled', licence: 'Apache-2.0' })
  const asOperator = new Client(fetch, listening.url, app.operatorKey)
  return {
    app,
    url: listening.url,
    operator: asOperator,
    async person(name, role) {
      const { token } = await asOperator.post<{ token: string }>('/api/people', { name, role })
      return new Client(fetch, listening.url, token)
    },
  }
}
