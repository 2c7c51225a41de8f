import type { ClerkWebhookEvent } from '../events/events'
import type { ConflictReason, SyncOutcome } from '../store/write'

/** What came of an event, and whether the hook of its type is done with it, as far as the log is to know. */
export interface Applied extends SyncResult {
  isHookDone?: boolean
}

export interface SyncResult {
  outcome: SyncOutcome
  /** The user concerned, for the events that have one. */
  clerkId?: string
  /** With outcome `conflict`: what stood in the way. */
  conflict?: ConflictReason
}

export interface SyncOptions {
  /** `svix-id` of the delivery, if it came as one. With it a crash is mended by the redelivery. */
  messageId?: string
  /** Point in time, in milliseconds, at which to give up. @default now + `timeoutMs` */
  deadline?: number
}

/** One event on its way through the library. */
export interface Delivery<Event extends ClerkWebhookEvent = ClerkWebhookEvent> {
  event: Event
  /** `svix-id`; `undefined` for an event that did not come as a delivery. */
  messageId: string | undefined
  /** Point in time at which to give up, in milliseconds. */
  deadline: number
  /** When the work on it began, in milliseconds. */
  startedAt: number
}
