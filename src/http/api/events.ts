/** Server-sent events from an iterable that ends by itself or when the client goes away. */

import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { streamError } from '../errors.ts'
import { plain } from './schemas.ts'

/** A proxy drops a connection that is silent for half a minute. */
const HEARTBEAT_MS = 15_000

export function eventResponse<T>(c: Context, event: string, updates: (signal: AbortSignal) => AsyncIterable<T>): Response {
  const gone = new AbortController()
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => gone.abort(new Error('the client went away')))
    const heartbeat = setInterval(() => void stream.write(': still here\n\n'), HEARTBEAT_MS)
    try {
      for await (const update of updates(gone.signal)) await stream.writeSSE({ event, data: JSON.stringify(plain(update)) })
    } catch (error) {
      if (!gone.signal.aborted) await stream.writeSSE({ event: 'error', data: JSON.stringify(streamError(error)) })
    } finally {
      clearInterval(heartbeat)
    }
  })
}
