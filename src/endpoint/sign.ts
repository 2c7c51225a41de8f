import { Webhook } from 'svix'
import type { ClerkWebhookEvent } from '../events/events'

/** Options of `signClerkWebhook`. */
export interface SignOptions {
  /** `whsec_…`, the secret of your handler. */
  signingSecret: string
  /** `svix-id`. Pass the same one again to simulate a redelivery. @default a new one */
  messageId?: string
  /** Time of the attempt. Handlers refuse one more than five minutes from now. @default now */
  timestamp?: Date
}

/** A signed delivery, ready to be sent by POST. */
export interface SignedDelivery {
  /** Svix's headers, and the content type. */
  headers: Record<string, string>
  /** The exact bytes that were signed, as text. */
  body: string
}

/**
 * Signs a delivery as Svix does. Pass a text as `event` to sign a body that is not an event.
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
