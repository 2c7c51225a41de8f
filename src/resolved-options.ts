import type { ClerkAccess } from './clerk-api/clerk-api'
import type { ClerkUserJSON } from './events/events'
import type { AnyHook } from './hooks/hooks'
import type { Logger } from './logger'
import type { ClerkStore } from './store/clerk-store'
import type { DeliveryLog, DeliveryLogOptions } from './store/delivery-log'
import type { JobStore } from './store/job-store'
import type { ConflictReason, SyncRules } from './store/write'

/** One secret, several, or what gives them when they are needed. */
export type SigningSecret = string | readonly string[] | (() => string | readonly string[] | undefined)

export interface ReportedConflict extends ConflictReason {
  messageId: string | undefined
  type: string
  clerkId: string | undefined
}

/** The options with every default filled in. */
export interface ResolvedClerkSyncOptions {
  store: ClerkStore
  rules: SyncRules
  signingSecret: SigningSecret | undefined
  maxBodyBytes: number
  instanceId: string | undefined
  connect: () => unknown
  /** What of the Backend API was given; the rest is in the environment, looked up at each call. */
  clerk: ClerkAccess
  /** `undefined` where there is no key to ask with, which is looked up at each call. */
  fetchUser: () => ((clerkId: string, deadline?: number) => Promise<ClerkUserJSON | null>) | undefined
  hooks: ReadonlyMap<string, AnyHook>
  changes: boolean
  deliveryLog: DeliveryLog | undefined
  /** Where the log is, if one is kept. */
  deliveries: DeliveryLogOptions | undefined
  /** `undefined` where the store has nothing for jobs. */
  jobStore: () => JobStore | undefined
  timeoutMs: number
  logger: Logger
  onError: (error: unknown, context: { messageId: string | undefined; clerkId?: string }) => void
  onConflict: (conflict: ReportedConflict) => void
}
