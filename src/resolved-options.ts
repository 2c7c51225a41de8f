import type { ClerkAccess } from './clerk-api/clerk-api'
import type { ResourceName } from './events/events'
import type { AnyHook } from './hooks/hooks'
import type { Logger } from './logger'
import type { ClerkStore } from './store/clerk-store'
import type { DeliveryLog, DeliveryLogOptions } from './store/delivery-log'
import type { JobStore } from './store/job-store'
import type { AnyRules, ConflictReason, FetchUser, SyncRules, WriteContext } from './store/write'
import type { Meter } from './telemetry/meter'

/** One secret, several, or a function that returns them for each delivery. */
export type SigningSecret = string | readonly string[] | (() => string | readonly string[] | undefined)

/** Argument of `onConflict`: an event that could not be applied unchanged, and why. */
export interface ReportedConflict extends ConflictReason {
  /** `svix-id` of the delivery, if the event arrived as one. */
  messageId: string | undefined
  /** The event's type, such as `user.updated`. */
  type: string
  /** The user's Clerk id, if the event has one. */
  clerkId: string | undefined
}

/** A resource of Clerk that is stored. */
export interface StoredResource {
  name: ResourceName
  /** The first part of its event types. */
  eventName: string
  store: ClerkStore
  /** The rules given to `createClerkSync`. */
  rules: AnyRules
  /** Fetches one from Clerk. The secret key is read at each call. */
  fetcher: Pick<WriteContext, 'fetchUser' | 'fetchOrganization' | 'fetchMembership'>
}

/** The options of `createClerkSync` with all defaults filled in. */
export interface ResolvedClerkSyncOptions {
  /** The store of users, to which the jobs belong. */
  store: ClerkStore
  /** The rules for users. */
  rules: SyncRules
  /** By the first part of their event types. */
  resources: ReadonlyMap<string, StoredResource>
  signingSecret: SigningSecret | undefined
  maxBodyBytes: number
  instanceId: string | undefined
  connect: () => unknown
  /** The given access to the Backend API. Missing values are read from the environment at each call. */
  clerk: ClerkAccess
  /** Fetches a user; see `WriteContext`. The secret key is read at each call. */
  fetchUser: FetchUser
  hooks: ReadonlyMap<string, AnyHook>
  changes: boolean
  deliveryLog: DeliveryLog | undefined
  /** Location of the delivery log, if there is one. */
  deliveries: DeliveryLogOptions | undefined
  /** `undefined` if the store does not support jobs. */
  jobStore: () => JobStore | undefined
  timeoutMs: number
  /** Counts deliveries, and passes spans to the app's telemetry. */
  meter: Meter
  logger: Logger
  onError: (error: unknown, context: { messageId: string | undefined; clerkId?: string }) => void
  onConflict: (conflict: ReportedConflict) => void
}
