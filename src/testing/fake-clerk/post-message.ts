import { signClerkWebhook } from '../../endpoint/sign'
import { timeLimit } from '../../time/abort-with'
import type { Message } from './event-log'

/** Result of one attempt: a response, or the reason why there is none. */
export interface PostResult {
  status?: number
  /** The beginning of the response body. */
  response?: string
  error?: string
  /** `webhook-delivery` header: what the receiver requests. @see https://docs.svix.com/receiving/delivery-control */
  control?: 'abort-message' | 'disable'
}

interface Posting {
  url: string
  signingSecret: string
  timeoutMs: number
  /** Abandons the attempt. */
  signal: AbortSignal
}

const KEPT_OF_RESPONSE = 1_000

/**
 * Makes one attempt as Svix does: signed at this moment, without following redirects, with a time limit for response
 * and body.
 * @see https://docs.svix.com/retries
 */
export async function postMessage(
  message: Message,
  { url, signingSecret, timeoutMs, signal }: Posting,
): Promise<PostResult> {
  const { headers, body } = signClerkWebhook(message.body, { signingSecret, messageId: message.id })
  const limit = timeLimit(timeoutMs, signal)
  try {
    const init = {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: limit.signal,
    } as const
    const response = await fetch(url, init)
    const text = await response.text()
    const control = response.headers.get('webhook-delivery')
    return {
      status: response.status,
      response: text.slice(0, KEPT_OF_RESPONSE),
      ...((control === 'abort-message' || control === 'disable') && { control }),
    }
  } catch (error) {
    return { error: limit.isLate ? `no answer within ${timeoutMs} ms` : reasonOf(error) }
  } finally {
    limit.clear()
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : ''
  return `${error.message}${code}`
}
