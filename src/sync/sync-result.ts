import type { ClerkWebhookEvent } from '../events/events'
import type { ConflictReason, SyncOutcome } from '../store/write'

/** The outcome of an event, and whether its hook ran. */
export interface Applied extends SyncResult {
  /** Whether the hook ran to its end. Stored in the delivery log. */
  isHookDone?: boolean
  /** Removes the hook's marks. Called once the delivery log has recorded that the hook ran. */
  clearMarks?: () => Promise<void>
}

/** The outcome of one event. */
export interface SyncResult {
  /** What the event changed; see `SyncOutcome`. */
  outcome: SyncOutcome
  /** Clerk id of the user, for events about a user. */
  clerkId?: string
  /** With outcome `conflict`: the reason. */
  conflict?: ConflictReason
}

/** Options of `sync()`. */
export interface SyncOptions {
  /** `svix-id` of the delivery, if there is one. It lets a redelivery finish what a crash interrupted. */
  messageId?: string
  /** Time at which to give up, in milliseconds since the epoch. @default now + `timeoutMs` */
  deadline?: number
}

/** One event on its way through `sync`. */
export interface Delivery<Event extends ClerkWebhookEvent = ClerkWebhookEvent> {
  event: Event
  /** `svix-id`; `undefined` if the event did not arrive as a delivery. */
  messageId: string | undefined
  /** Time at which to give up, in milliseconds since the epoch. */
  deadline: number
  /** When processing began, in milliseconds since the epoch. */
  startedAt: number
}
