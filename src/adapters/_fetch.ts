import { rawBodyUnavailable } from '../errors'
import { answerRaw, type RawHandler } from '../webhook/raw-request'
import type { WebhookHandler } from './_handler'

/**
 * Answers a Fetch request. If code in front of the route has read or rebuilt the body, the error names the remedy.
 * @param remedy What the app's author must change in that case.
 * @param readAgain Returns the exact bytes if the framework keeps them for a second reader.
 */
export async function answerFetch(
  { handler }: WebhookHandler,
  request: Request,
  remedy: string,
  readAgain?: () => Promise<ArrayBuffer>,
): Promise<Response> {
  const { method, headers } = request
  const bodyOf = () => (request.bodyUsed || request.body?.locked ? secondBody(remedy, readAgain) : request.body)
  const take = (handler as RawHandler)[answerRaw]
  if (take) {
    const { body, ...init } = await take({ method, headers, open: () => bodyOf()?.getReader(), remedy })
    discardBody(request)
    return new Response(body, init)
  }
  // A handler that the app has wrapped.
  const isRead = request.bodyUsed
  const again = { method, headers, body: isRead ? bodyOf() : null, duplex: 'half' }
  const response = await handler(isRead ? new Request(request.url, again as RequestInit) : request)
  discardBody(request)
  return response
}

function secondBody(remedy: string, readAgain?: () => Promise<ArrayBuffer>): ReadableStream<Uint8Array> {
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const kept = await readAgain?.().catch(() => undefined)
    if (!kept) return controller.error(rawBodyUnavailable('The body was already read before the route', remedy))
    controller.enqueue(new Uint8Array(kept))
    controller.close()
  }
  return new ReadableStream({ pull }, { highWaterMark: 0 })
}

/** More than a sender that is refused has still to send. */
const MAX_DISCARDED_BYTES = 8 * 1024 * 1024

/** Discards a body that nothing has read: on Node, the next request on this connection waits behind it. */
export function discardBody({ body, bodyUsed }: Request): void {
  let left = MAX_DISCARDED_BYTES
  const nowhere = new WritableStream<Uint8Array>({
    write({ byteLength }) {
      left -= byteLength
      if (left < 0) throw new Error('The rest of the body is too large to discard.')
    },
  })
  if (!bodyUsed) body?.pipeTo(nowhere).catch(() => {})
}
