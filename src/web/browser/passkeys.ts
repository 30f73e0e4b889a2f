/** Passkeys: signs in with one, and makes one. Where the browser cannot, the page says nothing of them. */

import { browserSupportsWebAuthn, startAuthentication, startRegistration, WebAuthnError } from '@simplewebauthn/browser'

interface Begun {
  readonly ceremony: string
  readonly options: never
}

for (const part of document.querySelectorAll<HTMLElement>('[data-passkey]')) {
  const button = part.querySelector('button')
  const status = part.querySelector<HTMLElement>('[role=status]')
  if (!button || !status || !browserSupportsWebAuthn()) continue
  part.hidden = false
  const kind = part.dataset['passkey']
  button.addEventListener('click', () => {
    button.disabled = true
    status.textContent = ''
    const done = kind === 'sign-in' ? signIn(part.dataset['back'] ?? '/') : add()
    done
      .catch((error: unknown) => {
        status.textContent = sayable(error) ?? part.dataset['failed'] ?? ''
      })
      .finally(() => (button.disabled = false))
  })
}

async function signIn(back: string): Promise<void> {
  const { ceremony, options } = await post<Begun>('/api/sign-in/passkey/begin', {})
  const response = await startAuthentication({ optionsJSON: options })
  await post('/api/sign-in/passkey', { ceremony, response })
  location.assign(back)
}

async function add(): Promise<void> {
  const { ceremony, options } = await post<Begun>('/api/me/passkeys/begin', {})
  const response = await startRegistration({ optionsJSON: options })
  await post('/api/me/passkeys', { ceremony, response })
  location.reload()
}

class Refused extends Error {}

async function post<T>(path: string, body: unknown): Promise<T> {
  const response = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const answer = (await response.json()) as T & { error?: { message?: string } }
  if (!response.ok) throw new Refused(answer.error?.message ?? '')
  return answer
}

/** The server's own sentence; for what the browser or the authenticator ended, the page has one. */
function sayable(error: unknown): string | null {
  if (error instanceof Refused) return error.message
  if (error instanceof WebAuthnError || error instanceof DOMException) return null
  throw error
}
