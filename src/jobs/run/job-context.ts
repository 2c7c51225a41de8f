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
  /** For reads and writes of users just fetched. Call it anew for each: it bears the time until which to wait. */
  writeContext(): WriteContext
  /** For what takes as long as there are users. */
  unhurried: WriteContext
}

/** How long the database may take for one page. */
const PAGE_MS = 120_000

/**
 * Looks that a job has all it needs, connects, and asks Clerk which instance it is where the host has said which it must be.
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
  return { api, jobs, options, unhurried: base, writeContext: () => ({ ...base, deadline: Date.now() + PAGE_MS }) }
}

/**
 * Connects, and gives Clerk's API, of the instance that the host has said it must be.
 * @throws {ClerkSyncError} `clerk_key_missing`, `clerk_instance_mismatch`, and those of the API.
 */
export async function prepareCalls(options: ResolvedClerkSyncOptions, signal?: AbortSignal): Promise<ClerkApi> {
  const api = requireClerkApi(options.clerk)
  await options.connect()
  await requireInstance(options, api, signal)
  return api
}

/** @throws {ClerkSyncError} `store_unfit` */
export function requireJobStore({ jobStore }: ResolvedClerkSyncOptions): JobStore {
  const jobs = jobStore()
  if (jobs) return jobs
  throw new ClerkSyncError(
    'store_unfit',
    'The store given as `users` has no jobs(): backfill, reconcile and status need a model with clerkSyncPlugin, or a store that has them.',
  )
}

/** Whatever but the message of the sign-up makes a document leaves that message its hook to run. */
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
    `CLERK_SECRET_KEY belongs to the Clerk instance ${id}, but createClerkSync was given instanceId ${instanceId}. Use the key of that instance.`,
  )
}
