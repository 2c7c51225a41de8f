import type { ClerkEventData } from './clerk-event-data'

export type { ClerkEventData } from './clerk-event-data'
export type { ClerkDeletedJSON } from './deleted'
export type { ClerkEmailAddressJSON, ClerkPhoneNumberJSON } from './identification'
export type { ClerkUserJSON } from './user'

/** A resource of Clerk that can be stored. */
export type ResourceName = 'user' | 'organization' | 'membership'

/** What the JSON of every resource has. */
export interface ClerkResourceJSON {
  id: string
  /** Milliseconds, like `updated_at`. */
  created_at?: number | null
  updated_at?: number | null
}

interface Envelope<Type extends string, Data> {
  type: Type
  data: Data
  object?: 'event'
  /** When the event occurred: milliseconds, or seconds in some samples. See `eventTime`. */
  timestamp?: number
  instance_id?: string
  /** The request that caused the event, if there was one. */
  event_attributes?: { http_request?: { client_ip?: string; user_agent?: string } }
}

/** Every event type that Clerk documents. */
export type ClerkEventType = keyof ClerkEventData

/** The event of one type, or a union of several, discriminated by `type`. */
export type ClerkEvent<Type extends ClerkEventType = ClerkEventType> = {
  [T in Type]: Envelope<T, ClerkEventData[T]>
}[Type]

/** An event with a user's full state. */
export type ClerkUserEvent = ClerkEvent<'user.created' | 'user.updated'>
/** An event about a deleted user. */
export type ClerkUserDeletedEvent = ClerkEvent<'user.deleted'>

/** An event with an organization's full state. */
export type ClerkOrganizationEvent = ClerkEvent<'organization.created' | 'organization.updated'>
/** An event about a deleted organization. */
export type ClerkOrganizationDeletedEvent = ClerkEvent<'organization.deleted'>

/** An event about a resource that can be stored: its full state, or its deletion. */
export type ClerkResourceEvent =
  | ClerkUserEvent
  | ClerkUserDeletedEvent
  | ClerkOrganizationEvent
  | ClerkOrganizationDeletedEvent
  | ClerkMembershipEvent

/** An event about a membership. That of a deletion has the full state too. */
export type ClerkMembershipEvent = ClerkEvent<
  'organizationMembership.created' | 'organizationMembership.updated' | 'organizationMembership.deleted'
>

/** Any documented event, discriminated by `type`. Events of types that Clerk adds later are delivered too. */
export type ClerkWebhookEvent = ClerkEvent

/** An event of a type that Clerk added after this version. */
export type UnknownClerkEvent = Envelope<`${string}.${string}`, Record<string, unknown>>

/** A verified event with Svix's message id, which is the same on every redelivery. Use it as the idempotency key. */
export type VerifiedClerkEvent = ClerkWebhookEvent & { messageId: string }

/**
 * Whether `id` has the form of a Clerk id: printable, without spaces, of limited length, because it becomes a key in
 * databases and logs. Rejects objects, which could act as query operators.
 */
export function isClerkId(id: unknown): id is string {
  return typeof id === 'string' && /^[!-~]{1,255}$/.test(id)
}

/** Whether a parsed body has the shape of a Clerk event. Other fields are not validated. */
export function isClerkEvent(value: unknown): value is ClerkWebhookEvent {
  if (!isRecord(value) || typeof value.type !== 'string' || !/^[\w.-]{1,128}$/.test(value.type)) return false
  if (!isRecord(value.data)) return false
  const { id } = value.data
  const [, verb] = /^(?:user|organization|organizationMembership)\.(created|updated|deleted)$/.exec(value.type) ?? []
  if (verb === undefined) return true
  return isClerkId(id) || (verb === 'deleted' && (id === undefined || id === null))
}

/** The largest time in milliseconds that a JavaScript `Date` can hold. */
export const MAX_TIME = 8.64e15

/** The event's time in milliseconds, or `undefined`. Clerk documents milliseconds; its sample events have seconds. */
export function eventTime(event: { timestamp?: unknown }): number | undefined {
  const { timestamp } = event
  if (typeof timestamp !== 'number' || !Number.isFinite(timestamp) || timestamp <= 0) return undefined
  const milliseconds = Math.trunc(timestamp < 1e12 ? timestamp * 1000 : timestamp)
  return milliseconds <= MAX_TIME ? milliseconds : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
