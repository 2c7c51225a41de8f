import { type DiagnoseOptions, diagnose, type Finding } from './diagnose/diagnose'
import { ClerkSyncError, docsOf } from './errors'
import type { ClerkWebhookEvent } from './events/events'
import type { BackfillOptions, BackfillResult } from './jobs/backfill/backfill-report'
import { createJobs } from './jobs/create-jobs'
import { createPushes, type LinkedUser, type LocalUser } from './jobs/push/create-pushes'
import type { PushResult, PushRunOptions } from './jobs/push/push-report'
import type { RegisterLocalUsersOptions, RegisterLocalUsersResult } from './jobs/push/register-local-users'
import type { RegisterOptions } from './jobs/push/registration-body'
import type { PushWorker, PushWorkerOptions } from './jobs/push/start-push-worker'
import type { ReconcileOptions, ReconcileReport } from './jobs/reconcile/reconcile-report'
import type { Logger } from './logger'
import { optionsOfSync } from './monitor/alerts/options-of'
import { type FoundDocument, lookUp } from './monitor/look-up'
import { readDeliveries, readStatus, type SyncStatus } from './monitor/status'
import { type ClerkSyncOptions, resolveOptions } from './options'
import type { ResolvedClerkSyncOptions, StoredResource } from './resolved-options'
import { type ConnectOptions, connectStore, pingStore } from './store/connect-store'
import type { DeliveryQuery, LoggedDelivery } from './store/job-store'
import type { StoreLocation, WriteResult } from './store/write'
import { syncCounted } from './sync/sync-counted'
import type { SyncOptions, SyncResult } from './sync/sync-result'
import type { DeliveryCounters } from './telemetry/delivery-counters'
import { withDeadline } from './time/deadline'
import { createHandler } from './webhook/handler'

export type { ClerkSyncOptions } from './options'

/** The object returned by `createClerkSync`: the webhook handler, the jobs, and access to single users. */
export interface ClerkSync<Doc = unknown, Organization = unknown, Membership = unknown> {
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
   * Returns the organization's document, as `ensureUser` does a user's, for the first request after it was created.
   * @param clerkId From a session that Clerk verified (its `orgId`), never from a request's input.
   * @throws {ClerkSyncError} `invalid_option` without the option `organizations`, and those of `ensureUser`.
   */
  ensureOrganization(clerkId: string | null | undefined): Promise<Organization | null>
  /**
   * Returns the living membership of a user in an organization, as `ensureUser` does a user's document, for the first
   * request after a user joined. If it has to be fetched, its organization is stored as well. `null`: an id is missing,
   * Clerk has no such membership, or its user or organization is deleted.
   * @param pair From a session that Clerk verified (`userId`, and `orgId` as `organizationId`).
   * @throws {ClerkSyncError} `invalid_option` without the option `memberships`, and those of `ensureUser`.
   */
  ensureMembership(pair: {
    userId: string | null | undefined
    organizationId: string | null | undefined
  }): Promise<Membership | null>
  /**
   * Stores every user that Clerk has, then every organization and membership if their models are given. Resumes where an earlier run stopped, runs in one process at a time, and is safe
   * beside webhooks. The result lists what failed.
   * @throws {ClerkSyncError} `job_running`, `store_unfit`, `clerk_instance_mismatch` (the key looks like that of
   * another instance), and those of `ensureUser`.
   */
  backfill(options?: BackfillOptions): Promise<BackfillResult>
  /**
   * Compares every user, organization and membership in Clerk with the store. With `apply`, also repairs the store.
   * @throws {ClerkSyncError} as `backfill`.
   */
  reconcile(options?: ReconcileOptions): Promise<ReconcileReport>
  /**
   * Sends changes made in MongoDB to Clerk, for the fields that MongoDB owns (the option `push` of the
   * plugins for users and organizations), oldest change first. Several processes can push at once. For cron routes:
   * `push({ limit, timeoutMs })`. The result lists what failed.
   * @throws {ClerkSyncError} `store_unfit`, `schema_unfit` if no plugin has the option `push`, and those of
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
  /**
   * Asks the database for an answer, and connects it if necessary. For probes: `toHealthHandler` calls it.
   * @throws {ClerkSyncError} as `connect`.
   */
  ping(options?: ConnectOptions): Promise<void>
  /** Counts of the deliveries that this process has answered since its start, for metrics. */
  counters(): DeliveryCounters
  /** Counts documents of each resource by state, lists jobs, and counts deliveries if there is a delivery log. Reads indexes only. */
  status(): Promise<SyncStatus>
  /**
   * Returns the state of one stored user, organization or membership, by Clerk id. `null`: nothing is stored, not even a
   * tombstone.
   * @throws {ClerkSyncError} `invalid_option` for an id of a resource that is not stored, and errors of the store.
   */
  lookUp(clerkId: string): Promise<FoundDocument | null>
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
export function createClerkSync<Doc = unknown, Organization = unknown, Membership = unknown>(
  options: ClerkSyncOptions<Doc, Organization, Membership>,
): ClerkSync<Doc, Organization, Membership> {
  const resolved = resolveOptions(options)
  joinResources(resolved)
  checkAtStart(resolved, options.strict ?? false)
  const jobs = createJobs(resolved)
  const pushes = createPushes(resolved)
  /** Ends a call on a request's path at the time limit. */
  const inTime =
    <Asked>(ensure: (asked: Asked, deadline: number) => Promise<unknown>) =>
    (asked: Asked) => {
      const deadline = Date.now() + resolved.timeoutMs
      return withDeadline(deadline, ensure(asked, deadline))
    }
  const clerkSync: ClerkSync<Doc, Organization, Membership> = {
    handler: createHandler(resolved),
    sync: (event, syncOptions) => syncCounted(resolved, event, syncOptions),
    ensureUser: inTime(jobs.ensureUser) as ClerkSync<Doc>['ensureUser'],
    ensureOrganization: inTime(jobs.ensureOrganization) as ClerkSync<Doc, Organization>['ensureOrganization'],
    ensureMembership: inTime(jobs.ensureMembership) as ClerkSync<Doc, Organization, Membership>['ensureMembership'],
    ...pushes,
    registerClerkUser: (user, given) => pushes.registerClerkUser(user, given) as Promise<Doc | null>,
    backfill: jobs.backfill,
    reconcile: jobs.reconcile,
    connect: (connectOptions) => connectStore(resolved, connectOptions),
    ping: (connectOptions) => pingStore(resolved, connectOptions),
    counters: () => resolved.meter.counters(),
    status: () => readStatus(resolved),
    lookUp: (clerkId) => lookUp(resolved, clerkId),
    deliveries: (query = {}) => readDeliveries(resolved, query),
    diagnose: (diagnoseOptions) => diagnose(resolved, diagnoseOptions),
  }
  return Object.assign(clerkSync, { [optionsOfSync]: () => resolved })
}

/** Lets the deletion of a user or an organization end its memberships. @throws {ClerkSyncError} `store_unfit`. */
function joinResources({ resources }: ResolvedClerkSyncOptions): void {
  const memberships = resources.get('organizationMembership')?.store
  for (const { name, store } of resources.values()) {
    if (name === 'membership') continue
    const dependents = memberships?.dependentsOf?.(name)
    if (dependents && !store.addDependents) {
      throw new ClerkSyncError(
        'store_unfit',
        `The store given as \`${name}s\` needs addDependents() beside memberships.`,
      )
    }
    if (dependents) store.addDependents?.(dependents)
  }
}

/** Logs what the schema costs users or fields. With `strict`, throws for a problem that affects every user. */
function checkAtStart({ resources, hooks, logger }: ResolvedClerkSyncOptions, strict: boolean): void {
  for (const { name, store, rules } of resources.values()) {
    store.addHookTypes?.(new Set(hooks.keys()))
    const findings = store.checkSchema?.(rules) ?? []
    reportFindings(findings, name, logger, strict)
  }
}

function reportFindings(
  findings: readonly Finding[],
  name: StoredResource['name'],
  logger: Logger,
  strict: boolean,
): void {
  for (const { verdict, path, message, remedy } of findings) {
    const where = name === 'user' ? '' : `${name}: `
    const text = `${where}${path ? `${path}: ` : ''}${message}. ${remedy ?? ''}`.trim()
    if (verdict === 'problem' && strict) throw new ClerkSyncError('schema_unfit', text)
    logger[verdict === 'problem' ? 'error' : 'warn']({ ...(path && { path }), docs: docsOf('schema') }, text)
  }
}
