import type { IncomingMessage, ServerResponse } from 'node:http'
import { rawBodyUnavailable } from '../errors'
import type { WebhookHandler } from './_handler'
import { drain } from './_node-drain'

/** A Node request, and the fields that a body parser may have added. */
export interface NodeRequest extends IncomingMessage {
  /** Bytes or text from a raw parser, or the output of another parser. */
  body?: unknown
  /** The original bytes, if the framework keeps them beside a parsed body. */
  rawBody?: unknown
}

/**
 * Answers a Node request with the Fetch handler. The only place that converts between the two kinds of request.
 * @param remedy What the app's author must change if the body has already been read.
 */
export async function answer(
  { handler }: WebhookHandler,
  request: NodeRequest,
  response: ServerResponse,
  remedy: string,
): Promise<void> {
  const result = await handler(toRequest(request, remedy))
  const body = Buffer.from(await result.arrayBuffer())
  // The sender disconnected, or a timeout of the app has already responded.
  if (response.destroyed || response.headersSent) return
  response.writeHead(result.status, { ...Object.fromEntries(result.headers), 'content-length': body.byteLength })
  if (request.complete) {
    response.end(body)
    // Unread data would block the next request on this connection.
    request.resume()
    return
  }
  response.write(body)
  await drain(request)
  if (!response.destroyed) response.end()
}

/** Methods that Node's server accepts and the Fetch `Request` constructor rejects. */
const unknownToFetch = new Set(['CONNECT', 'TRACE', 'TRACK'])

function toRequest(request: NodeRequest, remedy: string): Request {
  const given = request.method ?? 'GET'
  const method = unknownToFetch.has(given) ? 'GET' : given
  const hasBody = method !== 'GET' && method !== 'HEAD'
  // The URL is irrelevant: only the signed parts count.
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
    // Pseudo-headers of HTTP/2, such as `:path`.
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

/** A body that fails with the reason when the handler reads it. */
function failing(remedy: string): ReadableStream {
  const error = rawBodyUnavailable('A body parser has already read the body', remedy)
  return new ReadableStream({ pull: (controller) => controller.error(error) })
}

/**
 * The body as a stream that starts reading on demand and leaves the connection open when it is cancelled. Node's own
 * conversions (`Readable.toWeb`, the async iterator) destroy the connection, so that no refusal could be sent.
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
