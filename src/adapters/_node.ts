import type { IncomingMessage, ServerResponse } from 'node:http'
import { rawBodyUnavailable } from '../errors'
import { answerRaw, type BodyReader, type RawHandler, type RawRequest, type RawResponse } from '../webhook/raw-request'
import type { WebhookHandler } from './_handler'
import { drain } from './_node-drain'

/** A Node request, and the fields that a body parser may have added. */
export interface NodeRequest extends IncomingMessage {
  /** Bytes or text from a raw parser, or the output of another parser. */
  body?: unknown
  /** The URL of the client, where `url` is relative to a mount. */
  originalUrl?: string
  /** The original bytes, if the framework keeps them beside a parsed body. */
  rawBody?: unknown
}

/**
 * Answers a Node request. The only place that converts a request of Node for the handler.
 * @param remedy What the app's author must change if the body has already been read.
 */
export async function answer(
  { handler }: WebhookHandler,
  request: NodeRequest,
  response: ServerResponse,
  remedy: string,
): Promise<void> {
  const raw = toRaw(request, remedy)
  // Once around the event loop: connections that send one request after the other would keep all others waiting.
  await new Promise((resolve) => setImmediate(resolve))
  const take = (handler as RawHandler)[answerRaw]
  const { status, headers, body } = await (take ? take(raw) : viaFetch(handler, raw, request))
  // The sender disconnected, or a timeout of the app has already responded.
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
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

function toRaw(request: NodeRequest, remedy: string): RawRequest {
  return {
    method: request.method ?? 'GET',
    headers: { get: (name) => request.headers[name]?.toString() ?? null },
    open: () => bodyOf(request, remedy),
    remedy,
  }
}

function bodyOf(request: NodeRequest, remedy: string): BodyReader {
  for (const kept of [request.rawBody, request.body]) {
    if (typeof kept === 'string') return readerOfBytes(Buffer.from(kept))
    if (ArrayBuffer.isView(kept)) return readerOfBytes(kept)
  }
  const eaten = request.readableDidRead || request.readableEnded
  if (eaten) throw rawBodyUnavailable('A body parser has already read the body', remedy)
  return readerOf(request)
}

function readerOfBytes(bytes: ArrayBufferView): BodyReader {
  const left = [bytes]
  const read = async () => {
    const value = left.pop()
    return value ? { done: false, value } : { done: true }
  }
  return { read, cancel: () => {} }
}

/**
 * Reads on demand, and leaves the connection open when it is cancelled. Node's own conversions (`Readable.toWeb`, the async
 * iterator) destroy the connection, so that no refusal could be sent.
 */
function readerOf(request: IncomingMessage): BodyReader {
  const chunks: Uint8Array[] = []
  let end: { error?: Error } | undefined
  let isCancelled = false
  let isListening = false
  let wake = () => {}
  const close = (error?: Error) => {
    end ??= error ? { error } : {}
    wake()
  }
  const breakOff = (cause?: unknown) => close(new Error('The connection closed.', { cause }))
  const listen = () => {
    isListening = true
    if (request.destroyed) return breakOff()
    request.on('data', (chunk: Uint8Array) => {
      if (isCancelled) return
      chunks.push(chunk)
      request.pause()
      wake()
    })
    request.once('end', () => close())
    request.once('error', breakOff)
    request.once('close', () => breakOff())
  }
  return {
    async read() {
      if (!isListening) listen()
      if (chunks.length === 0 && !end) {
        request.resume()
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      const value = chunks.shift()
      if (value) return { done: false, value }
      if (end?.error) throw end.error
      return { done: true }
    },
    cancel() {
      isCancelled = true
      request.resume()
    },
  }
}

/** Methods that Node's server accepts and the Fetch `Request` constructor rejects. */
const unknownToFetch = new Set(['CONNECT', 'TRACE', 'TRACK'])

/** For a handler that the app has wrapped. */
async function viaFetch(
  handler: WebhookHandler['handler'],
  raw: RawRequest,
  request: NodeRequest,
): Promise<RawResponse> {
  const method = unknownToFetch.has(raw.method) ? 'GET' : raw.method
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const headers = toHeaders(request)
  const init = { method, headers, ...(hasBody && { body: streamOf(raw), duplex: 'half' }) }
  const response = await handler(new Request(urlOf(request), init as RequestInit))
  const body = new Uint8Array(await response.arrayBuffer())
  return { status: response.status, headers: Object.fromEntries(response.headers), body }
}

/** The URL as the client sent it. Express removes the path of the mount from `url`. */
function urlOf({ url = '/', originalUrl = url, headers }: NodeRequest): string {
  const path = originalUrl.startsWith('/') ? originalUrl : '/'
  const whole = `http://${headers.host}${path}`
  return URL.canParse(whole) ? whole : `http://localhost${path}`
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

/** The body as a stream that starts to read on demand, and fails with the reason if the body cannot be had. */
function streamOf({ open }: RawRequest): ReadableStream {
  let body: BodyReader | undefined
  return new ReadableStream(
    {
      async pull(controller) {
        body ??= open() as BodyReader
        const { done, value } = await body.read()
        if (done) controller.close()
        else controller.enqueue(Buffer.from(value as Uint8Array))
      },
      cancel: () => void body?.cancel(),
    },
    { highWaterMark: 0 },
  )
}
