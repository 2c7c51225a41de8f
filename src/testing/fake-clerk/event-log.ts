import type { ClerkWebhookEvent } from '../../events/events'
import { newClerkId } from './clerk-id'

/** Sends an event: type, data, and time in milliseconds. */
export type SendEvent = (type: string, data: object, at: number) => void

/** An event as one Svix message. Its bytes are created once, when it occurs. */
export interface Message {
  readonly id: string
  readonly type: string
  readonly at: number
  readonly body: string
}

/** Creates the message for an event of an instance. */
export function newMessage(instanceId: string, type: string, data: object, at: number): Message {
  const event = {
    object: 'event',
    type,
    data,
    timestamp: at,
    instance_id: instanceId,
    event_attributes: { http_request: { client_ip: '192.0.2.1', user_agent: 'clerk-mongo-sync fake Clerk' } },
  }
  return { id: newClerkId('msg', at), type, at, body: JSON.stringify(event) }
}

/** Parses the event in a message. */
export function eventOf({ body }: Message): ClerkWebhookEvent {
  return JSON.parse(body)
}
