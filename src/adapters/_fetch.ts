import { rawBodyUnavailable } from '../errors'
import type { WebhookHandler } from './_handler'

/**
 * Answers a Fetch request. If code in front of the route has already read the body, the answer names the remedy.
 * @param remedy What the app's author must change in that case.
 * @param readAgain Returns the exact bytes if the framework keeps them for a second reader.
 */
export function answerFetch(
  { handler }: WebhookHandler,
  request: Request,
  remedy: string,
  readAgain?: () => Promise<ArrayBuffer>,
): Promise<Response> {
  if (!request.bodyUsed) return handler(request)
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const kept = await readAgain?.().catch(() => undefined)
    if (!kept) return controller.error(rawBodyUnavailable('The body was already read before the route', remedy))
    controller.enqueue(new Uint8Array(kept))
    controller.close()
  }
  const { method, headers } = request
  const init = { method, headers, body: new ReadableStream({ pull }, { highWaterMark: 0 }), duplex: 'half' }
  return handler(new Request('http://localhost/', init as RequestInit))
}
