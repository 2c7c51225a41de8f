import type { SyncOutcome, WriteContext } from './write'

/** Options of the delivery log. */
export interface DeliveryLogOptions {
  /** Name of the collection, on the connection of the users. @default 'clerk_deliveries' */
  collection?: string
  /** How long an entry is kept after its last delivery, in days. Svix can replay for 90 days. @default 90 */
  ttlDays?: number
  /** A mongoose model whose collection is used instead. */
  model?: { readonly collection: object }
}

/** What the log keeps of a message. The payload is not stored. */
export interface DeliveryEntry {
  /** `svix-id`. */
  messageId: string
  /** Type of the event. */
  type: string
  /** Id of the object that the event is about. */
  clerkId: string | undefined
  /** The event's Clerk instance. */
  instanceId: string | undefined
  /** When the event occurred in Clerk, in milliseconds. */
  eventAt: number | undefined
  /** How long the delivery took. */
  durationMs: number
  /** The outcome; absent while deliveries fail. */
  outcome?: SyncOutcome
  /** Code of the error or conflict. */
  errorCode?: string
  /** Whether this delivery ran its hook to the end. */
  isHookDone?: boolean
}

/** Records deliveries, and which messages' hooks have finished. */
export interface DeliveryLog {
  /** Whether the hook of a message has run to its end for these users. */
  isHookDone(messageId: string, context: WriteContext): Promise<boolean>
  /** Records one delivery of a message. */
  record(entry: DeliveryEntry, context: WriteContext): Promise<void>
}
