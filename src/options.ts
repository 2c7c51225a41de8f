import { type ClerkAccess, createClerkApi } from './clerk-api/clerk-api'
import { ClerkSyncError } from './errors'
import type { AnyHook, ClerkHooks } from './hooks/hooks'
import { harmless, harmlessLogger } from './host/harmless'
import { createConsoleLogger, type Logger, silentLogger } from './logger'
import { count, milliseconds } from './number-options'
import type { ReportedConflict, ResolvedClerkSyncOptions, StoredResource } from './resolved-options'
import type { ClerkStore } from './store/clerk-store'
import { explained } from './store/connect-store'
import type { DeliveryLog, DeliveryLogOptions } from './store/delivery-log'
import { type ModelLike, resolveStore } from './store/resolve-store'
import type { AnyRules, FetchMembership, FetchOrganization, FetchUser, SyncRules } from './store/write'
import { Meter } from './telemetry/meter'
import type { Telemetry } from './telemetry/telemetry'
import { DEFAULT_MAX_BODY_BYTES } from './webhook/request'
import type { VerifyOptions } from './webhook/verify'

/** Options of `createClerkSync`. Only `users` is required. */
export interface ClerkSyncOptions<Doc = unknown, Organization = unknown, Membership = unknown>
  extends AnyRules,
    VerifyOptions {
  /** The model that carries `clerkSyncPlugin` (the base model, not a discriminator), or any `ClerkStore`. */
  users: ClerkStore<Doc> | ModelLike<Doc> | ModelLike
  /** The model that carries `clerkOrganizationPlugin`. Without it, events of organizations only run their hooks. */
  organizations?: ModelLike<Organization> | ModelLike
  /**
   * The model that carries `clerkMembershipPlugin`. Without it, events of memberships only run their hooks, and the
   * organizations in them are not stored.
   */
  memberships?: ModelLike<Membership> | ModelLike
  /**
   * Id of your Clerk instance (`ins_…`). Events of other instances are then `ignored` with a warning, and jobs refuse
   * keys of other instances.
   */
  instanceId?: string
  /**
   * Connects the database, for example with `connectOnce`. Awaited before a write until it succeeds once, and again
   * whenever mongoose is not connected.
   */
  connect?: () => unknown
  /**
   * Access to Clerk's Backend API, which `ensureUser` and the jobs call, and which decides between two events with the
   * same version. @default CLERK_SECRET_KEY and CLERK_API_URL
   */
  clerk?: ClerkAccess
  /** Hooks by event type, called after the event was applied. Each runs at least once; see `ClerkHooks`. */
  on?: ClerkHooks<NoInfer<Doc>, NoInfer<Organization>, NoInfer<Membership>>
  /** Pass hooks what a user's event changed, by path. The write then uses `findOneAndUpdate`. @default false */
  changes?: boolean
  /**
   * Keep one small entry per message, without its payload. Without this log, hooks of events that are not about users
   * can run again. @default off
   */
  deliveries?: boolean | DeliveryLogOptions
  /** Time limit of one delivery, in milliseconds. Svix waits 15 s. @default 10_000 */
  timeoutMs?: number
  /** Receives spans and finished deliveries, such as `openTelemetry()` of `clerk-mongo-sync/opentelemetry`. @default none */
  telemetry?: Telemetry
  /**
   * Any object with pino's four methods; `false` logs nothing.
   * @default warnings and errors on `console.warn` and `console.error`, one line each. A repeated fault is printed
   * three times, then counted once a minute.
   */
  logger?: Logger | false
  /**
   * Throw at start-up if the schema can store no user, for example because a required path stays empty for every user.
   * Otherwise the problem is logged as an error.
   * @default false
   */
  strict?: boolean
  /** Called for every delivery answered with a non-2xx status, and for every abandoned push. Exceptions are ignored. */
  onError?: (error: unknown, context: { messageId: string | undefined; clerkId?: string }) => void
  /** Called for every event that could not be applied unchanged. Exceptions are ignored. */
  onConflict?: (conflict: ReportedConflict) => void
}

/** Fills in all defaults. @throws {ClerkSyncError} `plugin_missing`, `schema_unfit`, `invalid_option`. */
export function resolveOptions<Doc, Organization, Membership>(
  options: ClerkSyncOptions<Doc, Organization, Membership>,
): ResolvedClerkSyncOptions {
  const { mapUser, linkBy, onDelete, deliveries = false } = options
  const clerk = options.clerk ?? {}
  const rules: SyncRules = {
    ...(mapUser !== undefined && { mapUser }),
    ...(linkBy !== undefined && { linkBy }),
    ...(onDelete !== undefined && { onDelete }),
  }
  const fetchUser: FetchUser = async (clerkId, deadline) => createClerkApi(clerk)?.getUser(clerkId, deadline)
  const store = resolveStore(options.users)
  const logOptions = deliveries === true ? {} : deliveries
  return {
    store,
    rules,
    resources: resourcesOf(options, { name: 'user', eventName: 'user', store, rules, fetcher: { fetchUser } }),
    signingSecret: options.signingSecret,
    maxBodyBytes: count('maxBodyBytes', options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES),
    instanceId: options.instanceId,
    connect: connectIfNeeded(store, options.connect),
    clerk,
    fetchUser,
    hooks: new Map(
      Object.entries(options.on ?? {}).filter((entry): entry is [string, AnyHook] => entry[1] !== undefined),
    ),
    changes: options.changes ?? false,
    deliveryLog: logOptions ? openLog(store, logOptions) : undefined,
    deliveries: logOptions || undefined,
    jobStore: () => store.jobs?.(logOptions ? { deliveries: logOptions } : {}),
    timeoutMs: milliseconds('timeoutMs', options.timeoutMs ?? 10_000, 1),
    meter: new Meter(options.telemetry),
    logger: harmlessLogger(options.logger === false ? silentLogger : (options.logger ?? createConsoleLogger())),
    onError: harmless(options.onError),
    onConflict: harmless(options.onConflict),
  }
}

function resourcesOf<Doc, Organization, Membership>(
  {
    organizations,
    memberships,
    mapOrganization,
    mapMembership,
    clerk = {},
  }: ClerkSyncOptions<Doc, Organization, Membership>,
  users: StoredResource,
): ReadonlyMap<string, StoredResource> {
  const all: StoredResource[] = [users]
  if (organizations) {
    const fetchOrganization: FetchOrganization = async (clerkId, deadline) =>
      createClerkApi(clerk)?.getOrganization(clerkId, deadline)
    all.push({
      name: 'organization',
      eventName: 'organization',
      store: resolveStore(organizations, 'organization'),
      rules: mapOrganization === undefined ? {} : { mapOrganization },
      fetcher: { fetchOrganization },
    })
  }
  if (memberships) {
    const fetchMembership: FetchMembership = async (pair, deadline) =>
      createClerkApi(clerk)?.getMembership(pair, deadline)
    all.push({
      name: 'membership',
      eventName: 'organizationMembership',
      store: resolveStore(memberships, 'membership'),
      rules: mapMembership === undefined ? {} : { mapMembership },
      fetcher: { fetchMembership },
    })
  }
  return new Map(all.map((one) => [one.eventName, one]))
}

/**
 * Wraps the app's `connect` so that it is not called while the connection is open: the app's function may log each call
 * or add listeners. Errors get the store's details about the server.
 */
function connectIfNeeded(store: ClerkStore, connect: () => unknown = () => {}): () => Promise<void> {
  let hasConnected = false
  return async () => {
    if (hasConnected && store.isConnected?.()) return
    try {
      await connect()
    } catch (error) {
      throw explained({ store }, error)
    }
    hasConnected = true
  }
}

function openLog(store: ClerkStore, options: DeliveryLogOptions): DeliveryLog {
  if (store.deliveryLog) return store.deliveryLog(options)
  throw new ClerkSyncError(
    'plugin_missing',
    'The option `deliveries` needs a store with a delivery log; the one given as `users` has none.',
  )
}
