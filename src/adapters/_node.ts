import type { IncomingMessage, ServerResponse } from 'node:http'
import { rawBodyUnavailable } from '../errors'
import type { WebhookHandler } from './_handler'

/** A request of Node's, and what a body parser in front may have left on it. */
export interface NodeRequest extends IncomingMessage {
  /** Bytes or text of a raw parser, or what another parser made of them. */
  body?: unknown
  /** The bytes, where the framework keeps them beside a parsed body. */
  rawBody?: unknown
}

/** Answers a Node request through the handler: the only place where the two kinds of request meet. */
export async function answer(
  { handler }: WebhookHandler,
  request: NodeRequest,
  response: ServerResponse,
  remedy: string,
): Promise<void> {
  const result = await handler(toRequest(request, remedy))
  const body = Buffer.from(await result.arrayBuffer())
  if (response.destroyed) return
  response.writeHead(result.status, { ...Object.fromEntries(result.headers), 'content-length': body.byteLength })
  response.end(body)
  // Over the limit we stop reading: the rest must not be taken for the next request on this connection.
  if (!request.complete) request.resume()
}

function toRequest(request: NodeRequest, remedy: string): Request {
  const { method = 'GET' } = request
  const headers = new Headers()
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) appendHeader(headers, request.rawHeaders, i)
  const hasBody = method !== 'GET' && method !== 'HEAD'
  // The address plays no part: what matters is signed.
  const init = { method, headers, ...(hasBody && { body: toBody(request, remedy), duplex: 'half' }) }
  return new Request('http://localhost/', init as RequestInit)
}

function appendHeader(headers: Headers, raw: readonly string[], at: number): void {
  try {
    headers.append(raw[at] as string, raw[at + 1] as string)
  } catch {
    // HTTP/2's `:path` and the like are no headers.
  }
}

function toBody(request: NodeRequest, remedy: string): BodyInit {
  for (const kept of [request.rawBody, request.body]) {
    if (typeof kept === 'string' || ArrayBuffer.isView(kept)) return kept as BodyInit
  }
  const eaten = request.readableDidRead || request.readableEnded
  return eaten ? failing(remedy) : streamOf(request)
}

/** A body that says, when the handler wants it, what became of the real one. */
function failing(remedy: string): ReadableStream {
  const error = rawBodyUnavailable('A body parser has already read the body', remedy)
  return new ReadableStream({ pull: (controller) => controller.error(error) })
}

function streamOf(request: IncomingMessage): ReadableStream {
  const chunks = request[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(new Uint8Array(value))
    },
    // Not `chunks.return()`: it would destroy the connection the refusal is to be sent on.
    cancel: () => {
      request.pause()
    },
  })
}
