import { timeLimit } from '../../time/abort-with'
import { signClerkWebhook } from '../sign'
import type { Message } from './event-log'

/** What came of one attempt: an answer, or why there was none. */
export interface PostResult {
  status?: number
  /** The beginning of the answer's body. */
  response?: string
  error?: string
  /** From `webhook-delivery`: what the receiver wants done. @see https://docs.svix.com/receiving/delivery-control */
  control?: 'abort-message' | 'disable'
}

interface Posting {
  url: string
  signingSecret: string
  timeoutMs: number
  /** Gives it up. */
  signal: AbortSignal
}

const KEPT_OF_RESPONSE = 1_000

/**
 * One attempt, as Svix makes it: signed anew at this moment, a redirect is an answer and not followed, and answer and body
 * have to come in time.
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
