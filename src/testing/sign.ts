import { Webhook } from 'svix'
import type { ClerkWebhookEvent } from '../events/events'

export interface SignOptions {
  /** `whsec_…`, the one your handler is given. */
  signingSecret: string
  /** `svix-id`. Give the same one again to play a redelivery. @default a new one */
  messageId?: string
  /** When the attempt is made. More than five minutes from now is refused. @default now */
  timestamp?: Date
}

export interface SignedDelivery {
  headers: Record<string, string>
  /** The exact bytes that were signed, as text. */
  body: string
}

/**
 * A delivery as Svix sends it, signed. `event` may be text, to sign a body that is no event.
 *
 * @example
 * const { headers, body } = signClerkWebhook(fixtures.userCreated(), { signingSecret })
 * await fetch(url, { method: 'POST', headers, body })
 */
export function signClerkWebhook(event: ClerkWebhookEvent | string, options: SignOptions): SignedDelivery {
  const { signingSecret, messageId = newMessageId(), timestamp = new Date() } = options
  const body = typeof event === 'string' ? event : JSON.stringify(event)
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Svix-Webhooks/1.0',
      'svix-id': messageId,
      'svix-timestamp': String(Math.floor(timestamp.getTime() / 1000)),
      'svix-signature': new Webhook(signingSecret).sign(messageId, timestamp, body),
    },
  }
}

const newMessageId = () => `msg_${crypto.randomUUID().replaceAll('-', '')}`
