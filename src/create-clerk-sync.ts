import { type ClerkAccess, createClerkApi } from './clerk-api/clerk-api'
import { type DiagnoseOptions, diagnose, type Finding } from './diagnose/diagnose'
import { ClerkSyncError, docsOf } from './errors'
import type { ClerkWebhookEvent } from './events/events'
import type { AnyHook, ClerkHooks } from './hooks/hooks'
import { harmless, harmlessLogger } from './host/harmless'
import type { BackfillOptions, BackfillResult } from './jobs/backfill/backfill-report'
import { createJobs } from './jobs/create-jobs'
import { createPushes, type LinkedUser, type LocalUser } from './jobs/push/create-pushes'
import type { PushResult, PushRunOptions } from './jobs/push/push-report'
import type { RegisterLocalUsersOptions, RegisterLocalUsersResult } from './jobs/push/register-local-users'
import type { RegisterOptions } from './jobs/push/registration-body'
import type { PushWorker, PushWorkerOptions } from './jobs/push/start-push-worker'
import type { ReconcileOptions, ReconcileReport } from './jobs/reconcile/reconcile-report'
import { createConsoleLogger, type Logger, silentLogger } from './logger'
import { readDeliveries, readStatus, type SyncStatus } from './monitor/status'
import { count, milliseconds } from './number-options'
import type { ReportedConflict, ResolvedClerkSyncOptions } from './resolved-options'
import type { ClerkStore } from './store/clerk-store'
import { type ConnectOptions, connectStore, explained } from './store/connect-store'
import type { DeliveryLog, DeliveryLogOptions } from './store/delivery-log'
import type { DeliveryQuery, LoggedDelivery } from './store/job-store'
import { type ModelLike, resolveStore } from './store/resolve-store'
import type { StoreLocation, SyncRules, WriteResult } from './store/write'
import { syncEvent } from './sync/sync-event'
import type { SyncOptions, SyncResult } from './sync/sync-result'
import { withDeadline } from './time/deadline'
import { createHandler } from './webhook/handler'
import { DEFAULT_MAX_BODY_BYTES } from './webhook/request'
import type { VerifyOptions } from './webhook/verify'

/** Options of `createClerkSync`. Only `users` is required. */
export interface ClerkSyncOptions<Doc = unknown> extends SyncRules, VerifyOptions {
  /** The model that carries `clerkSyncPlugin` (the base model, not a discriminator), or any `ClerkStore`. */
  users: ClerkStore<Doc> | ModelLike<Doc> | ModelLike
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
  on?: ClerkHooks<NoInfer<Doc>>
  /** Pass hooks what a user's event changed, by path. The write then uses `findOneAndUpdate`. @default false */
  changes?: boolean
  /**
   * Keep one small entry per message, without its payload. Without this log, hooks of events that are not about users
   * can run again. @default off
   */
  deliveries?: boolean | DeliveryLogOptions
  /** Time limit of one delivery, in milliseconds. Svix waits 15 s. @default 10_000 */
  timeoutMs?: number
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

/** The object returned by `createClerkSync`: the webhook handler, the jobs, and access to single users. */
export interface ClerkSync<Doc = unknown> {
  /**
   * Answers a delivery's `Request` with the `Response` for Svix. Never rejects. Framework adapters only convert
   * requests and responses.
   */
  handler(request: Request): Promise<Response>
  /**
   * Applies an event without verifying it. For queues, cron, replays and tests.
   * @throws {ClerkSyncError} every error that the handler answers with 500 or 503.
   */
  sync(event: ClerkWebhookEvent, options?: SyncOptions): Promise<SyncResult>
  /**
   * Returns the user's document. If none is stored, fetches the user from Clerk and stores it, for a first request that
   * arrives before the webhook. `null`: no id was given (signed out), the user is deleted, or Clerk has no such user.
   * Concurrent calls for one id make one request to Clerk.
   *
   * @param clerkId From a session that Clerk verified (`auth()`, `getAuth(req)`), never from a request's input.
   * @throws {ClerkSyncError} `conflict`, `clerk_key_missing`, `clerk_key_invalid`, `clerk_unreachable`,
   * `clerk_api_failed`, and errors of the store.
   */
  ensureUser(clerkId: string | null | undefined): Promise<Doc | null>
  /**
   * Stores every user that Clerk has. Resumes where an earlier run stopped, runs in one process at a time, and is safe
   * beside webhooks. The result lists users that failed.
   * @throws {ClerkSyncError} `job_running`, `store_unfit`, `clerk_instance_mismatch` (the key looks like that of
   * another instance), and those of `ensureUser`.
   */
  backfill(options?: BackfillOptions): Promise<BackfillResult>
  /**
   * Compares every user in Clerk with the store. With `apply`, also repairs the store.
   * @throws {ClerkSyncError} as `backfill`.
   */
  reconcile(options?: ReconcileOptions): Promise<ReconcileReport>
  /**
   * Sends changes made in MongoDB to Clerk, for the fields that MongoDB owns (the plugin's option `push`), oldest
   * change first. Several processes can push at once. For cron routes: `push({ limit, timeoutMs })`. The result lists
   * users that failed.
   * @throws {ClerkSyncError} `store_unfit`, `schema_unfit` if the plugin has no option `push`, and those of
   * `ensureUser`.
   */
  push(options?: PushRunOptions): Promise<PushResult>
  /** Pushes changes as they happen, until `stop()`. Failures go to `onError` and are retried. */
  startPushWorker(options?: PushWorkerOptions): PushWorker
  /**
   * Creates the Clerk user of a local account, with `_id` as its external id, links the two, and returns the document.
   * Safe to repeat.
   * @throws {ClerkSyncError} `registration_refused` if Clerk rejects the account, `conflict`, and those of `push`.
   */
  registerClerkUser(user: LocalUser, options?: RegisterOptions): Promise<Doc | null>
  /** Calls `registerClerkUser` for every local account that has an e-mail address or a username. */
  registerLocalUsers(options?: RegisterLocalUsersOptions): Promise<RegisterLocalUsersResult>
  /** Deletes a user in Clerk, then applies `onDelete` in the store. */
  deleteInClerk(user: LinkedUser): Promise<WriteResult>
  /**
   * Connects with the option `connect` and returns the server, database and collection of the users. `undefined` if the
   * store in `users` does not report its location.
   * @throws {ClerkSyncError} `timed_out`, `database_failed`, `database_mismatch`, with the server and the driver's
   * reason in the message.
   */
  connect(options?: ConnectOptions): Promise<StoreLocation | undefined>
  /** Counts users by state, lists jobs, and counts deliveries of the last day if there is a delivery log. */
  status(): Promise<SyncStatus>
  /** Reads the delivery log, newest entry first. Empty without a delivery log. */
  deliveries(query?: DeliveryQuery): AsyncIterable<LoggedDelivery>
  /** Checks everything that deliveries and jobs need. Never rejects: a check that fails is a finding. */
  diagnose(options?: DiagnoseOptions): Promise<Finding[]>
}

/**
 * Creates the object that keeps `users` in step with Clerk. Opens no connection, and reads the environment only when a
 * request arrives.
 *
 * @throws {ClerkSyncError} `plugin_missing`, `schema_unfit`, `invalid_option`: at start-up, because no delivery could
 * succeed.
 *
 * @example
 * export const clerkSync = createClerkSync({ users: User, connect: () => connectOnce(process.env.MONGODB_URI!) })
 */
export function createClerkSync<Doc = unknown>(options: ClerkSyncOptions<Doc>): ClerkSync<Doc> {
  const resolved = resolveOptions(options)
  checkAtStart(resolved, options.strict ?? false)
  const jobs = createJobs(resolved)
  const pushes = createPushes(resolved)
  return {
    handler: createHandler(resolved),
    sync: (event, syncOptions) => syncEvent(resolved, event, syncOptions),
    ensureUser(clerkId) {
      const deadline = Date.now() + resolved.timeoutMs
      return withDeadline(deadline, jobs.ensureUser(clerkId, deadline)) as Promise<Doc | null>
    },
    ...pushes,
    registerClerkUser: (user, given) => pushes.registerClerkUser(user, given) as Promise<Doc | null>,
    backfill: jobs.backfill,
    reconcile: jobs.reconcile,
    connect: (connectOptions) => connectStore(resolved, connectOptions),
    status: () => readStatus(resolved),
    deliveries: (query = {}) => readDeliveries(resolved, query),
    diagnose: (diagnoseOptions) => diagnose(resolved, diagnoseOptions),
  }
}

/** Logs what the schema costs users or fields. With `strict`, throws for a problem that affects every user. */
function checkAtStart({ store, rules, hooks, logger }: ResolvedClerkSyncOptions, strict: boolean): void {
  for (const { verdict, path, message, remedy } of store.checkSchema?.(rules) ?? []) {
    const text = `${path ? `${path}: ` : ''}${message}. ${remedy ?? ''}`.trim()
    if (verdict === 'problem' && strict) throw new ClerkSyncError('schema_unfit', text)
    logger[verdict === 'problem' ? 'error' : 'warn']({ ...(path && { path }), docs: docsOf('schema') }, text)
  }
  store.addHookTypes?.(new Set(hooks.keys()))
}

function resolveOptions<Doc>(options: ClerkSyncOptions<Doc>): ResolvedClerkSyncOptions {
  const { mapUser, linkBy, onDelete, deliveries = false } = options
  const store = resolveStore(options.users)
  const logOptions = deliveries === true ? {} : deliveries
  return {
    store,
    rules: {
      ...(mapUser !== undefined && { mapUser }),
      ...(linkBy !== undefined && { linkBy }),
      ...(onDelete !== undefined && { onDelete }),
    },
    signingSecret: options.signingSecret,
    maxBodyBytes: count('maxBodyBytes', options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES),
    instanceId: options.instanceId,
    connect: connectIfNeeded(store, options.connect),
    clerk: options.clerk ?? {},
    fetchUser: async (clerkId, deadline) => createClerkApi(options.clerk ?? {})?.getUser(clerkId, deadline),
    hooks: new Map(
      Object.entries(options.on ?? {}).filter((entry): entry is [string, AnyHook] => entry[1] !== undefined),
    ),
    changes: options.changes ?? false,
    deliveryLog: logOptions ? openLog(store, logOptions) : undefined,
    deliveries: logOptions || undefined,
    jobStore: () => store.jobs?.(logOptions ? { deliveries: logOptions } : {}),
    timeoutMs: milliseconds('timeoutMs', options.timeoutMs ?? 10_000, 1),
    logger: harmlessLogger(options.logger === false ? silentLogger : (options.logger ?? createConsoleLogger())),
    onError: harmless(options.onError),
    onConflict: harmless(options.onConflict),
  }
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
