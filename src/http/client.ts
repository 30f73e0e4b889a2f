/** Our API from the other side: what the CLI talks through, to a server on a port or to one in its own process. */

import { AppError, type ErrorCode, type ErrorDetail } from '../errors.ts'

/** A server on a port, or a handler in this process; both answer requests. */
export type Fetch = (request: Request) => Response | Promise<Response>

export interface ServerEvent {
  readonly event: string
  readonly data: unknown
}

export type Query = Record<string, string | number | boolean | null | undefined>

const CODES: readonly ErrorCode[] = ['invalid', 'unauthenticated', 'forbidden', 'not-found', 'conflict', 'unavailable']

export class Client {
  readonly #fetch: Fetch
  readonly #origin: string
  readonly #key: string | null

  /** @param key a person's token or the operator's key; null asks as nobody */
  constructor(fetch: Fetch, origin: string, key: string | null) {
    this.#fetch = fetch
    this.#origin = origin
    this.#key = key
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.#json<T>(this.#request('GET', path, query, null))
  }

  post<T>(path: string, body: unknown = {}, options: { query?: Query; signal?: AbortSignal } = {}): Promise<T> {
    return this.#json<T>(this.#request('POST', path, options.query ?? {}, JSON.stringify(body), 'application/json', options.signal))
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.#json<T>(this.#request('PUT', path, {}, JSON.stringify(body), 'application/json'))
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.#json<T>(this.#request('PATCH', path, {}, JSON.stringify(body), 'application/json'))
  }

  delete<T>(path: string): Promise<T> {
    return this.#json<T>(this.#request('DELETE', path, {}, null))
  }

  /** Sends a file as the body, as it is read. */
  upload<T>(path: string, query: Query, file: ReadableStream<Uint8Array>, type: string): Promise<T> {
    return this.#json<T>(this.#request('POST', path, query, file, type))
  }

  /** The body of an answer, as it comes. */
  async download(path: string, query: Query = {}): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send(this.#request('GET', path, query, null))
    return response.body ?? new Blob([]).stream()
  }

  /** Server-sent events until the stream ends. Aborting the signal ends it with the signal's reason. */
  async *events(path: string, options: { method?: 'GET' | 'POST'; body?: unknown; signal?: AbortSignal } = {}): AsyncIterable<ServerEvent> {
    const body = options.body === undefined ? null : JSON.stringify(options.body)
    const request = this.#request(options.method ?? 'GET', path, {}, body, 'application/json', options.signal)
    const response = await this.#send(request)
    let rest = ''
    for await (const text of (response.body ?? new Blob([]).stream()).pipeThrough(new TextDecoderStream())) {
      options.signal?.throwIfAborted()
      rest += text
      const blocks = rest.split('\n\n')
      rest = blocks.pop() as string
      for (const block of blocks) {
        const event = parseEvent(block)
        if (event?.event === 'error') throw eventError(event.data)
        if (event) yield event
      }
    }
  }

  #request(method: string, path: string, query: Query, body: RequestInit['body'], type?: string, signal?: AbortSignal): Request {
    const url = new URL(path, this.#origin)
    for (const [name, value] of Object.entries(query)) if (value != null) url.searchParams.set(name, String(value))
    const headers = new Headers()
    if (this.#key !== null) headers.set('authorization', `Bearer ${this.#key}`)
    if (body !== null && type !== undefined) headers.set('content-type', type)
    return new Request(url, { method, headers, body: body ?? null, duplex: 'half', ...(signal && { signal }) })
  }

  async #send(request: Request): Promise<Response> {
    const response = await Promise.resolve(this.#fetch(request)).catch((cause: unknown) => {
      if (request.signal.aborted) throw request.signal.reason
      throw new AppError('unavailable', `The server at ${this.#origin} does not answer; start it with "commonweights serve".`, { cause })
    })
    if (response.ok) return response
    throw await errorOf(response)
  }

  async #json<T>(request: Request): Promise<T> {
    return (await (await this.#send(request)).json()) as T
  }
}

function parseEvent(block: string): ServerEvent | null {
  let event = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) event = line.slice(6).trim()
    else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
  }
  if (data.length === 0) return null
  const text = data.join('\n')
  return { event, data: text === '[DONE]' ? null : JSON.parse(text) }
}

interface FailureBody {
  readonly error?: { readonly message?: string; readonly code?: string; readonly details?: readonly ErrorDetail[] }
}

/** What went wrong after the stream had begun. */
function eventError(data: unknown): AppError {
  const { error } = data as FailureBody
  return new AppError(
    CODES.find((it) => it === error?.code) ?? 'unavailable',
    error?.message ?? 'The server ended the stream without saying why.',
  )
}

async function errorOf(response: Response): Promise<AppError> {
  const body = (await response.json().catch(() => null)) as FailureBody | null
  const code = CODES.find((it) => it === body?.error?.code) ?? 'unavailable'
  const sentence = body?.error?.message ?? `The server answered ${response.status} without saying why.`
  return new AppError(code, sentence, { details: body?.error?.details ?? [] })
}
