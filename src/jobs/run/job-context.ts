import { type ClerkApi, requireClerkApi } from '../../clerk-api/clerk-api'
import { ClerkSyncError } from '../../errors'
import type { ResolvedClerkSyncOptions } from '../../resolved-options'
import type { JobStore } from '../../store/job-store'
import type { HookMarks, WriteContext } from '../../store/write'

/** What a job works with. */
export interface JobContext {
  api: ClerkApi
  jobs: JobStore
  options: ResolvedClerkSyncOptions
  /**
   * Context for reading and writing users just fetched. Must be called for each command, because it contains the
   * command's deadline.
   */
  writeContext(): WriteContext
  /** Context without a deadline, for scans of the whole collection. */
  contextWithoutDeadline: WriteContext
}

/** Time limit of the database for one page. */
const PAGE_MS = 120_000

/**
 * Checks that a job can run, connects, and checks the key's instance if `instanceId` is given.
 * @throws {ClerkSyncError} `store_unfit`, `clerk_key_missing`, `clerk_instance_mismatch`, and those of the API.
 */
export async function prepareJob(
  options: ResolvedClerkSyncOptions,
  { hooks = false, signal }: { hooks?: boolean | undefined; signal?: AbortSignal | undefined },
): Promise<JobContext> {
  const jobs = requireJobStore(options)
  const api = await prepareCalls(options, signal)
  const marks = hooks ? signUpMarks(options) : otherMarks(options)
  const base = { ...options.rules, fetchUser: api.getUser, logger: options.logger, fromApi: true, marks }
  return {
    api,
    jobs,
    options,
    contextWithoutDeadline: base,
    writeContext: () => ({ ...base, deadline: Date.now() + PAGE_MS }),
  }
}

/**
 * Connects, and returns the API client of the right instance.
 * @throws {ClerkSyncError} `clerk_key_missing`, `clerk_instance_mismatch`, and those of the API.
 */
export async function prepareCalls(options: ResolvedClerkSyncOptions, signal?: AbortSignal): Promise<ClerkApi> {
  const api = requireClerkApi(options.clerk)
  await options.connect()
  await requireInstance(options, api, signal)
  return api
}

/**
 * Returns the store's support for jobs.
 * @throws {ClerkSyncError} `store_unfit`
 */
export function requireJobStore({ jobStore }: ResolvedClerkSyncOptions): JobStore {
  const jobs = jobStore()
  if (jobs) return jobs
  throw new ClerkSyncError(
    'store_unfit',
    'The store given as `users` has no jobs(). backfill, reconcile and status need a model with clerkSyncPlugin, or a store with jobs().',
  )
}

/** Marks that leave the `user.created` hook pending until its own message arrives. */
export function signUpMarks(options: ResolvedClerkSyncOptions): HookMarks {
  return { ...otherMarks(options), ...(options.hooks.has('user.created') && { pendingType: 'user.created' }) }
}

function otherMarks({ hooks }: ResolvedClerkSyncOptions): HookMarks {
  return hooks.size > 0 ? { hasHooks: true } : {}
}

async function requireInstance(
  { instanceId }: ResolvedClerkSyncOptions,
  api: ClerkApi,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (instanceId === undefined) return
  const { id } = await api.getInstance(signal && { signal })
  if (id === instanceId) return
  throw new ClerkSyncError(
    'clerk_instance_mismatch',
    `CLERK_SECRET_KEY belongs to the Clerk instance ${id}, but the instanceId of createClerkSync is ${instanceId}. Use the key of that instance.`,
  )
}
