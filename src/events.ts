/**
 * Clerk's JSON as this library trusts it: every field but the id may be missing or `null`, whatever Clerk's own types
 * promise, since older and sample payloads lack most of them. `UserJSON` of `@clerk/backend` is assignable to it.
 * @see https://clerk.com/docs/guides/development/webhooks/overview
 */
export interface ClerkUserJSON {
  id: string
  username?: string | null
  first_name?: string | null
  last_name?: string | null
  image_url?: string | null
  primary_email_address_id?: string | null
  primary_phone_number_id?: string | null
  email_addresses?: readonly ClerkEmailAddressJSON[] | null
  phone_numbers?: readonly ClerkPhoneNumberJSON[] | null
  /** Clerk types metadata per app; narrow it in your own `mapUser`. */
  public_metadata?: object | null
  private_metadata?: object | null
  /** Writable by the user's own browser: never trust it. */
  unsafe_metadata?: object | null
  external_id?: string | null
  banned?: boolean | null
  locked?: boolean | null
  last_sign_in_at?: number | null
  /** Milliseconds. */
  created_at?: number | null
  /** Milliseconds. The version every write is judged by. */
  updated_at?: number | null
}

export interface ClerkEmailAddressJSON {
  id: string
  email_address: string
  verification?: { status?: string | null } | null
}

export interface ClerkPhoneNumberJSON {
  id: string
  phone_number: string
  verification?: { status?: string | null } | null
}

/** All that Clerk says of a deleted user. By its own schema even the id can be absent. */
export interface ClerkDeletedJSON {
  id?: string | null
  object?: string
  deleted?: boolean
  external_id?: string | null
}

interface Envelope<Type extends string, Data> {
  type: Type
  data: Data
  object?: 'event'
  /** When the event occurred: milliseconds, in some samples seconds. See `eventTime`. */
  timestamp?: number
  instance_id?: string
}

export type ClerkUserEvent = Envelope<'user.created' | 'user.updated', ClerkUserJSON>
export type ClerkUserDeletedEvent = Envelope<'user.deleted', ClerkDeletedJSON>

/** What we know of the data of events that are not about users. */
export interface ClerkOtherJSON {
  id?: unknown
}

type OtherGroup =
  | 'session'
  | 'organization'
  | 'organizationDomain'
  | 'organizationMembership'
  | 'organizationInvitation'
  | 'role'
  | 'permission'
  | 'email'
  | 'sms'
  | 'waitlistEntry'
  | 'subscription'
  | 'subscriptionItem'
  | 'paymentAttempt'
export type ClerkOtherEvent = Envelope<`${OtherGroup}.${string}`, ClerkOtherJSON>

/** Any event Clerk sends, told apart by `type`. Types that Clerk adds later arrive too, and are acknowledged. */
export type ClerkWebhookEvent = ClerkUserEvent | ClerkUserDeletedEvent | ClerkOtherEvent

/** A genuine event, with the id Svix gave its message: the same on every redelivery, so the key for idempotency. */
export type VerifiedClerkEvent = ClerkWebhookEvent & { messageId: string }

/** Whether `id` can be the id of something at Clerk. An object here would be a query operator in disguise. */
export function isClerkId(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && id.length <= 255
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
