import type { IncomingMessage, ServerResponse } from 'node:http'
import { rawBodyUnavailable } from '../errors'
import type { WebhookHandler } from './_handler'
import { drain } from './_node-drain'

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
  // The sender hung up, or a timeout of the app's has answered already.
  if (response.destroyed || response.headersSent) return
  response.writeHead(result.status, { ...Object.fromEntries(result.headers), 'content-length': body.byteLength })
  if (request.complete) {
    response.end(body)
    // What nobody read would hold up the next request on this connection.
    request.resume()
    return
  }
  response.write(body)
  await drain(request)
  if (!response.destroyed) response.end()
}

/** Node's server lets these through, and a Fetch `Request` throws on them. */
const unknownToFetch = new Set(['CONNECT', 'TRACE', 'TRACK'])

function toRequest(request: NodeRequest, remedy: string): Request {
  const given = request.method ?? 'GET'
  const method = unknownToFetch.has(given) ? 'GET' : given
  const hasBody = method !== 'GET' && method !== 'HEAD'
  // The address plays no part: what matters is signed.
  const init = {
    method,
    headers: toHeaders(request),
    ...(hasBody && { body: toBody(request, remedy), duplex: 'half' }),
  }
  return new Request('http://localhost/', init as RequestInit)
}

function toHeaders(request: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    // HTTP/2's `:path` and the like are no headers.
    if (name.startsWith(':') || value === undefined) continue
    for (const one of [value].flat()) headers.append(name, one)
  }
  return headers
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

/**
 * The body as a stream that is not touched before it is read, and that leaves the connection alone when it is given up:
 * Node's own (`Readable.toWeb`, the async iterator) destroy it, and with it the way for the refusal.
 */
function streamOf(request: IncomingMessage): ReadableStream<Uint8Array> {
  let isOpen = true
  const close = (last: () => void) => {
    if (isOpen) last()
    isOpen = false
  }
  const listen = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const breakOff = (cause?: unknown) => close(() => controller.error(new Error('The connection closed.', { cause })))
    if (request.destroyed) return breakOff()
    request.on('data', (chunk: Uint8Array) => {
      if (!isOpen) return
      controller.enqueue(Buffer.from(chunk))
      request.pause()
    })
    request.once('end', () => close(() => controller.close()))
    request.once('error', breakOff)
    request.once('close', breakOff)
  }
  let isListening = false
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (!isListening) listen(controller)
    isListening = true
    request.resume()
  }
  return new ReadableStream({ pull, cancel: () => close(() => request.resume()) }, { highWaterMark: 0 })
}
