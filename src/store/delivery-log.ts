import type { SyncOutcome, WriteContext } from './write'

export interface DeliveryLogOptions {
  /** @default 'clerk_deliveries', on the connection of the users */
  collection?: string
  /** How long an entry stays after its last delivery. Svix can replay for 90 days. @default 90 */
  ttlDays?: number
  /** A mongoose model whose collection to use instead. */
  model?: { readonly collection: object }
}

/** What is kept of a message: never its payload. */
export interface DeliveryEntry {
  messageId: string
  type: string
  clerkId: string | undefined
  instanceId: string | undefined
  /** When it occurred at Clerk, in milliseconds. */
  eventAt: number | undefined
  durationMs: number
  /** What became of it; absent while it fails. */
  outcome?: SyncOutcome
  /** Why it failed, or what the conflict was. */
  errorCode?: string
  /** Whether this delivery ran the hook of its type to its end, or found that it need not run. */
  isHookDone?: boolean
}

export interface DeliveryLog {
  /** Whether the hook of a message is known to have run to its end for these users. */
  isHookDone(messageId: string, context: WriteContext): Promise<boolean>
  /** Notes one delivery of a message. */
  record(entry: DeliveryEntry, context: WriteContext): Promise<void>
}
