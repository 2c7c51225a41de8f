import type { ClerkEventData } from './clerk-event-data'

export type { ClerkEventData } from './clerk-event-data'
export type { ClerkDeletedJSON } from './deleted'
export type { ClerkEmailAddressJSON, ClerkPhoneNumberJSON } from './identification'
export type { ClerkUserJSON } from './user'

interface Envelope<Type extends string, Data> {
  type: Type
  data: Data
  object?: 'event'
  /** When the event occurred: milliseconds, in some samples seconds. See `eventTime`. */
  timestamp?: number
  instance_id?: string
  /** The request that made it happen, where there was one. */
  event_attributes?: { http_request?: { client_ip?: string; user_agent?: string } }
}

/** Every type of event that Clerk documents. */
export type ClerkEventType = keyof ClerkEventData

/** The event of one type, or of any of several, told apart by `type`. */
export type ClerkEvent<Type extends ClerkEventType = ClerkEventType> = {
  [T in Type]: Envelope<T, ClerkEventData[T]>
}[Type]

export type ClerkUserEvent = ClerkEvent<'user.created' | 'user.updated'>
export type ClerkUserDeletedEvent = ClerkEvent<'user.deleted'>

/** Any event Clerk sends, told apart by `type`. Types that Clerk adds later arrive too, and are acknowledged. */
export type ClerkWebhookEvent = ClerkEvent

/** An event of a type that Clerk added after this version was made. */
export type UnknownClerkEvent = Envelope<`${string}.${string}`, Record<string, unknown>>

/** A genuine event, with the id Svix gave its message: the same on every redelivery, so the key for idempotency. */
export type VerifiedClerkEvent = ClerkWebhookEvent & { messageId: string }

/**
 * Whether `id` can be the id of something at Clerk: printable, without spaces, of bounded length, since it becomes a key in
 * databases and logs. An object here would be a query operator in disguise.
 */
export function isClerkId(id: unknown): id is string {
  return typeof id === 'string' && /^[!-~]{1,255}$/.test(id)
}

/** Whether a parsed body has the shape of a Clerk event. Fields beyond the ones judged here stay untrusted. */
export function isClerkEvent(value: unknown): value is ClerkWebhookEvent {
  if (!isRecord(value) || typeof value.type !== 'string' || !/^[\w.-]{1,128}$/.test(value.type)) return false
  if (!isRecord(value.data)) return false
  const { id } = value.data
  if (value.type === 'user.created' || value.type === 'user.updated') return isClerkId(id)
  if (value.type === 'user.deleted') return id === undefined || id === null || isClerkId(id)
  return true
}

/** The last millisecond a JavaScript `Date` can hold. */
export const MAX_TIME = 8.64e15

/** The envelope's time in milliseconds, or `undefined`. Clerk documents milliseconds; its sample events have seconds. */
export function eventTime(event: { timestamp?: unknown }): number | undefined {
  const { timestamp } = event
  if (typeof timestamp !== 'number' || !Number.isFinite(timestamp) || timestamp <= 0) return undefined
  const milliseconds = Math.trunc(timestamp < 1e12 ? timestamp * 1000 : timestamp)
  return milliseconds <= MAX_TIME ? milliseconds : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
