/** How much a request may bring, and why. */

import type { Context, MiddlewareHandler } from 'hono'
import { AppError } from '../errors.ts'
import { tooLarge } from './errors.ts'

export const httpLimits = {
  /** A JSON body holds one form or one conversation; the longest context anyone serves here is far below. */
  json: 4 * 1024 * 1024,
  /** An uploaded file of examples or samples: 20,000 changes of a few kilobytes each. It is read as a stream. */
  upload: 256 * 1024 * 1024,
  /** Requests answered by the engine at once; more wait outside so that memory stays bounded. */
  generating: 64,
} as const

/** Refuses by the header at once, and by counting for those that lie or send none. */
export function limitBody(limit: number): MiddlewareHandler {
  return async (c, next) => {
    const declared = Number(c.req.header('content-length') ?? Number.NaN)
    if (declared > limit) return tooLarge(c, limit)
    const body = c.req.raw.body
    if (body !== null && Number.isNaN(declared)) {
      c.req.raw = new Request(c.req.raw, { body: body.pipeThrough(counting(limit)), duplex: 'half' })
    }
    await next()
  }
}

function counting(limit: number): TransformStream<Uint8Array, Uint8Array> {
  let seen = 0
  return new TransformStream({
    transform(chunk, controller) {
      seen += chunk.byteLength
      if (seen > limit) controller.error(new AppError('invalid', `The body is larger than ${limit} bytes, the most this address takes.`))
      else controller.enqueue(chunk)
    },
  })
}

/** The uploaded bytes as they come. */
export async function* uploadOf(c: Context): AsyncIterable<Uint8Array> {
  const body: ReadableStream<Uint8Array> | null = c.req.raw.body
  if (body === null) throw new AppError('invalid', 'The body is empty; send the file as the body of the request.')
  yield* body
}

/** Lets at most `limit` requests in; the next one is told to come back rather than queued without end. */
export function limitConcurrency(limit: number): MiddlewareHandler {
  let running = 0
  return async (c, next) => {
    if (running >= limit) throw new AppError('unavailable', `${limit} answers are being generated already; try again in a moment.`)
    running++
    let left = false
    const leave = () => {
      if (!left) running--
      left = true
    }
    try {
      await next()
    } catch (error) {
      leave()
      throw error
    }
    // A stream goes on after the handler has returned: the place is free when its last byte is sent or the client has gone.
    if (c.res.body === null) leave()
    else c.res = new Response(whenOver(c.res.body, leave), c.res)
  }
}

function whenOver(body: ReadableStream<Uint8Array>, over: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        over()
        throw error
      })
      if (!done) return controller.enqueue(value)
      over()
      controller.close()
    },
    cancel(reason) {
      over()
      return reader.cancel(reason)
    },
  })
}
