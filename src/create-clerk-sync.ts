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
import { DEFAULT_MAX_BODY_BYTES } from './webhook/read-body'
import type { VerifyOptions } from './webhook/verify'

export interface ClerkSyncOptions<Doc = unknown> extends SyncRules, VerifyOptions {
  /** The model that carries `clerkSyncPlugin` (the base model, not a discriminator), or any `ClerkStore`. */
  users: ClerkStore<Doc> | ModelLike<Doc> | ModelLike
  /** Id of your Clerk instance (`ins_…`). Other instances' events are then `ignored`, with a warning, and jobs refuse other instances' keys. */
  instanceId?: string
  /**
   * Awaited before a write: connects the database. `connectOnce`, or the app's own function. Called until it has succeeded once, and
   * again whenever mongoose is not connected.
   */
  connect?: () => unknown
  /** Clerk's Backend API: asked where two events claim the same version, by `ensureUser` and by the jobs. @default CLERK_SECRET_KEY and CLERK_API_URL */
  clerk?: ClerkAccess
  /** What to do after an event was applied, by event type. Runs at least once; see `ClerkHooks`. */
  on?: ClerkHooks<NoInfer<Doc>>
  /** Tell hooks what a user's event changed, by path. The write is then a `findOneAndUpdate`. @default false */
  changes?: boolean
  /** Keep one small entry a message, never its payload; without it, hooks of events that are not about users may run again. @default off */
  deliveries?: boolean | DeliveryLogOptions
  /** Time for a whole delivery, in milliseconds. Svix waits 15 s. @default 10_000 */
  timeoutMs?: number
  /**
   * Any object with pino's four methods; `false` for silence.
   * @default warnings and errors on `console.warn` and `console.error`, one line each; the same fault three times, then as a
   * count once a minute
   */
  logger?: Logger | false
  /**
   * Throw at start-up what cannot work for any user: a required path of the schema that stays empty for each of them. Without, it
   * is logged as an error.
   * @default false
   */
  strict?: boolean
  /** Hears of every delivery that was not answered 2xx, and of every push that was given up. What it throws is dropped. */
  onError?: (error: unknown, context: { messageId: string | undefined; clerkId?: string }) => void
  /** Hears of every event that could not be applied as it is. What it throws is dropped. */
  onConflict?: (conflict: ReportedConflict) => void
}

export interface ClerkSync<Doc = unknown> {
  /** A delivery's `Request` → the `Response` Svix should get. Never rejects. Adapters are thin adapters in front of it. */
  handler(request: Request): Promise<Response>
  /**
   * Applies an event that was verified before, or needs no verification: the entrance for queues, cron, replays and tests.
   * @throws {ClerkSyncError} whatever the handler answers with 500 or 503.
   */
  sync(event: ClerkWebhookEvent, options?: SyncOptions): Promise<SyncResult>
  /**
   * The user's document: the stored one, else made from what Clerk has now. For the first request that beats the webhook.
   * `null`: no id (nobody signed in), deleted, or Clerk has none by that id. Racing calls for one id ask Clerk once.
   *
   * @param clerkId From a session that Clerk verified (`auth()`, `getAuth(req)`), never from a request's input.
   * @throws {ClerkSyncError} `conflict`, `clerk_key_missing`, `clerk_key_invalid`, `clerk_unreachable`, `clerk_api_failed`, and what the store throws.
   */
  ensureUser(clerkId: string | null | undefined): Promise<Doc | null>
  /**
   * Brings every user Clerk has into the store. Goes on where an earlier run stopped; one process at a time; safe beside webhooks.
   * @throws {ClerkSyncError} `job_running`, `store_unfit`, `clerk_instance_mismatch` (the key looks like that of another instance), and those of `ensureUser`. Single users that fail are in the result.
   */
  backfill(options?: BackfillOptions): Promise<BackfillResult>
  /**
   * Compares Clerk and the store, user by user, and with `apply` makes the store right.
   * @throws {ClerkSyncError} as `backfill`.
   */
  reconcile(options?: ReconcileOptions): Promise<ReconcileReport>
  /**
   * Brings to Clerk what was changed in MongoDB and is MongoDB's (the plugin's option `push`), the oldest change first. Any number
   * of processes may do so at once. For cron routes: `push({ limit, timeoutMs })`.
   * @throws {ClerkSyncError} `store_unfit`, `schema_unfit` where nothing is owned, and those of `ensureUser`. Single users that fail are in the result.
   */
  push(options?: PushRunOptions): Promise<PushResult>
  /** Pushes changes as they are made, until `stop()`. What fails goes to `onError`, and is tried again. */
  startPushWorker(options?: PushWorkerOptions): PushWorker
  /**
   * Makes the Clerk user of a local account, with `_id` as its external id, links the two, and gives the document. Safe to repeat.
   * @throws {ClerkSyncError} `registration_refused` when Clerk does not take it, `conflict`, and those of `push`.
   */
  registerClerkUser(user: LocalUser, options?: RegisterOptions): Promise<Doc | null>
  /** The same for every local account that has an e-mail address or a username. */
  registerLocalUsers(options?: RegisterLocalUsersOptions): Promise<RegisterLocalUsersResult>
  /** Deletes a user at Clerk, then here as `onDelete` says. */
  deleteInClerk(user: LinkedUser): Promise<WriteResult>
  /**
   * Connects as the option `connect` does, and tells where the users are: server, database and collection. `undefined`: the store
   * given as `users` does not say.
   * @throws {ClerkSyncError} `timed_out`, `database_failed`, `database_mismatch`, naming the server and the driver's reason.
   */
  connect(options?: ConnectOptions): Promise<StoreLocation | undefined>
  /** Users by state, jobs, and the last day's deliveries where a log is kept. */
  status(): Promise<SyncStatus>
  /** The delivery log, the newest first; nothing where none is kept. */
  deliveries(query?: DeliveryQuery): AsyncIterable<LoggedDelivery>
  /** Looks whether all that deliveries and jobs need is there and right. Never rejects: what fails is a finding. */
  diagnose(options?: DiagnoseOptions): Promise<Finding[]>
}

/**
 * One object that keeps `users` true to Clerk. Connects to nothing by itself, and reads the environment when requests come.
 *
 * @throws {ClerkSyncError} `plugin_missing`, `schema_unfit`, `invalid_option`: said at start-up, since no delivery could succeed.
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

/** Logs what the schema costs users or fields. With `strict`, what keeps every user out is thrown instead. */
function checkAtStart({ store, rules, hooks, logger }: ResolvedClerkSyncOptions, strict: boolean): void {
  for (const { verdict, path, message, remedy } of store.checkSchema?.(rules) ?? []) {
    const text = `${path ? `${path}: ` : ''}${message}. ${remedy ?? ''}`.trim()
    if (verdict === 'problem' && strict) throw new ClerkSyncError('schema_unfit', text)
    logger[verdict === 'problem' ? 'error' : 'warn']({ ...(path && { path }), docs: docsOf('schema') }, text)
  }
  store.noteHooks?.(new Set(hooks.keys()))
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
    connect: whereNeeded(store, options.connect),
    clerk: options.clerk ?? {},
    fetchUser: () => createClerkApi(options.clerk ?? {})?.getUser,
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
 * The app's `connect`, not called again while what it opened is there: it may log each call, or add listeners. Its errors say what the
 * store knows of the server.
 */
function whereNeeded(store: ClerkStore, connect: () => unknown = () => {}): () => Promise<void> {
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
  throw new ClerkSyncError('plugin_missing', 'deliveries: the store given as `users` keeps no delivery log.')
}
